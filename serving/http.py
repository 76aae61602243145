"""The edge: what a request must look like before its body is read, and how answers are sent."""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec

from serving.contract import MOST_BYTES
from serving.problems import MEDIA_TYPE, Problem

# The callables and dictionaries of the ASGI specification, which types nothing closer.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JSON = "application/json"
HTML = "text/html; charset=utf-8"
NO_CONTENT = 204
BODY_SECONDS = 10.0
DISCARD_SECONDS = 2.0
DISCARDED_BYTES = 8 * MOST_BYTES
MOST_HEADERS = 100
MOST_HEADER_BYTES = 32 * 2**10

_LOOPBACK = re.compile(rb"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
_JSON_TYPE = re.compile(rb'application/json(?:\s*;\s*charset="?utf-8"?)?\s*', re.IGNORECASE)
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")


class Disconnected(Exception):  # noqa: N818 (no error: nobody is left to answer)
    """The client went away before its request was whole."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response that is ready to be sent."""

    status: int
    body: bytes
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def problem_answer(problem: Problem) -> Answer:
    """Return the answer that tells of `problem`.

    Parameters
    ----------
    problem : Problem
        What went wrong.
    """
    return Answer(problem.status, msgspec.json.encode(problem.body()), MEDIA_TYPE, problem.headers)


def request_id(scope: Scope) -> str:
    """Return the request's own X-Request-Id where it is harmless, else a new one.

    Parameters
    ----------
    scope : Scope
        The ASGI scope.
    """
    given = _values(scope, b"x-request-id")
    if len(given) == 1 and _REQUEST_ID.fullmatch(given[0]):
        return given[0].decode()
    return secrets.token_hex(8)


def refuse_bad_head(scope: Scope, *, loopback_only: bool = True) -> None:
    """Raise where the request's head alone is reason to refuse it.

    A page of another site may make a browser send requests to a name of its own that resolves to
    this machine: only a Host that says loopback is answered. No such page knows a key.

    Parameters
    ----------
    scope : Scope
        The ASGI scope.
    loopback_only : bool
        Whether the Host must be loopback, as it must where no key is asked for.

    Raises
    ------
    Problem
        421 for a Host that is not loopback or not one, 431 for too many headers or too large ones.
    """
    headers = scope["headers"]
    size = len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"")
    size += sum(len(name) + len(value) for name, value in headers)
    if len(headers) > MOST_HEADERS or size > MOST_HEADER_BYTES:
        raise Problem(
            431, f"at most {MOST_HEADERS} headers and {MOST_HEADER_BYTES} bytes of them are read"
        )
    hosts = _values(scope, b"host")
    if len(hosts) != 1:
        raise Problem(421, "send one Host")
    if loopback_only and not _LOOPBACK.fullmatch(hosts[0]):
        raise Problem(
            421, "this server answers to loopback only: use 127.0.0.1, localhost or [::1]"
        )


def refuse_other_than_plain_json(scope: Scope) -> None:
    """Raise where the body is declared as anything but uncompressed JSON.

    Parameters
    ----------
    scope : Scope
        The ASGI scope.

    Raises
    ------
    Problem
        415.
    """
    if _values(scope, b"content-encoding"):
        raise Problem(415, "send the body without a Content-Encoding")
    kinds = _values(scope, b"content-type")
    if len(kinds) != 1 or not _JSON_TYPE.fullmatch(kinds[0]):
        raise Problem(415, f"send {JSON} with that Content-Type", headers={"accept-post": JSON})


async def body_of(scope: Scope, receive: Receive, seconds: float = BODY_SECONDS) -> bytes:
    """Return the whole body.

    Parameters
    ----------
    scope : Scope
        The ASGI scope.
    receive : Receive
        The ASGI channel.
    seconds : float
        How long the client may take to send it.

    Raises
    ------
    Problem
        413 over the limit of bytes, 408 where it does not arrive in time.
    Disconnected
        Where the client leaves first.
    """
    declared = _values(scope, b"content-length")
    if declared and declared[0].isdigit() and int(declared[0][:20]) > MOST_BYTES:
        await _discard(receive)
        raise _too_large()
    try:
        async with asyncio.timeout(seconds):
            return await _read(receive)
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


async def _read(receive: Receive) -> bytes:
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
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large() -> Problem:
    return Problem(413, f"a body has at most {MOST_BYTES} bytes")


def _values(scope: Scope, name: bytes) -> list[bytes]:
    """Return every value of a header; ASGI gives names in lower case."""
    return [value for key, value in scope["headers"] if key == name]


async def send_answer(
    send: Send, answer: Answer, headers: Mapping[str, str], *, head: bool = False
) -> None:
    """Send `answer`.

    Parameters
    ----------
    send : Send
        The ASGI channel.
    answer : Answer
        What to send.
    headers : mapping
        Headers of every answer.
    head : bool
        Leave out the body, as the answer to HEAD does.
    """
    # What has no content says nothing of it.
    content = (
        {}
        if answer.status == NO_CONTENT
        else {"content-type": answer.media_type, "content-length": str(len(answer.body))}
    )
    pairs = {
        **content,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        **headers,
        **answer.headers,
    }
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})
