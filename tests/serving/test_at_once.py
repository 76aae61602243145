"""Small requests that are answered without a task: as the ASGI app answers them, and no others."""

import asyncio
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from serving.app import App, Asgi
from serving.gate import Gate
from serving.http import Message, raw_headers
from serving.light import LIGHT_BYTES
from serving.metrics import Metrics
from tests.serving.asking import ids
from tests.serving.client import NOW, Client

PLAIN = {"host": "127.0.0.1", "content-type": "application/json", "x-request-id": "same"}


def _scope(
    headers: Mapping[str, str], path: str = "/v1/score", method: str = "POST"
) -> dict[str, Any]:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": raw,
    }


def _bodies(world: Path) -> list[bytes]:
    """Return bodies of all kinds: right, wrong, of nobody, with histories, no JSON at all."""
    creators, briefs = (ids(world, f"{one}s", f"{one}_id")[:3] for one in ("creator", "brief"))
    named = [{"creator_id": one} for one in creators]
    history = {
        "snapshots": [{"creator_id": "ana", "observed_at": "2026-01-01T00:00:00Z", "followers": 4}]
    }
    asked: list[object] = [
        {"creators": named[:1], "brief_id": briefs[0]},
        {"creators": [*named, {"creator_id": "nobody"}], "brief_id": briefs[1]},
        {"creators": [{**named[0], "fee": 20, "compensation": "product"}], "brief_id": briefs[2]},
        {"creators": named},
        {"creators": [{"creator_id": "nobody"}]},
        {"creators": named, "brief_id": "none such"},
        {"creators": named, "as_of": "2020-01-01T00:00:00Z"},
        {"creators": []},
        {"creators": [{"creator_id": "ana", "history": history}], "as_of": "2026-02-01T00:00:00Z"},
        {"creators": named, "extra": 1},
        [],
    ]
    return [*(json.dumps(one).encode() for one in asked), b"", b"{", b"\xff", b"[" * 2_000]


def _called(app: Asgi, scope: dict[str, Any], body: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
    """Return status, headers and body that the ASGI app sends."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    start, content = sent
    return start["status"], dict(start["headers"]), content["body"]


def test_answers_are_those_of_the_app(client: Client, world: Path) -> None:
    """Status, headers and body of each kind of request are the same on both ways."""
    app = App(client.state, Metrics(), now=lambda: NOW)
    heads = [PLAIN, PLAIN | {"host": "evil.example"}, PLAIN | {"content-type": "text/plain"}]
    for headers, body in itertools.product(heads, _bodies(world)):
        made = app.at_once(_scope(headers), body)

        assert isinstance(made, tuple)
        answer, more = made
        told = answer.status, dict(raw_headers(answer, more)), answer.body
        assert told == _called(app, _scope(headers), body)


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [
        ("/v1/audit", "POST", b"{}"),
        ("/v1/score", "GET", b""),
        ("/v1/score", "OPTIONS", b""),
        ("/nothing", "POST", b"{}"),
        ("/v1/score", "POST", b" " * (LIGHT_BYTES + 1)),
    ],
)
def test_the_rest_is_left_to_the_app(client: Client, path: str, method: str, body: bytes) -> None:
    """Other routes and methods, and long bodies, are not even counted before the app is called."""
    metrics = Metrics()
    app = App(client.state, metrics, now=lambda: NOW)

    assert app.at_once(_scope(PLAIN, path, method), body) is None
    assert b"credence_requests_total{" not in metrics.text()


def test_what_takes_long_is_called_with_what_was_decoded(client: Client, world: Path) -> None:
    """Reasons and many creators are answered in a task as the app answers them, counted once."""
    names = [{"creator_id": one} for one in ids(world, "creators", "creator_id")]
    brief = ids(world, "briefs", "brief_id")[0]
    for asked in ({"reasons": 2, "creators": names[:2]}, {"creators": names[:120]}):
        metrics = Metrics()
        app = App(client.state, metrics, now=lambda: NOW)
        body = json.dumps({**asked, "brief_id": brief}).encode()

        made = app.at_once(_scope(PLAIN), body)

        assert callable(made)
        found = _called(made, _scope(PLAIN), body)
        assert b'credence_requests_total{route="/v1/score",status="2xx"} 1.0' in metrics.text()
        assert found == _called(app, _scope(PLAIN), body)


def test_a_key_is_asked_for(client: Client, world: Path) -> None:
    """Without its key a small request is a 401, as any other."""
    app = App(client.state, Metrics(), gate=Gate(keyed=True), now=lambda: NOW)

    made = app.at_once(_scope(PLAIN), _bodies(world)[0])

    assert isinstance(made, tuple)
    assert made[0].status == 401
