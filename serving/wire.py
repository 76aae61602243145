"""HTTP below the app: what is no request, or takes too long to become one, is told so as a problem.

uvicorn alone answers malformed requests in plain text, bounds neither the size of a head nor how
long it may take, and keeps a connection for ever that never asks. Its protocol is extended here, by
little: a look around once a second takes the place of a timer for each request.
"""

import asyncio
import secrets
from collections.abc import Iterable
from typing import Any, ClassVar, cast

import httptools
import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from serving.app import App
from serving.http import MOST_HEADER_BYTES, Answer, Headers, Scope, raw_headers
from serving.metrics import Metrics
from serving.problems import MEDIA_TYPE, Problem

HEAD_SECONDS = 10.0
"""How long a head may take, and a new connection until it asks for anything."""
LINGER_SECONDS = 2.0
"""How long is read, and thrown away, what a client sends after it was told to go."""
STALL_SECONDS = 30.0
"""How long a client may take nothing of its answer."""
LOOK_SECONDS = 1.0
MOST_HEAD_BYTES = 2 * MOST_HEADER_BYTES
"""Of what was not read as a head, nor as a part of a body, so far."""

_FRAMING = (b"content-length", b"transfer-encoding")

_TOLD = {
    400: "what was sent is no HTTP/1.1 request",
    408: f"the head of a request has {HEAD_SECONDS:.0f} s to arrive",
    431: f"the head of a request has at most {MOST_HEADER_BYTES} bytes",
}


class Protocol(HttpToolsProtocol):
    """One connection."""

    config: "Config"

    def __init__(
        self,
        config: "Config",
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # Since when the client owes a head, None while it does not.
        self._since: float | None = self.loop.time()
        self._partial = False
        self._unread = 0
        # The status that ends the connection, and whether it was sent.
        self._refused = 0
        self._told = False
        self._stalled = 0.0
        self._parsing = False
        self._waiting: tuple[RequestResponseCycle, Any] | None = None
        config.look_after(server_state.connections, self.loop)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived."""
        if self._refused:
            return
        before = self.cycle
        self._unread += len(data)
        self._parsing, well = True, True
        try:
            self._parse(data)
        except httptools.HttpParserError:
            well = False
        self._parsing = False
        self._begin()
        if not well:
            self._refuse(400)
            return
        cycle = self.cycle
        if cycle is not before:
            self._unread, self._partial, self._since = 0, False, None
        elif self._unread > MOST_HEAD_BYTES:
            self._refuse(431)
            return
        # A request has its scope from the first byte on, and its cycle once its head is whole.
        if (
            not self._partial
            and self.scope is not None
            and (cycle is None or cycle.scope is not self.scope)
        ):
            self._partial, self._since = True, self.loop.time()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Begin to answer a request, but not before what arrived with its head was parsed."""
        if self._parsing:
            self._waiting = cycle, app
        else:
            HttpToolsProtocol._start_asgi_task(self, cycle, app)

    def _begin(self) -> None:
        """Answer the request that waits, at once or in a task of its own."""
        if self._waiting is None:
            return
        (cycle, app), self._waiting = self._waiting, None
        if not cycle.more_body and not self.flow.write_paused:
            made = self.config.answering.at_once(cast("Scope", cycle.scope), bytes(cycle.body))
            if isinstance(made, tuple):
                self._answer(cycle, *made)
                return
            app = made or app
        HttpToolsProtocol._start_asgi_task(self, cycle, app)

    def _answer(self, cycle: RequestResponseCycle, answer: Answer, headers: Headers) -> None:
        """Send an answer as a whole."""
        lines = [STATUS_LINE[answer.status]]
        for name, value in (*self.server_state.default_headers, *raw_headers(answer, headers)):
            lines += name, b": ", value, b"\r\n"
        lines += b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n", answer.body
        self.transport.write(b"".join(lines))
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as asked:
            self._stay(data[asked.args[0] :])

    def _stay(self, rest: bytes) -> None:
        """Take a request that asks for another protocol, of which there is none, as it stands.

        The parser has ended it behind its head, body or not: another one reads what is left. Java's
        own client asks so with every first request of a connection.
        """
        self.cycle.keep_alive = False
        framing = b"".join(
            b"%s: %s\r\n" % pair for pair in self.scope["headers"] if pair[0] in _FRAMING
        )
        if framing:
            self.cycle.more_body = True
            self.cycle.message_event.clear()
            self.parser = httptools.HttpRequestParser(_Rest(self))
            self.parser.feed_data(b"POST / HTTP/1.1\r\n" + framing + b"\r\n" + rest)

    def on_headers_complete(self) -> None:
        """Begin to answer, with the headers so far: what a body has behind it are none."""
        HttpToolsProtocol.on_headers_complete(self)
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self._unread = 0
        HttpToolsProtocol.on_body(self, body)

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait for it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._refused:
            self._tell()
        elif not self._partial:
            self._since = self.loop.time()

    def look(self, now: float) -> None:
        """End the connection where it takes too long.

        Parameters
        ----------
        now : float
            By the clock of the event loop.
        """
        waiting = self.flow.write_paused or self.transport.is_closing()
        self._stalled = self._stalled + LOOK_SECONDS if waiting else 0.0
        late = -1.0 if self._since is None else now - self._since
        if self._stalled > STALL_SECONDS or (self._told and late > LINGER_SECONDS):
            self.transport.abort()
        elif self._partial and late > HEAD_SECONDS and not self._refused:
            self._refuse(408)
        elif not self._partial and late > self._patience():
            self.transport.close()

    def _patience(self) -> float:
        return HEAD_SECONDS if self.cycle is None else self.timeout_keep_alive

    def _refuse(self, status: int) -> None:
        """Take no more requests; tell why as soon as what was asked before is answered."""
        self._refused = status
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._tell()
        elif cycle.scope is not self.scope or not cycle.more_body:
            # It came after a whole request, which is answered first.
            return
        elif self.pipeline:
            # The body of a request that nobody has begun to answer.
            self.pipeline.popleft()
        elif cycle.response_started:
            cycle.keep_alive = False
        else:
            # Whoever reads its body finds the client gone.
            cycle.disconnected = True
            cycle.message_event.set()
            self._tell()

    def _tell(self) -> None:
        """Send the problem and nothing after it."""
        status = self._refused
        self.config.metrics.refused(status)
        body = msgspec.json.encode(Problem(status, _TOLD[status]).body())
        headers = [
            *self.server_state.default_headers,
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-request-id", secrets.token_hex(8).encode()),
            (b"connection", b"close"),
        ]
        head = b"".join(b"%s: %s\r\n" % pair for pair in headers)
        self.transport.write(STATUS_LINE[status] + head + b"\r\n" + body)
        self._told, self._since = True, self.loop.time()
        # Closed on bytes that nobody reads, a connection loses the answer too.
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()


class _Rest:
    """Hears of what comes behind the head of a request, and of nothing after it."""

    def __init__(self, protocol: Protocol) -> None:
        self.on_body = protocol.on_body
        self.on_message_complete = protocol.on_message_complete


class Config(uvicorn.Config):
    """uvicorn's configuration, with what is ours put in the place of what it is given."""

    answering: ClassVar[App]
    metrics: ClassVar[Metrics]
    made: ClassVar[bool] = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        ours: dict[str, Any] = {
            "http": Protocol,
            "ws": "none",
            "access_log": False,
            "proxy_headers": False,
        }
        super().__init__(*arguments, **{**options, **ours})
        type(self).made = True
        self._looking = False

    def look_after(self, connections: Iterable[Any], loop: asyncio.AbstractEventLoop) -> None:
        """Look after all connections from now on, if nobody does."""
        if not self._looking:
            self._looking = True
            loop.call_later(LOOK_SECONDS, self._look, connections, loop)

    def _look(self, connections: Iterable[Any], loop: asyncio.AbstractEventLoop) -> None:
        # First: whatever goes wrong with one, there is a next time.
        loop.call_later(LOOK_SECONDS, self._look, connections, loop)
        now = loop.time()
        for connection in list(connections):
            connection.look(now)


def install(app: App, metrics: Metrics) -> None:
    """Have the server that this process makes next be ours: BentoML offers no other way.

    Parameters
    ----------
    app : App
        Whom requests that ask for little are handed to.
    metrics : Metrics
        Where refused requests are counted.
    """
    Config.answering, Config.metrics = app, metrics
    uvicorn.Config = Config  # type: ignore[misc]


def installed() -> bool:
    """Return whether a server was made by `Config`; False where BentoML makes it otherwise."""
    return Config.made
