"""The edge: what a request must look like before its body is read, and how answers are sent."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from serving.contract import MOST_BYTES
from serving.problems import MEDIA_TYPE, Problem

# The callables and dictionaries of the ASGI specification, which types nothing closer.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

JSON = "application/json"
HTML = "text/html; charset=utf-8"
OK = 200
NO_CONTENT = 204
BODY_SECONDS = 10.0
DISCARD_SECONDS = 2.0
DISCARDED_BYTES = 8 * MOST_BYTES
MOST_HEADERS = 100
MOST_HEADER_BYTES = 32 * 2**10

ALWAYS: Headers = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
"""Headers of every answer that are the same in each."""
_LOOPBACK = re.compile(rb"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
_JSON_TYPE = re.compile(rb'application/json(?:\s*;\s*charset=(?:utf-8|"utf-8"))?\s*', re.IGNORECASE)
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")


class Disconnected(Exception):  # noqa: N818 (no error: nobody is left to answer)
    """The client went away before its request was whole."""


class Answer(NamedTuple):
    """A response that is ready to be sent; `models` names the versions that made it."""

    status: int
    body: bytes
    media_type: str = JSON
    headers: Mapping[str, str] = MappingProxyType({})
    models: bytes | None = None


def problem_answer(problem: Problem) -> Answer:
    """Return the answer that tells of `problem`.

    Parameters
    ----------
    problem : Problem
        What went wrong.
    """
    body = msgspec.json.encode(problem.body())
    return Answer(problem.status, body, MEDIA_TYPE, problem.headers)


class Head:
    """The headers of a request, read once.

    Parameters
    ----------
    scope : Scope
        The ASGI scope; it gives names in lower case.
    """

    __slots__ = ("_repeated", "_values", "count", "size")

    def __init__(self, scope: Scope) -> None:
        self.size = len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"")
        self.count = len(scope["headers"])
        self._values: dict[bytes, bytes] = {}
        self._repeated: set[bytes] = set()
        for name, value in scope["headers"]:
            self.size += len(name) + len(value)
            if name in self._values:
                self._repeated.add(name)
            self._values[name] = value

    def has(self, name: bytes) -> bool:
        """Return whether a header is there at all."""
        return name in self._values

    def only(self, name: bytes) -> bytes | None:
        """Return the value of a header that is there once, None for any other."""
        return None if name in self._repeated else self._values.get(name)


def given_id(head: Head) -> str | None:
    """Return the request's own X-Request-Id where it is harmless.

    Parameters
    ----------
    head : Head
        Its headers.
    """
    given = head.only(b"x-request-id")
    return given.decode() if given is not None and _REQUEST_ID.fullmatch(given) else None


@lru_cache(64)
def _is_loopback(host: bytes) -> bool:
    return _LOOPBACK.fullmatch(host) is not None


@lru_cache(64)
def _is_json(kind: bytes) -> bool:
    return _JSON_TYPE.fullmatch(kind) is not None


def refuse_bad_head(head: Head, *, loopback_only: bool = True) -> None:
    """Raise where the request's head alone is reason to refuse it.

    A page of another site may make a browser send requests to a name of its own that resolves to
    this machine: only a Host that says loopback is answered. No such page knows a key.

    Parameters
    ----------
    head : Head
        Its headers.
    loopback_only : bool
        Whether the Host must be loopback, as it must where no key is asked for.

    Raises
    ------
    Problem
        421 for a Host that is not loopback or not one, 431 for too many headers or too large ones.
    """
    if head.count > MOST_HEADERS or head.size > MOST_HEADER_BYTES:
        raise Problem(
            431, f"at most {MOST_HEADERS} headers and {MOST_HEADER_BYTES} bytes of them are read"
        )
    host = head.only(b"host")
    if host is None:
        raise Problem(421, "send one Host")
    if loopback_only and not _is_loopback(host):
        raise Problem(
            421, "this server answers to loopback only: use 127.0.0.1, localhost or [::1]"
        )


def refuse_other_than_plain_json(head: Head) -> None:
    """Raise where the body is declared as anything but uncompressed JSON.

    Parameters
    ----------
    head : Head
        The request's headers.

    Raises
    ------
    Problem
        415.
    """
    if head.has(b"content-encoding"):
        raise Problem(415, "send the body without a Content-Encoding")
    if head.has(b"transfer-encoding"):
        coding = head.only(b"transfer-encoding")
        if coding is None or coding.strip().lower() != b"chunked":
            raise Problem(415, "send the body without a Transfer-Encoding, or chunked")
    kind = head.only(b"content-type")
    if kind is None or not _is_json(kind):
        raise Problem(415, f"send {JSON} with that Content-Type", headers={"accept-post": JSON})


def _unbounded(_: int) -> None:
    """Hold any number of bytes."""


async def body_of(
    head: Head,
    receive: Receive,
    hold: Callable[[int], None] = _unbounded,
    seconds: float = BODY_SECONDS,
) -> bytes:
    """Return the whole body.

    Parameters
    ----------
    head : Head
        The request's headers.
    receive : Receive
        The ASGI channel.
    hold : callable
        Told of the bytes that arrived; raises a Problem where they are too many at once.
    seconds : float
        How long the client may take to send it.

    Raises
    ------
    Problem
        413 over the limit of bytes, 408 where it does not arrive in time.
    Disconnected
        Where the client leaves first.
    """
    declared = head.only(b"content-length")
    if declared is not None and declared.isdigit() and int(declared[:20]) > MOST_BYTES:
        await _discard(receive)
        raise _too_large()
    try:
        async with asyncio.timeout(seconds):
            return await _read(receive, hold)
    except TimeoutError:
        raise Problem(
            408, f"the body did not arrive within {seconds:g} s", headers={"connection": "close"}
        ) from None


async def _discard(receive: Receive) -> None:
    """Read a bounded rest away: closed on unread bytes, a connection loses the answer too."""
    left = DISCARDED_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(DISCARD_SECONDS):
            while left > 0:
                message = await receive()
                if not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))


async def _read(receive: Receive, hold: Callable[[int], None]) -> bytes:
    """Return the body, counting what arrives."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MOST_BYTES:
            await _discard(receive)
            raise _too_large()
        hold(len(chunk))
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large() -> Problem:
    return Problem(413, f"a body has at most {MOST_BYTES} bytes")


async def send_answer(
    send: Send, answer: Answer, headers: Headers, *, without_body: bool = False
) -> None:
    """Send `answer`.

    Parameters
    ----------
    send : Send
        The ASGI channel.
    answer : Answer
        What to send.
    headers : list of (bytes, bytes)
        Headers of every answer.
    without_body : bool
        Leave out the body, as the answer to HEAD does.
    """
    start = {"type": "http.response.start", "status": answer.status}
    await send({**start, "headers": raw_headers(answer, headers)})
    await send({"type": "http.response.body", "body": b"" if without_body else answer.body})


def raw_headers(answer: Answer, headers: Headers) -> Headers:
    """Return all headers of an answer.

    Parameters
    ----------
    answer : Answer
        What is sent.
    headers : list of (bytes, bytes)
        Headers of every answer.
    """
    raw = [*headers, *ALWAYS]
    for name, value in answer.headers.items():
        raw.append((name.encode("latin-1"), value.encode("latin-1")))
    # What has no content says nothing of it.
    if answer.status != NO_CONTENT:
        raw.append((b"content-type", answer.media_type.encode()))
        raw.append((b"content-length", b"%d" % len(answer.body)))
    return raw
