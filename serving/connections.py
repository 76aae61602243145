"""HTTP/1.1 connections to one server, kept and reused, each read within a deadline."""

import io
import re
import socket
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.message import Message
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
    IncompleteRead,
)
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from features.errors import InputError
from serving.client_errors import AnswerError, TooSlowError, UnreachableError

_PATH = re.compile(r"[\x21-\x7e]*")


class Reply(NamedTuple):
    """A whole response."""

    status: int
    reason: str
    headers: Message
    body: bytes


class Asked(NamedTuple):
    """A request."""

    method: str
    path: str
    body: bytes | None
    headers: Mapping[str, str]


class _Timed(io.RawIOBase):
    """What a socket receives, each time waiting no longer than is left.

    Without it a server that sends a byte now and then would hold a call for ever.
    """

    def __init__(self, sock: socket.socket, left: Callable[[], float]) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._left = left

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the file that a response reads, as a socket does."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class Connections:
    """Connections to a server; any number of threads may ask at once.

    Parameters
    ----------
    url : str
        http or https, host, port, and a path where the service lies below one.
    kept : int
        How many are kept open while nothing is asked.
    context : ssl.SSLContext, optional
        For https; the system's authorities by default.

    Raises
    ------
    InputError
        For what is no such URL.
    """

    def __init__(self, url: str, kept: int, context: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        plain = parts.username is None and not parts.query and not parts.fragment
        plain = plain and bool(_PATH.fullmatch(parts.path))
        if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
            # Not the URL itself: there may be a password in it.
            raise InputError(
                "base_url: expected http://HOST:PORT or https://HOST, without user, query, fragment"
            )
        self._host, self._port, self._secure = parts.hostname, parts.port, parts.scheme == "https"
        self.prefix = parts.path.rstrip("/")
        self._context = context
        self._kept = kept
        self._idle: deque[HTTPConnection] = deque()

    def close(self) -> None:
        """Close what is idle now and, once it is answered, what is not."""
        self._kept = 0
        while self._idle:
            self._idle.pop().close()

    def ask(self, asked: Asked, left: Callable[[], float]) -> Reply:
        """Return the response to one request.

        Parameters
        ----------
        asked : Asked
            The request.
        left : callable
            Seconds until the response must be whole; raises TooSlowError once there are none.

        Raises
        ------
        UnreachableError, TooSlowError, AnswerError
            Where there is no response, not in time, or one that is not HTTP.
        """
        while (connection := self._idle_one()) is not None:
            # A server closes connections that were idle for long: that one is gone is no failure.
            with suppress(UnreachableError):
                return self._exchange(connection, asked, left)
        return self._exchange(self._new(left), asked, left)

    def _idle_one(self) -> HTTPConnection | None:
        # Between a look and a pop, another thread may be quicker.
        with suppress(IndexError):
            return self._idle.pop()
        return None

    def _new(self, left: Callable[[], float]) -> HTTPConnection:
        """Return a connection that is made."""
        connection = (
            HTTPSConnection(self._host, self._port, timeout=left(), context=self._context)
            if self._secure
            else HTTPConnection(self._host, self._port, timeout=left())
        )
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise UnreachableError(f"no connection to the server: {error}") from error
        return connection

    def _exchange(
        self, connection: HTTPConnection, asked: Asked, left: Callable[[], float]
    ) -> Reply:
        """Ask over a connection, and keep it if it can be used again."""
        whole = False
        try:
            reply = _reply(connection, asked, left)
            whole = True
        except TimeoutError as error:
            raise TooSlowError("the answer did not arrive in time") from error
        except (OSError, IncompleteRead) as error:
            raise UnreachableError(f"the connection broke: {type(error).__name__}") from error
        except HTTPException as error:
            raise AnswerError(f"the answer is no HTTP: {type(error).__name__}") from error
        finally:
            # The library has closed it already where the server said that it will.
            if whole and connection.sock is not None and len(self._idle) < self._kept:
                self._idle.append(connection)
            else:
                connection.close()
        return reply


def _reply(connection: HTTPConnection, asked: Asked, left: Callable[[], float]) -> Reply:
    """Send a request over a connection and read the whole response."""
    # The library asks no more of what it calls a socket than its makefile.
    connection.response_class = lambda sock, **options: HTTPResponse(  # type: ignore[assignment]
        _Timed(sock, left),  # type: ignore[arg-type]
        **options,
    )
    connection.sock.settimeout(left())
    connection.request(asked.method, asked.path, asked.body, dict(asked.headers))
    with connection.getresponse() as response:
        return Reply(response.status, response.reason, response.headers, response.read())
