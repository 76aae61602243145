"""The HTTP edge of the app, without models: what is refused, with which status, in which shape."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving import http
from serving.app import App
from serving.contract import MOST_BYTES
from serving.http import Message
from serving.metrics import Metrics
from serving.problems import Problem
from serving.routes import ROUTES, Route
from serving.state import Snapshot, State

JSON = {"Content-Type": "application/json"}
ONE = b'{"creators": [{"creator_id": "ana"}]}'


def app() -> App:
    """Return an app without models and store."""
    return App(State(Snapshot()), Metrics())


def asked(method: str, path: str, **options: Any) -> httpx.Response:
    """Return the answer to one request."""
    return together([(method, path, options)])[0]


def together(requests: Iterable[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
    """Return the answers to several requests to one app."""

    async def run() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app())
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:3000") as one:
            return [await one.request(*named, **options) for *named, options in requests]

    return asyncio.run(run())


def expect_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Return the problem of an answer, after checking that it is one of this status."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/vnd.bentoml+pickle"},
        JSON | {"Content-Encoding": "gzip"},
        JSON | {"Content-Encoding": "identity"},
    ],
)
def test_only_plain_json_is_read(headers: dict[str, str]) -> None:
    """Any other media type, and any encoding, is a 415."""
    expect_problem(asked("POST", "/v1/score", content=ONE, headers=headers), 415)


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=UTF-8"])
def test_json_is_read(kind: str) -> None:
    """JSON is read, however its media type is written."""
    answer = asked("POST", "/v1/score", content=ONE, headers={"Content-Type": kind})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host", ["example.com", "127.0.0.1.example.com", "127.0.0.1:x", "", "10.0.0.1"]
)
@pytest.mark.parametrize("path", ["/livez", "/v1/score", "/nothing"])
def test_foreign_host_is_misdirected(host: str, path: str) -> None:
    """A Host that is not loopback is refused on every path, before anything else."""
    expect_problem(asked("GET", path, headers={"Host": host}), 421)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:3000", "LOCALHOST", "[::1]:80"])
def test_loopback_host_is_answered(host: str) -> None:
    """Each name of the loopback interface is answered, with any port."""
    assert asked("GET", "/livez", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_other_methods_are_not_allowed(route: Any) -> None:
    """A path answers its own methods and names them otherwise."""
    path = route.path.replace("{creator_id}", "ana")
    others = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - set(
        route.allow.split(", ")
    )

    for answer in together([(method, path, {}) for method in sorted(others)]):
        assert answer.status_code == 405
        assert answer.headers["allow"] == route.allow


GETS = [pytest.param(route, id=route.name) for route in ROUTES if route.method == "GET"]
NAMED = [pytest.param(route, id=route.name) for route in ROUTES]


def path_of(route: Route) -> str:
    """Return a path that leads to a route."""
    return route.path.replace("{creator_id}", "ana")


@pytest.mark.parametrize("route", GETS)
def test_head_is_get_without_body(route: Route) -> None:
    """HEAD answers with the status and headers of GET, also of its problems, and no body."""
    id_ = {"headers": {"X-Request-Id": "one"}}
    get, head = together([("GET", path_of(route), id_), ("HEAD", path_of(route), id_)])

    assert head.status_code == get.status_code
    assert head.content == b""
    moving = {"content-length"} if route.name in {"metrics"} else set()
    assert {**head.headers, **dict.fromkeys(moving)} == {**get.headers, **dict.fromkeys(moving)}
    assert int(head.headers["content-length"]) > 0


@pytest.mark.parametrize("route", NAMED)
def test_options_tells_the_methods(route: Route) -> None:
    """OPTIONS is a 204 with Allow, without content, and without a word of CORS."""
    answer = asked("OPTIONS", path_of(route), headers={"Origin": "https://shop.example"})

    assert answer.status_code == 204
    assert answer.headers["allow"] == route.allow
    assert set(route.allow.split(", ")) == {"OPTIONS", route.method} | (
        {"HEAD"} if route.method == "GET" else set()
    )
    assert not {"content-length", "content-type", "vary"} & set(answer.headers)
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("route", NAMED)
def test_nothing_is_sniffed(route: Route) -> None:
    """Every answer, problems included, tells browsers to take its media type as it is."""
    answers = together([(method, path_of(route), {}) for method in (route.method, "PUT")])

    assert {one.headers["x-content-type-options"] for one in answers} == {"nosniff"}


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/docs.json", "/schema.json", "/healthz", "/v1/score/"]
)
def test_unknown_path_is_not_found(path: str) -> None:
    """Whatever is not in the route table is a 404, BentoML's own paths included."""
    expect_problem(asked("GET", path), 404)


def test_declared_size_is_refused_unread() -> None:
    """A body that declares too many bytes is refused before it is read."""
    headers = JSON | {"Content-Length": str(MOST_BYTES + 1)}

    expect_problem(asked("POST", "/v1/score", content=b"{}", headers=headers), 413)


def test_undeclared_size_is_counted() -> None:
    """A body that arrives in pieces is refused once it is too large."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(9):
            yield b" " * 2**20

    expect_problem(asked("POST", "/v1/score", content=pieces(), headers=JSON), 413)


def test_many_headers_are_refused() -> None:
    """Too many headers, or too large ones, are a 431."""
    many = {f"X-{number}": "1" for number in range(101)}

    expect_problem(asked("GET", "/livez", headers=many), 431)
    expect_problem(asked("GET", "/livez", headers={"X-Large": "1" * 40_000}), 431)


def test_slow_body_times_out() -> None:
    """A body that does not arrive in time is a 408 that closes the connection."""

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(Problem) as caught:
        asyncio.run(http.body_of(http.Head({"headers": []}), never, seconds=0.01))

    assert caught.value.status == 408
    assert caught.value.headers["connection"] == "close"


def test_client_that_leaves_gets_nothing() -> None:
    """Where the client goes away before its body is whole, nothing is sent and nothing fails."""
    sent: list[Message] = []

    async def leave() -> Message:
        return {"type": "http.disconnect"}

    asyncio.run(app()(scope("POST", "/v1/score"), leave, collector(sent)))

    assert sent == []


def scope(method: str, path: str) -> dict[str, Any]:
    """Return an ASGI scope."""
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    return {"type": "http", "method": method, "path": path, "headers": headers}


def collector(sent: list[Message]) -> Callable[[Message], Awaitable[None]]:
    """Return a channel that keeps what is sent."""

    async def send(message: Message) -> None:
        sent.append(message)

    return send


def test_crash_is_a_problem_without_its_message(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An error of our own is a 500 in fixed words; neither answer nor log holds what was sent."""
    sent = "s3cret"

    def fail(*_: object) -> None:
        raise RuntimeError(sent)

    monkeypatch.setattr("serving.answers.score", fail)

    answer = asked("POST", "/v1/score", content=ONE, headers=JSON)

    problem = expect_problem(answer, 500)
    assert sent not in json.dumps(problem) + caplog.text
    assert answer.headers["x-request-id"] in caplog.text


def test_request_id_is_kept_where_harmless() -> None:
    """A sane X-Request-Id comes back; any other is replaced."""
    kept, replaced = together(
        [
            ("GET", "/livez", {"headers": {"X-Request-Id": "order-42"}}),
            ("GET", "/livez", {"headers": {"X-Request-Id": "a b" * 50}}),
        ]
    )

    assert kept.headers["x-request-id"] == "order-42"
    assert len(replaced.headers["x-request-id"]) == 16


def test_metrics_have_bounded_labels() -> None:
    """Unknown paths share one label; a known one is named by its template."""
    paths = [f"/nothing/{number}" for number in range(20)] + [
        f"/v1/creators/c{number}" for number in range(20)
    ]

    text = together([*(("GET", path, {}) for path in paths), ("GET", "/metrics", {})])[-1].text

    assert 'credence_requests_total{route="none",status="4xx"} 20.0' in text
    assert 'credence_requests_total{route="/v1/creators/{creator_id}",status="4xx"} 20.0' in text
    assert "c19" not in text


def test_without_models_nothing_is_ready() -> None:
    """Without models /readyz is a 503 that names them, an audit a 503, a score has null blocks."""
    ready, audit, score = together(
        [
            ("GET", "/readyz", {}),
            (
                "POST",
                "/v1/audit",
                {"json": {"followers": [{"followers": 1, "following": 2, "posts": 3}]}},
            ),
            ("POST", "/v1/score", {"content": ONE, "headers": JSON}),
        ]
    )

    assert ready.status_code == 503
    assert ready.json()["missing"] == ["fake_accounts", "fake_followers", "conversion"]
    expect_problem(audit, 503)
    assert score.json()["scores"][0]["error"]["status"] == 404


@given(
    st.sampled_from(["GET", "POST", "PUT", "HEAD"]),
    st.sampled_from(["/v1/score", "/v1/audit", "/v1/creators/ana", "/x"]),
    st.binary(max_size=300) | st.text(max_size=300).map(lambda text: json.dumps(text).encode()),
)
def test_junk_gets_a_problem(method: str, path: str, body: bytes) -> None:
    """Whatever is sent, the answer is a problem and the service's own failure never."""
    answer = asked(method, path, content=body, headers=JSON)

    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


def test_other_protocols_are_closed() -> None:
    """A websocket is closed before it is accepted."""
    sent: list[Message] = []

    async def connect() -> Message:
        return {"type": "websocket.connect"}

    asyncio.run(app()({"type": "websocket", "path": "/v1/score"}, connect, collector(sent)))

    assert [message["type"] for message in sent] == ["websocket.close"]


def test_who_is_cut_short_by_the_end_is_told_to_ask_again() -> None:
    """A request that a server no longer waits for is answered with a problem, not broken off."""
    sent: list[Message] = []
    head = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/v1/score", "headers": head}

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        task = asyncio.ensure_future(app()(scope, receive, send))
        for _ in range(3):
            await asyncio.sleep(0)
        task.cancel()
        await task

    asyncio.run(run())

    headers = dict(sent[0]["headers"])
    assert (sent[0]["status"], headers[b"retry-after"]) == (503, b"1")
    assert headers[b"content-type"] == b"application/problem+json"
