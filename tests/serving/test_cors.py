"""CORS: off unless origins are named, and then for exactly those."""

import asyncio
import os
from typing import Any

import httpx
import pytest

from features.errors import InputError
from serving import launch
from serving.app import App
from serving.cors import ORIGINS, Cors
from serving.http import Head
from serving.metrics import Metrics
from serving.routes import ROUTES, Route
from serving.state import Snapshot, State

SHOP, ADMIN = "https://shop.example", "http://localhost:8080"


def asked(cors: Cors, method: str, path: str, **headers: str) -> httpx.Response:
    """Return the answer of an app without models to one request."""

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(App(State(Snapshot()), Metrics(), cors=cors))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as one:
            names: Any = {name.replace("_", "-"): value for name, value in headers.items()}
            return await one.request(method, path, headers=names)

    return asyncio.run(run())


def told(answer: httpx.Response) -> dict[str, str]:
    """Return the headers of CORS."""
    return {
        name.removeprefix("access-control-"): value
        for name, value in answer.headers.items()
        if name.startswith("access-control-")
    }


@pytest.mark.parametrize("route", [pytest.param(one, id=one.name) for one in ROUTES])
def test_preflight_of_a_named_origin(route: Route) -> None:
    """A browser is told that the origin may use the path's own methods with a key and JSON."""
    path = route.path.replace("{creator_id}", "ana")
    answer = asked(
        Cors([SHOP, ADMIN]),
        "OPTIONS",
        path,
        Origin=ADMIN,
        Access_Control_Request_Method=route.method,
        Access_Control_Request_Headers="authorization,content-type",
    )

    assert answer.status_code == 204
    assert answer.headers["vary"] == "Origin"
    assert told(answer)["allow-origin"] == ADMIN
    assert told(answer)["allow-methods"] == route.allow
    assert {"Authorization", "Content-Type"} <= set(told(answer)["allow-headers"].split(", "))
    assert "allow-credentials" not in told(answer)


@pytest.mark.parametrize("path", ["/livez", "/v1/creators/ana", "/nothing"])
def test_answers_to_a_named_origin_can_be_read(path: str) -> None:
    """Answers and problems alike name the origin, and the headers that a page may read."""
    answer = asked(Cors([SHOP]), "GET", path, Origin=SHOP)

    assert told(answer) == {
        "allow-origin": SHOP,
        "expose-headers": "Retry-After, X-Credence-Models, X-Request-Id",
    }
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "origin", ["https://shop.example.evil", "http://shop.example", f"{SHOP}:8443", "null", "*", ""]
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_other_origins_are_told_nothing(method: str, origin: str) -> None:
    """An origin that is not named gets no header of CORS, but caches learn that it matters."""
    answer = asked(Cors([SHOP]), method, "/livez", Origin=origin)

    assert told(answer) == {}
    assert answer.headers["vary"] == "Origin"


def test_without_origins_nothing_changes() -> None:
    """Off, which it is by default, no answer differs for a request from a page."""
    answer = asked(Cors(), "GET", "/livez", Origin=SHOP)

    assert told(answer) == {}
    assert "vary" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "shop.example",
        "https://",
        "https://*.example",
        "https://shop.example/",
        "https://Shop.example",
        "https://shop.example:443",
        "http://shop.example:80",
        "https://user@shop.example",
        "https://shop.example\n",
        "ftp://shop.example",
    ],
)
def test_only_exact_origins_are_taken(origin: str) -> None:
    """What no browser would send as an origin is refused, wildcards first of all."""
    with pytest.raises(InputError, match="expected an origin"):
        Cors([origin])


@pytest.mark.parametrize("origin", [SHOP, ADMIN, "http://[::1]:3000", "https://a:80"])
def test_origins_are_taken(origin: str) -> None:
    """Origins as browsers write them are taken."""
    assert Cors([origin]).headers(Head({"headers": [(b"origin", origin.encode())]}))


def test_a_launch_hands_origins_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--cors` reaches the workers by the environment, and is checked before anything starts."""
    monkeypatch.setattr(os, "environ", os.environ.copy())

    with pytest.raises(InputError, match="expected an origin"):
        launch.serve(cors=[SHOP, "https://shop.example/"])
    with pytest.raises(launch.NotLoopbackError):
        launch.serve("10.0.0.1", cors=[SHOP, ADMIN])

    assert os.environ[ORIGINS] == f"{SHOP} {ADMIN}"
    assert Cors.of_server().headers(Head({"headers": [(b"origin", ADMIN.encode())]}))
