"""A file of keys, a gate that follows it, and clocks that stand until they are moved."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from serving import key_file
from serving.admission import Admission
from serving.app import App
from serving.gate import LOOK_SECONDS, Gate
from serving.http import Message
from serving.keys import Key, made
from serving.metrics import Metrics
from serving.quotas import SECOND, Quotas
from serving.scopes import SCOPES, ScopeName
from serving.state import Snapshot, State

START = datetime(2031, 5, 1, 12, tzinfo=UTC)


class Clock:
    """A machine's two clocks."""

    def __init__(self) -> None:
        self.monotonic = 5_000 * SECOND
        self.now = START

    def move(self, seconds: float) -> None:
        """Let so much time pass."""
        self.monotonic += round(seconds * SECOND)
        self.now += timedelta(seconds=seconds)


def add(
    file: Path,
    *scopes: ScopeName,
    expires: datetime | None = None,
    per_minute: int = 600,
    burst: int = 100,
) -> tuple[Key, str]:
    """Put a new key into a file, for all scopes by default; return it and its text."""
    key, text = made(
        START, scopes=scopes or SCOPES, per_minute=per_minute, burst=burst, expires=expires
    )
    with key_file.changing(file) as held:
        held.append(key)
    return key, text


def bearing(text: str) -> dict[str, str]:
    """Return the header that presents a key."""
    return {"authorization": f"Bearer {text}"}


def scope_of(headers: Mapping[str, str], method: str = "GET", path: str = "/") -> dict[str, Any]:
    """Return an ASGI scope."""
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http", "method": method, "path": path, "headers": raw}


class Response(NamedTuple):
    """What an app answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def detail(self) -> str:
        """The sentence of a problem."""
        return str(json.loads(self.body)["detail"])


class Keyed:
    """An app without models whose gate follows a file of keys."""

    def __init__(
        self,
        file: Path,
        quotas: Quotas | None = None,
        *,
        keyed: bool = False,
        metrics: Metrics | None = None,
        admission: Admission | None = None,
    ) -> None:
        self.clock = Clock()
        self.gate = Gate(
            file,
            quotas or Quotas(clock=lambda: self.clock.monotonic),
            keyed=keyed,
            now=lambda: self.clock.now,
            clock=lambda: self.clock.monotonic,
        )
        self.app = App(
            State(Snapshot()),
            metrics or Metrics(),
            gate=self.gate,
            admission=admission,
            now=lambda: self.clock.now,
        )

    def look(self) -> None:
        """Let the time pass after which the file is looked at again."""
        self.clock.move(LOOK_SECONDS)

    def __call__(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        body: bytes = b"{}",
        **more: str,
    ) -> Response:
        """Return the answer to one request, with an empty object as its body if nothing is said."""
        return self.together(1, method, path, {**(headers or {}), **more}, body)[0]

    def together(
        self, n: int, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> list[Response]:
        """Return the answers to one request that is sent n times at once."""
        plain = {"host": "localhost", "content-type": "application/json"}
        scope = scope_of(plain | dict(headers), method, path)
        sent: list[list[Message]] = [[] for _ in range(n)]

        async def receive() -> Message:
            return {"type": "http.request", "body": body}

        async def one(told: list[Message]) -> None:
            async def send(message: Message) -> None:
                told.append(message)

            await self.app(dict(scope), receive, send)

        async def run() -> None:
            await asyncio.gather(*map(one, sent))

        asyncio.run(run())
        return [
            Response(
                start["status"],
                {name.decode(): value.decode() for name, value in start["headers"]},
                rest["body"],
            )
            for start, rest in sent
        ]
