"""An app in process and a client of it."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from serving.app import App
from serving.metrics import Metrics
from serving.state import State

NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)


class Client:
    """An app of its own, asked in process."""

    def __init__(self) -> None:
        self.state = State.load()
        self._app = App(self.state, Metrics(), now=lambda: NOW)

    def __call__(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Return the answer to one request."""

        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as one:
                return await one.request(method, path, json=body)

        return asyncio.run(run())

    def score(self, creators: Iterable[Mapping[str, object]], **fields: object) -> dict[str, Any]:
        """Return the answer to a request that is answered."""
        answer = self("POST", "/v1/score", {"creators": list(creators), **fields})
        assert answer.status_code == 200, answer.text
        decoded: dict[str, Any] = answer.json()
        return decoded
