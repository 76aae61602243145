"""Hostile requests: each gets its exact answer, and never a word of its own back."""

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec
import pytest

from serving.app import App
from serving.gate import Gate
from serving.http import Message
from serving.metrics import Metrics
from serving.problems import MEDIA_TYPE
from serving.state import Snapshot, State
from tests.serving.hostile import CANARIES, NO_PATH, ONE_HOST, TOO_LARGE, WORD, Row
from tests.serving.hostile_bodies import BODIES
from tests.serving.hostile_heads import HEADS
from tests.serving.test_service import Server, end, start

# With the other servers, so that they do not slow each other down.
pytestmark = pytest.mark.xdist_group("server")

ROWS = [*HEADS, *BODIES]


def ask(row: Row) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body that an app in process answers."""
    raw, _, query = row.path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "method": row.method,
        "path": unquote(raw),
        "raw_path": raw.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in row.headers],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": row.body}

    async def send(message: Message) -> None:
        sent.append(message)

    app = App(State(Snapshot()), Metrics(), gate=Gate(keyed=row.keyed))
    asyncio.run(app(scope, receive, send))
    head = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], head, sent[1]["body"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_hostile_request_has_its_answer(row: Row, caplog: pytest.LogCaptureFixture) -> None:
    """The problem is the one of the row, to the letter, and repeats nothing; nor does the log."""
    status, head, body = ask(row)

    assert json.loads(body) == msgspec.to_builtins(row.answer.body())
    assert status == row.answer.status < 500
    assert head["content-type"] == MEDIA_TYPE
    told = f"{head} {body.decode()} {caplog.text}".lower()
    assert not [canary for canary in CANARIES if canary in told]


def test_rows_are_at_least_sixty() -> None:
    """The list is as long as it promises, and no row stands twice."""
    assert len({row.name for row in ROWS}) == len(ROWS) >= 60


# On the wire, where the parser of HTTP comes before the app ----------------------------------


class Wire(NamedTuple):
    """Bytes on a connection, and what comes back: the statuses, and the last body."""

    name: str
    sent: bytes
    statuses: list[int]
    body: bytes
    cut: bool = False
    """Say that nothing more comes, in the middle of it."""


UNPARSED = b"Invalid HTTP request received."
ALIVE = b'{"status":"alive"}'
UNKNOWN_FIELD = (
    b'{"title":"Unprocessable Content","status":422,'
    b'"detail":"the request breaks the contract: see errors, and /openapi.json",'
    b'"errors":[{"pointer":"","rule":"unknown field"}]}'
)
BODY = b'{"c4n4ry":1}'
NO_PATH_BODY, ONE_HOST_BODY, TOO_LARGE_BODY = (
    msgspec.json.encode(problem.body()) for problem in (NO_PATH, ONE_HOST, TOO_LARGE)
)


def get(target: str, *headers: str, version: str = "1.1", host: str = "Host: localhost") -> bytes:
    """Return a GET that closes the connection."""
    lines = [f"GET {target} HTTP/{version}", host, "Connection: close", *headers]
    return ("\r\n".join(line for line in lines if line) + "\r\n\r\n").encode("latin-1")


def post(*headers: str, body: bytes = b"") -> bytes:
    """Return a POST that closes the connection, with just these headers about its body."""
    lines = ["POST /v1/score?c4n4ry HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    return ("\r\n".join([*lines, "Connection: close", *headers]) + "\r\n\r\n").encode() + body


CHUNKED = "Transfer-Encoding: chunked"
STAYING = b"GET /c4n4ry HTTP/1.1\r\nHost: localhost\r\n\r\n"
BESIDE = post("Content-Length: 12", body=BODY).replace(b"Connection: close\r\n", b"")

WIRES = [
    Wire("two lengths", post(*["Content-Length: 12"] * 2, body=BODY), [400], UNPARSED),
    Wire(
        "lengths that differ",
        post("Content-Length: 12", "Content-Length: 13", body=BODY),
        [400],
        UNPARSED,
    ),
    Wire("length and chunks", post("Content-Length: 12", CHUNKED, body=BODY), [400], UNPARSED),
    Wire("negative length", post("Content-Length: -12", body=BODY), [400], UNPARSED),
    Wire("length of 5,000 digits", post(f"Content-Length: {'31337' * 1000}"), [400], UNPARSED),
    Wire("length that is a word", post(f"Content-Length: {WORD}"), [400], UNPARSED),
    Wire("space before the colon", post("Content-Length : 12", body=BODY), [400], UNPARSED),
    Wire("too long by a byte", post("Content-Length: 8388609", body=b" "), [413], TOO_LARGE_BODY),
    Wire("chunks", post(CHUNKED, body=b"c\r\n" + BODY + b"\r\n0\r\n\r\n"), [422], UNKNOWN_FIELD),
    Wire("chunk of no length", post(CHUNKED, body=b"c4n4ry\r\n"), [400], UNPARSED),
    Wire("compressed chunks", post("Transfer-Encoding: gzip", body=BODY), [400], UNPARSED),
    Wire("truncated body", post("Content-Length: 100", body=BODY), [], b"", cut=True),
    Wire("garbage", b"c4n4ry\r\n\r\n", [400], UNPARSED),
    Wire("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfcc4n4ry\r\n\r\n", [400], UNPARSED),
    Wire("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400], UNPARSED),
    Wire("HTTP/9.9", get("/livez?c4n4ry", version="9.9"), [400], UNPARSED),
    Wire("HTTP/1.0 without host", get("/c4n4ry", version="1.0", host=""), [421], ONE_HOST_BODY),
    Wire("HTTP/1.1 without host", get("/c4n4ry", host=""), [421], ONE_HOST_BODY),
    Wire("method of its own", get("/livez").replace(b"GET", b"C4N4RY"), [400], UNPARSED),
    Wire("tunnel", get("c4n4ry.example:443").replace(b"GET", b"CONNECT"), [400], UNPARSED),
    Wire("absolute target", get("http://c4n4ry.example/v2"), [404], NO_PATH_BODY),
    Wire("dot segments", get("/v1/../c4n4ry/../livez"), [404], NO_PATH_BODY),
    Wire("broken percent", get("/%zzc4n4ry"), [404], NO_PATH_BODY),
    Wire("bytes in a target", get("/c4n4ry\xff"), [400], UNPARSED),
    Wire("target of 90,000 bytes", get("/" + WORD * 15_000), [400], UNPARSED),
    Wire("folded header", get("/livez", "X-A: a\r\n c4n4ry"), [400], UNPARSED),
    Wire("zero byte in a header", get("/livez", "X-A: c4n\x00ry"), [400], UNPARSED),
    Wire(
        "upgrade to HTTP/2",
        get("/livez?c4n4ry", "Connection: Upgrade", "Upgrade: h2c"),
        [200],
        ALIVE,
    ),
    Wire("pipelined", STAYING + BESIDE + get("/livez"), [404, 422, 200], ALIVE),
    Wire(
        "request in a body",
        get("/livez", f"Content-Length: {len(STAYING)}") + STAYING,
        [200],
        ALIVE,
    ),
]


@pytest.fixture(scope="module")
def server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server at the trained home."""
    running = start(home, tmp_path_factory.mktemp("log"))
    yield running
    end(running)


def exchange(port: int, sent: bytes, *, cut: bool = False) -> bytes:
    """Return all that comes back on a connection until the server closes it."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(sent)
        if cut:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_hostile_bytes_have_their_answer(server: Server, wire: Wire) -> None:
    """Statuses and the last body are those of the row, and nothing of the bytes comes back."""
    answer = exchange(server.port, wire.sent, cut=wire.cut)

    assert [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]] == wire.statuses
    assert answer.partition(b"\r\n\r\n")[2].endswith(wire.body)
    assert WORD.encode() not in answer.lower()


def test_server_lives_on(server: Server) -> None:
    """After all of that the server answers."""
    assert exchange(server.port, get("/livez")).endswith(ALIVE)
