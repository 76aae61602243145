"""HTTP below the app: what is no request, or takes too long to become one, is told so as a problem.

uvicorn alone answers malformed requests in plain text, bounds neither the size of a head nor how
long it may take, and keeps a connection for ever that never asks. Its protocol is extended here, by
little: a look around once a second takes the place of a timer for each request.
"""

import asyncio
import secrets
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import (
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from serving.heads import Known
from serving.http import MOST_HEADER_BYTES, Answer, Headers, Scope, problem_answer
from serving.problems import Problem
from serving.standins import Again, Rest

if TYPE_CHECKING:
    from serving.listening import Config

HEAD_SECONDS = 10.0
"""How long a head may take, and a new connection until it asks for anything."""
LINGER_SECONDS = 2.0
"""How long is read, and thrown away, what a client sends after it was told to go."""
STALL_SECONDS = 30.0
"""How long a client may take nothing of its answer."""
LOOK_SECONDS = 1.0
MOST_HEAD_BYTES = 2 * MOST_HEADER_BYTES
"""Of what was not read as a head, nor as a part of a body, so far."""

_VERSIONS = ("1.0", "1.1")
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
        self._known = Again()
        config.look_after(server_state.connections, self.loop)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's is narrower too
        """Begin with a connection."""
        HttpToolsProtocol.connection_made(self, transport)
        self._host = self.client[0] if self.client else ""

    def data_received(self, data: bytes) -> None:
        """Take what arrived."""
        if self._refused:
            return
        idle = self._idle()
        if idle and (found := self.config.heads.find(data)) is not None:
            self._again(*found)
            return
        before = self.cycle
        well = self._read(data)
        if well:
            if idle and self.cycle is not before:
                self._learn(data)
            # Before an answer that may be sent at once: what follows it has its own time.
            self._look_at_head(before)
        self._begin()
        if not well:
            self._refuse(400)

    def _read(self, data: bytes) -> bool:
        """Parse what arrived; return whether it was HTTP."""
        self._unread += len(data)
        self._parsing = True
        try:
            self._parse(data)
        except httptools.HttpParserError:
            return False
        finally:
            self._parsing = False
        return True

    def _look_at_head(self, before: RequestResponseCycle | None) -> None:
        """Note whether a head has begun, and when; refuse one without an end."""
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

    def _idle(self) -> bool:
        """Return whether the next byte begins a request that nothing is before."""
        cycle = self.cycle
        return (
            self._unread == 0
            and not self._partial
            # One that was answered early has more of its body to come.
            and (cycle is None or (cycle.response_complete and not cycle.more_body))
            and not self.flow.write_paused
        )

    def _again(self, known: Known, body: bytes) -> None:
        """Answer a request whose head is known; nobody has parsed it."""
        again = self._known
        again.scope, again.keep_alive, again.response_complete = self.scope, True, False
        self.cycle, self._since = cast("RequestResponseCycle", again), None
        self.config.direct.again(
            known, body, self._host, self._answer_again, self.transport.is_closing
        )

    def _answer_again(self, answer: Answer, headers: Headers) -> None:
        # By now the connection's cycle may be that of a request behind this one.
        self._answer(cast("RequestResponseCycle", self._known), answer, headers)

    def _learn(self, data: bytes) -> None:
        """Remember the head of a request that arrived as a whole, and alone."""
        cycle = self.cycle
        if not cycle.more_body and cycle.keep_alive and not self.pipeline:
            known = self.config.direct.known(cast("Scope", cycle.scope))
            if known is not None:
                self.config.heads.learn(data, known)

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
        whole = not cycle.more_body and not self.flow.write_paused
        reply = partial(self._answer, cycle)
        if not whole or not self.config.direct.offer(
            cast("Scope", cycle.scope), bytes(cycle.body), reply, self.transport.is_closing
        ):
            HttpToolsProtocol._start_asgi_task(self, cycle, app)

    def _answer(self, cycle: RequestResponseCycle, answer: Answer, headers: Headers) -> None:
        """Send an answer as a whole, if somebody is left to read it."""
        if self.transport.is_closing():
            return
        default, keep = self.server_state.default_headers, cycle.keep_alive
        write = self.config.responses.of
        self.transport.write(write(answer, headers, default, keep_alive=keep))
        cycle.response_started = cycle.response_complete = True
        if not keep:
            self.transport.close()
        self.on_response_complete()

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
            self.parser = httptools.HttpRequestParser(Rest(self))
            self.parser.feed_data(b"POST / HTTP/1.1\r\n" + framing + b"\r\n" + rest)

    def on_headers_complete(self) -> None:
        """Begin to answer, with the headers so far: what a body has behind it are none."""
        if self.parser.get_http_version() not in _VERSIONS:
            raise ValueError("another version of HTTP")
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

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn's returns nothing
        """Keep the connection of a client that has said all, but was not answered yet."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body or self.pipeline:
            return False
        cycle.keep_alive = False
        return True

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
        answer = problem_answer(Problem(status, _TOLD[status]))
        headers = [(b"x-request-id", secrets.token_hex(8).encode())]
        default = self.server_state.default_headers
        write = self.config.responses.of
        self.transport.write(write(answer, headers, default, keep_alive=False))
        self._told, self._since = True, self.loop.time()
        # Closed on bytes that nobody reads, a connection loses the answer too.
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()
