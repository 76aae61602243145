"""Requests for scores that are answered without a task: as the ASGI app answers, and no others."""

import asyncio
import itertools
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from serving.admission import BREATH, Admission
from serving.app import App
from serving.gate import Gate
from serving.http import Answer, Headers, Message, raw_headers
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


Told = tuple[int, dict[bytes, bytes], bytes]


def _offered(app: App, scope: dict[str, Any], body: bytes) -> Told:
    """Return status, headers and body that a request is answered with that was offered."""

    async def run() -> tuple[Answer, Headers]:
        future = asyncio.get_running_loop().create_future()
        assert app.direct.offer(scope, body, lambda *told: future.set_result(told))
        told: tuple[Answer, Headers] = await future
        return told

    answer, more = asyncio.run(run())
    return answer.status, dict(raw_headers(answer, more)), answer.body


def _called(app: App, scope: dict[str, Any], body: bytes) -> Told:
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
        told = _offered(app, _scope(headers), body)

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

    assert not app.direct.offer(_scope(PLAIN, path, method), body, lambda *_: None)
    assert b"credence_requests_total{" not in metrics.text()


def test_what_takes_long_is_answered_as_the_app_does(client: Client, world: Path) -> None:
    """Reasons and many creators are answered off the loop as the app answers, counted once."""
    names = [{"creator_id": one} for one in ids(world, "creators", "creator_id")]
    brief = ids(world, "briefs", "brief_id")[0]
    for asked in ({"reasons": 2, "creators": names[:2]}, {"creators": names[:120]}):
        metrics = Metrics()
        app = App(client.state, metrics, now=lambda: NOW)
        body = json.dumps({**asked, "brief_id": brief}).encode()

        found = _offered(app, _scope(PLAIN), body)

        assert b'credence_requests_total{route="/v1/score",status="2xx"} 1.0' in metrics.text()
        assert found == _called(app, _scope(PLAIN), body)


def test_a_key_is_asked_for(client: Client, world: Path) -> None:
    """Without its key a small request is a 401, as any other."""
    app = App(client.state, Metrics(), gate=Gate(keyed=True), now=lambda: NOW)

    assert _offered(app, _scope(PLAIN), _bodies(world)[0])[0] == 401


def test_more_than_can_be_answered_soon_are_told_to_come_later(client: Client, world: Path) -> None:
    """Of many requests at once each has one answer: the first their scores, the last a 503."""
    metrics, told = Metrics(), list[tuple[Answer, Headers]]()
    # By this clock the first takes longer than the loop may be kept.
    admission = Admission(clock=partial(next, itertools.count(step=BREATH)))
    app = App(client.state, metrics, admission=admission, now=lambda: NOW)
    body = _bodies(world)[0]

    async def run() -> None:
        for _ in range(1_100):
            app.direct.offer(_scope(PLAIN), body, lambda *one: told.append(one))
        refused = told[1:]
        assert [answer.status for answer, _ in refused] == [503] * 898
        assert all(answer.headers["retry-after"] == "1" for answer, _ in refused)
        while len(told) < 1_100:
            await asyncio.sleep(0)

    asyncio.run(run())

    assert [answer.status for answer, _ in [told[0], *told[899:]]] == [200] * 202
    assert b'credence_requests_total{route="/v1/score",status="5xx"} 898.0' in metrics.text()
