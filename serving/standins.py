"""What uvicorn is given in the place of its own where a request goes another way."""

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving.wire import Protocol


class Again:
    """What uvicorn asks of the request that is being answered, of one that it did not parse."""

    __slots__ = ("disconnected", "keep_alive", "response_complete", "response_started", "scope")

    more_body = False
    message_event = asyncio.Event()

    scope: Any
    keep_alive: bool
    response_complete: bool
    response_started: bool
    disconnected: bool


class Rest:
    """Hears of what comes behind the head of a request, and of nothing after it."""

    def __init__(self, protocol: "Protocol") -> None:
        self.on_body = protocol.on_body
        self.on_message_complete = protocol.on_message_complete
