"""HTTP below the app: answers to what is no request, and an end to what never becomes one."""

import asyncio
import http.client
import io
import json
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.server import ServerState

from serving import wire
from serving.app import App
from serving.heads import MOST_HEADS, Heads, Known
from serving.http import Head, Message, Receive, Scope, Send
from serving.light import LIGHT_BYTES
from serving.listening import Config
from serving.metrics import Metrics
from serving.state import Snapshot, State
from serving.wire import Protocol
from tests.serving.client import NOW

GET = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /v1/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
JUNK = b"J\0NK s3cret\r\n\r\n"


class Transport(asyncio.Transport):
    """A connection whose other end is the test."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.ended = ""

    def write(self, data: Any) -> None:
        """Keep what is sent."""
        assert not self.ended
        self.sent += bytes(data)

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.ended = "told"

    def close(self) -> None:
        self.ended = self.ended or "closed"

    def abort(self) -> None:
        self.ended = "aborted"

    def is_closing(self) -> bool:
        return self.ended in ("closed", "aborted")

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Answered(NamedTuple):
    """A response as the standard library reads it."""

    status: int
    headers: Any
    body: bytes


class Standing(asyncio.SelectorEventLoop):
    """An event loop whose time stands."""

    def time(self) -> float:
        return 5_000.0


class Connection:
    """A connection to an app, on an event loop of its own whose time the test makes up."""

    def __init__(self, app: Callable[..., Any]) -> None:
        Config.metrics = self.metrics = Metrics()
        # Asked first, and passes on every path that the tests use.
        Config.direct = App(State(Snapshot()), self.metrics, now=lambda: NOW).direct
        self.loop = Standing()
        self.state = ServerState()
        config = Config(app, log_config=None, lifespan="off")
        config.load()
        self.transport = Transport()
        self.protocol = Protocol(config, self.state, {}, self.loop)
        self.protocol.connection_made(self.transport)

    def send(self, *parts: bytes) -> "Connection":
        """Send bytes, as long as the connection stands, and let the app work."""
        for part in parts:
            if not self.transport.is_closing():
                self.loop.run_until_complete(self._arrive(part))
            self.work()
        return self

    def send_at_once(self, *parts: bytes) -> "Connection":
        """Send bytes one part after the other, before the app can work on any."""
        self.loop.run_until_complete(self._arrive(*parts))
        return self

    def until(self, answers: int) -> "Connection":
        """Let everything go on until there are so many answers."""
        while len(self.answers()) < answers:
            self.work()
        return self

    async def _arrive(self, *parts: bytes) -> None:
        for part in parts:
            self.protocol.data_received(part)

    def work(self) -> None:
        """Let everything that can go on go on."""
        for _ in range(20):
            self.loop.run_until_complete(asyncio.sleep(0))

    def after(self, seconds: float) -> "Connection":
        """Look after the connection as if it were so much later."""
        self.protocol.look(self.loop.time() + seconds)
        self.work()
        return self

    def lost(self) -> None:
        """End it from the other side."""
        self.protocol.connection_lost(None)
        self.work()
        self.loop.close()

    def answers(self) -> list[Answered]:
        """Return every response that was sent."""
        sent, found = _Sent(self.transport.sent), []
        while sent.tell() < len(self.transport.sent):
            response = http.client.HTTPResponse(sent)  # type: ignore[arg-type]
            response.begin()
            found.append(Answered(response.status, response.headers, response.read()))
        return found


class _Sent(io.BytesIO):
    """As much of a socket, and of its file, as reading several responses takes."""

    def makefile(self, _: str) -> "_Sent":
        return self

    def close(self) -> None:
        pass


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what came."""
    body, more = b"", True
    while more:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message["more_body"]
    told = scope["path"].encode() + body
    head = [(b"content-length", str(len(told)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": told})


async def later(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer only after some turns of the event loop."""
    for _ in range(5):
        await asyncio.sleep(0)
    await echo(scope, receive, send)


async def early(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Refuse a request before its body is there."""
    head = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 415, "headers": head})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def connection() -> Iterator[Connection]:
    """Return a connection to an app that takes its time."""
    made = Connection(later)
    yield made
    made.lost()


def expect_told(connection: Connection, status: int) -> Answered:
    """Return the last answer, which is the problem that ends the connection."""
    last = connection.answers()[-1]
    assert last.status == status
    assert last.headers["content-type"] == "application/problem+json"
    assert last.headers["connection"] == "close"
    assert len(last.headers["x-request-id"]) == 16
    assert json.loads(last.body)["status"] == status
    assert b"s3cret" not in connection.transport.sent
    assert connection.transport.ended == "told"
    return last


@pytest.mark.parametrize(
    "junk",
    [
        JUNK,
        b"GET  HTTP/1.1\r\n\r\n",
        b"GET /s3cret HTTP/9.9\r\n\r\n",
        b"CONNECT s3cret:80 HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /s3cret HTTP/2.0\r\nHost: localhost\r\n\r\n",
        b"GET /s3cret HTTP/0.9\r\nHost: localhost\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: s3cret\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\n s3cret: folded\r\n\r\n",
        b"GET / HTTP/1.1\nBad Name: s3cret\n\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_junk_is_a_problem(connection: Connection, junk: bytes) -> None:
    """What is no request is answered as every other error is, and ends the connection."""
    connection.send(junk, GET)

    expect_told(connection, 400)
    assert len(connection.answers()) == 1


def test_junk_waits_for_what_was_asked_before(connection: Connection) -> None:
    """Whole requests before it are answered first, in their order."""
    connection.send(GET + GET.replace(b"livez", b"two") + JUNK)

    expect_told(connection, 400)
    assert [one.body for one in connection.answers()[:-1]] == [b"/livez", b"/two"]


def test_broken_body_is_a_problem(connection: Connection) -> None:
    """A body that stops to be one ends its request, and the app hears that the client is gone."""
    connection.send(POST + b"3\r\nabc\r\n", b"XYZ\r\n")

    expect_told(connection, 400)
    assert len(connection.answers()) == 1
    assert not connection.state.tasks


def test_broken_body_of_a_later_request_is_told_in_its_turn(connection: Connection) -> None:
    """A request that nobody has begun to answer is not begun any more."""
    connection.send(GET + POST + b"XYZ\r\n")

    expect_told(connection, 400)
    assert [one.status for one in connection.answers()] == [200, 400]


@given(
    st.lists(st.sampled_from([GET, POST + b"3\r\nabc\r\n0\r\n\r\n"]), max_size=3),
    st.sampled_from([b"", JUNK, GET[:20]]),
    st.lists(st.integers(1, 200), max_size=12),
)
def test_however_bytes_are_cut_the_answers_are_the_same(
    requests: list[bytes], last: bytes, cuts: list[int]
) -> None:
    """What is answered depends on the bytes and not on how they arrive."""
    text = b"".join([*requests, last])
    places = [0, *sorted(one for one in set(cuts) if one < len(text)), len(text)]
    connection = Connection(later)

    connection.send(*(text[start:end] for start, end in pairwise(places)))

    statuses = [one.status for one in connection.answers()]
    assert statuses == [200] * len(requests) + [400] * (last == JUNK)
    assert connection.transport.ended == ("told" if last == JUNK else "")
    connection.lost()
    assert not connection.state.connections


@pytest.mark.parametrize(
    "parts",
    [
        [b"GET /" + b"s3cret" * 20_000, b"x" * 70_000],
        [b"GET / HTTP/1.1\r\nX: ", *[b"s3cret" * 1_000] * 20],
        [b"GET / HTTP/1.1\r\n", *[b"X: s3cret\r\n" * 500] * 20],
        [POST + b"1\r\na\r\n0\r\n", *[b"X: s3cret\r\n" * 500] * 20],
        [POST + b"1;", *[b"a" * 40_000] * 3],
    ],
    ids=["path", "header", "headers", "trailers", "chunk"],
)
def test_endless_heads_end(connection: Connection, parts: list[bytes]) -> None:
    """A head, a trailer or the head of a chunk that goes on and on is not read to its end."""
    connection.send(*parts)

    expect_told(connection, 431)


def test_bodies_are_not_bounded_as_heads_are(connection: Connection) -> None:
    """A body in many parts is read whole: its bound is the app's."""
    part = b"1000\r\n" + b"a" * 4096 + b"\r\n"

    connection.send(POST, *[part] * 100, b"0\r\n\r\n" + GET)

    assert [len(one.body) for one in connection.answers()] == [409_600 + 8, 6]


def test_slow_head_is_a_problem(connection: Connection) -> None:
    """A head that does not arrive in time is answered, also behind another request."""
    connection.send(GET + GET[:9]).after(wire.HEAD_SECONDS / 2)
    assert connection.transport.ended == ""

    connection.send(GET[9:20]).after(wire.HEAD_SECONDS + 1)

    expect_told(connection, 408)


def test_who_asks_nothing_is_let_go(connection: Connection) -> None:
    """A connection without a byte is closed without a word."""
    connection.after(wire.HEAD_SECONDS - 1)
    assert connection.transport.ended == ""

    connection.after(wire.HEAD_SECONDS + 1)

    assert (connection.transport.ended, connection.transport.sent) == ("closed", b"")


def test_idle_connection_is_let_go(connection: Connection) -> None:
    """After an answer a connection is kept for as long as the server was told."""
    kept = connection.send(GET).protocol.timeout_keep_alive
    connection.after(kept - 1)
    assert connection.transport.ended == ""

    connection.after(kept + 1)

    assert connection.transport.ended == "closed"


def test_who_is_being_answered_may_wait() -> None:
    """However long the app takes, its client is not late."""
    asked = Connection(never).send(GET)

    ended = asked.after(3_600).transport.ended

    asked.lost()
    assert (ended, asked.state.tasks) == ("", set())


async def never(_: Scope, receive: Receive, __: Send) -> None:
    """Answer nothing until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def test_who_was_told_to_go_is_not_waited_for(connection: Connection) -> None:
    """What a client sends after its problem is thrown away, for a moment only."""
    connection.send(JUNK, b"x" * 100_000).after(wire.LINGER_SECONDS / 2)
    assert connection.transport.ended == "told"

    connection.after(wire.LINGER_SECONDS + 1)

    assert connection.transport.ended == "aborted"


def test_who_takes_no_answer_is_let_go(connection: Connection) -> None:
    """A client that does not read what it asked for holds its memory for a while only."""
    connection.send(GET).protocol.pause_writing()
    looks = int(wire.STALL_SECONDS / wire.LOOK_SECONDS)

    for _ in range(looks):
        connection.after(0)
    assert connection.transport.ended == ""
    connection.after(0)

    assert connection.transport.ended == "aborted"


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c", b"TLS/1.0"])
def test_upgrades_are_passed_over(connection: Connection, protocol: bytes) -> None:
    """A request to speak otherwise is answered as the request that it is, and ends there."""
    asked = b"\r\nConnection: Upgrade\r\nUpgrade: " + protocol + b"\r\n\r\n"

    connection.send(GET.replace(b"\r\n\r\n", asked))

    answer = connection.answers()[0]
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert connection.transport.ended == "closed"


def test_refused_requests_are_counted(connection: Connection) -> None:
    """What never reaches the app is in the metrics all the same."""
    connection.send(GET + JUNK)

    text = connection.metrics.text().decode()
    assert 'credence_refused_total{why="malformed"} 1.0' in text
    assert 'credence_requests_total{route="none",status="4xx"} 1.0' in text
    assert "credence_requests_in_flight 0.0" in text


def test_what_bentoml_passes_gives_way() -> None:
    """Whatever else the server below is told to be, its protocol is ours and it logs no access."""
    config = Config(
        echo, http="h11", ws="auto", access_log=True, log_config=None, timeout_keep_alive=7
    )
    config.load()

    assert config.http_protocol_class is Protocol
    assert config.ws_protocol_class is None
    assert not config.access_log
    assert not config.proxy_headers
    assert config.timeout_keep_alive == 7


SCORE = b'{"creators":[{"creator_id":"ana"}]}'


def score(body: bytes = SCORE, more: Mapping[str, str] | None = None) -> bytes:
    """Return a request for scores with further headers."""
    lines = ["POST /v1/score HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    lines += [
        f"Content-Length: {len(body)}",
        *(f"{name}: {one}" for name, one in (more or {}).items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def test_a_head_that_came_before_is_answered_as_at_first(connection: Connection) -> None:
    """The same request again, no more than once parsed, has the same answer but for its number."""
    connection.send(*[score()] * 3)

    first, *others = connection.answers()
    heads = connection.protocol.config.heads
    assert heads.find(score()) is not None
    for one in others:
        assert (one.status, one.body) == (first.status, first.body)
        assert set(one.headers.keys()) == set(first.headers.keys())
    assert len({one.headers["x-request-id"] for one in (first, *others)}) == 3
    assert b'route="/v1/score",status="2xx"} 3.0' in connection.metrics.text()


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(slice(0, -1), id="without its last byte"),
        pytest.param(slice(0, 30), id="begun"),
    ],
)
def test_a_part_of_a_known_request_waits_for_the_rest(connection: Connection, cut: slice) -> None:
    """What is known is whole requests: in two pieces one is parsed as ever."""
    whole = score()
    connection.send(whole, whole[cut])
    assert len(connection.answers()) == 1

    connection.send(whole[cut.stop :], whole)

    assert [one.status for one in connection.answers()] == [200] * 3


def test_known_requests_one_behind_the_other_are_all_answered(connection: Connection) -> None:
    """Pipelined requests have their answers in order, among others too."""
    connection.send(score(), score() + GET + score(), score())

    assert [one.status for one in connection.answers()] == [200] * 5
    assert b'"alive"' in connection.answers()[2].body or b"/livez" in connection.answers()[2].body


def test_junk_after_a_known_request_is_a_problem(connection: Connection) -> None:
    """That a head is known lets nothing pass that follows."""
    connection.send(score(), score() + JUNK)

    assert [one.status for one in connection.answers()] == [200, 200, 400]
    expect_told(connection, 400)


@pytest.mark.parametrize(
    "more",
    [
        {"X-Request-Id": "mine"},
        {"Connection": "close"},
        {"Expect": "100-continue"},
        {"Content-Encoding": "gzip"},
        {"Content-type": "text/plain"},
    ],
)
def test_some_heads_are_parsed_each_time(connection: Connection, more: Mapping[str, str]) -> None:
    """A head that says more than what is asked for is not remembered."""
    connection.send(score(SCORE, more))

    assert connection.protocol.config.heads.find(score(SCORE, more)) is None


def test_a_connection_that_asked_once_is_closed_in_time(connection: Connection) -> None:
    """The time of silence begins with the first answer, also with one that is sent at once."""
    connection.send(score())
    patience = connection.protocol.timeout_keep_alive

    connection.after(patience - 1)
    assert connection.transport.ended == ""
    connection.after(patience + 1)

    assert connection.transport.ended == "closed"


@pytest.mark.parametrize("behind", [GET, score(), score(SCORE, {"Connection": "close"})])
def test_what_comes_behind_a_known_request_that_takes_long_is_answered(
    connection: Connection, behind: bytes
) -> None:
    """Each of the two has its own answer, in their order."""
    slow = score(body=b'{"reasons":1,' + SCORE[1:])
    connection.send(slow).until(1)

    connection.send_at_once(slow, behind).until(3)

    assert [one.status for one in connection.answers()] == [200] * 3
    assert b"scores" in connection.answers()[1].body
    assert connection.answers()[2].body.startswith(behind.split()[1])


@pytest.mark.parametrize("asked", [GET, score(b'{"reasons":1,' + SCORE[1:])])
def test_who_has_said_all_is_answered_all_the_same(connection: Connection, asked: bytes) -> None:
    """A client that ends its sending, and only that, has its answer, and then an end."""
    connection.send_at_once(asked)
    assert connection.protocol.eof_received()

    connection.until(1)

    assert (connection.answers()[0].status, connection.transport.ended) == (200, "closed")


def test_who_leaves_within_a_request_is_let_go(connection: Connection) -> None:
    """What is not whole when its client ends will never be."""
    connection.send(score()[:-5])

    assert not connection.protocol.eof_received()


UNREAD = b"POST /v1/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"


def test_a_body_that_nobody_reads_is_no_request() -> None:
    """What comes of a body that was refused is thrown away, whatever it says."""
    connection, hidden = Connection(early), score()
    connection.send(score())

    connection.send(UNREAD % (2 * len(hidden)), hidden, hidden, score())

    assert [one.status for one in connection.answers()] == [200, 415, 200]
    connection.lost()


def test_the_end_of_a_body_is_no_part_of_a_head() -> None:
    """A request that arrives with the rest of a body that was refused is not remembered so."""
    connection, rest = Connection(early), b"GET /livez HTTP/1.1\r\nX: "

    connection.send(UNREAD % len(rest), rest + score())

    assert [one.status for one in connection.answers()] == [415, 200]
    assert connection.protocol.config.heads.find(rest + score()) is None
    connection.lost()


def test_a_long_body_is_never_known(connection: Connection) -> None:
    """What is long to decode is not decoded on the loop, however often it comes."""
    long = score(body=SCORE + b" " * LIGHT_BYTES)

    connection.send(long).until(1)

    assert connection.protocol.config.heads.find(long) is None


def test_nothing_of_a_key_is_kept_with_its_head() -> None:
    """What is known of a head has the digest of its key, and not the key."""
    app = App(State(Snapshot()), Metrics())
    secret = f"cred_{'0' * 12}_{'5' * 64}"
    headers = [
        (b"host", b"localhost"),
        (b"content-type", b"application/json"),
        (b"content-length", b"2"),
        (b"authorization", f"Bearer {secret}".encode()),
    ]
    scope = {"path": "/v1/score", "method": "POST", "http_version": "1.1", "headers": headers}

    known = app.direct.known(scope)

    assert known is not None
    assert known.key is not None
    assert not known.head.has(b"authorization")


def test_as_many_heads_as_there_is_room_for_are_known() -> None:
    """Whoever sends another head each time fills no memory."""
    heads, known = Heads(), Known(0, Head({"headers": []}), None)
    for number in range(3 * MOST_HEADS):
        heads.learn(b"%d\r\n\r\n" % number, known)

    kept = [number for number in range(3 * MOST_HEADS) if heads.find(b"%d\r\n\r\n" % number)]
    assert 0 < len(kept) <= MOST_HEADS
    heads.learn(b"x" * 10_000 + b"\r\n\r\n", known)
    assert heads.find(b"x" * 10_000 + b"\r\n\r\n") is None
