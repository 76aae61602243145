"""Hostile requests: each gets its exact answer, and never a word of its own back."""

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from serving.app import App
from serving.gate import Gate
from serving.http import Message
from serving.metrics import Metrics
from serving.problems import MEDIA_TYPE, Problem
from serving.state import Snapshot, State
from tests.serving.hostile import CANARIES, WORD, Row
from tests.serving.hostile_bodies import BODIES
from tests.serving.hostile_heads import HEADS
from tests.serving.hostile_wires import (
    ALIVE,
    BODY,
    LENGTH,
    UNKNOWN_FIELD,
    WIRES,
    Alive,
    Wire,
    get,
    post,
)
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


def answers(data: bytes) -> Iterator[tuple[int, dict[str, str], bytes]]:
    """Yield status, headers and body of each response, which is all that there may be."""
    while data:
        head, ended, data = data.partition(b"\r\n\r\n")
        line, *lines = head.decode("ascii").split("\r\n")
        version, status, *_ = line.split(" ")
        assert (version, ended) == ("HTTP/1.1", b"\r\n\r\n")
        headers = dict(one.split(": ", 1) for one in lines)
        length = int(headers.get("content-length", 0))
        assert len(data) >= length
        yield int(status), headers, data[:length]
        data = data[length:]


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_hostile_bytes_have_their_answers(server: Server, wire: Wire) -> None:
    """All that comes back are the answers of the row, to the letter, and nothing of the bytes."""
    data = exchange(server.port, wire.sent, cut=wire.cut)

    assert [told(*answer) for answer in answers(data)] == [expected(one) for one in wire.answers]
    assert WORD.encode() not in data.lower()


def told(status: int, headers: dict[str, str], body: bytes) -> object:
    """Return what is compared of a response."""
    return status, headers.get("content-type"), json.loads(body) if body else None


def expected(answer: Problem | Alive) -> object:
    """Return the same of an answer of a row."""
    if isinstance(answer, Problem):
        return answer.status, MEDIA_TYPE, msgspec.to_builtins(answer.body())
    return 200, "application/json", {"status": "alive"}


def test_a_body_is_asked_for(server: Server) -> None:
    """A client that waits to be asked for its body is, and then has its answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(post(LENGTH, "Expect: 100-continue", body=b""))
        asked = connection.recv(65_536)
        connection.sendall(BODY)
        data = b"".join(iter(lambda: connection.recv(65_536), b""))

    assert asked == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert [told(*answer) for answer in answers(data)] == [expected(UNKNOWN_FIELD)]


def test_server_lives_on(server: Server) -> None:
    """After all of that the server answers."""
    assert [told(*answer) for answer in answers(exchange(server.port, get("/livez")))] == [
        expected(ALIVE)
    ]
