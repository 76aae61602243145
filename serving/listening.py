"""The HTTP server of a worker: uvicorn's, with connections of our own."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, ClassVar

import uvicorn

from serving import logs
from serving.direct import Direct
from serving.heads import Heads
from serving.metrics import Metrics
from serving.responses import Responses
from serving.wire import LOOK_SECONDS, Protocol

_log = logging.getLogger("credence")


class Config(uvicorn.Config):
    """uvicorn's configuration, with what is ours put in the place of what it is given."""

    direct: ClassVar[Direct]
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
        self.heads, self.responses = Heads(), Responses()

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
            try:
                connection.look(now)
            except Exception as error:
                # One that fails must not keep those after it from being looked at.
                told = logs.event("look_failed", error=type(error).__name__, at=logs.where(error))
                _log.error("a connection could not be looked at", extra=told)


def install(direct: Direct, metrics: Metrics) -> None:
    """Have the server that this process makes next be ours: BentoML offers no other way.

    Parameters
    ----------
    direct : Direct
        What requests for scores are handed to.
    metrics : Metrics
        Where refused requests are counted.
    """
    Config.direct, Config.metrics = direct, metrics
    uvicorn.Config = Config  # type: ignore[misc]  # a class in the place of a class


def installed() -> bool:
    """Return whether a server was made by `Config`; False where BentoML makes it otherwise."""
    return Config.made
