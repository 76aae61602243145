"""The ASGI app: it owns every path of the service, from the head of a request to its answer."""

import asyncio
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from serving.admission import Admission, Done, Outcome
from serving.asked import Asked, failed
from serving.cors import Cors
from serving.direct import Direct
from serving.endpoints import Endpoints
from serving.gate import Gate
from serving.http import (
    NO_CONTENT,
    Answer,
    Disconnected,
    Receive,
    Scope,
    Send,
    body_of,
    refuse_other_than_plain_json,
    send_answer,
)
from serving.light import LIGHT_BYTES
from serving.metrics import Metrics
from serving.predictions import PredictionLog
from serving.problems import Problem
from serving.reception import Reception
from serving.series import GONE
from serving.state import State

T = TypeVar("T")
Work = Callable[[], T]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class App:
    """The service as an ASGI application; `direct` answers what need not go through ASGI.

    Parameters
    ----------
    state : State
        Models and store.
    metrics : Metrics
        Where requests are counted.
    predictions : PredictionLog, optional
        Where scores are kept.
    gate : Gate, optional
        Who may pass; everyone on this machine by default.
    cors : Cors, optional
        Which pages of other origins may read answers; none by default.
    admission : Admission, optional
        How many requests wait, and which.
    now : callable
        The clock.
    """

    def __init__(
        self,
        state: State,
        metrics: Metrics,
        predictions: PredictionLog | None = None,
        *,
        gate: Gate | None = None,
        cors: Cors | None = None,
        admission: Admission | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._state = state
        self._predictions = predictions
        gate = gate or Gate()
        self._reception = Reception(state, metrics, gate, cors or Cors())
        self._admission = admission or Admission()
        self._endpoints = ours = Endpoints(state, metrics, predictions, gate, now)
        self.direct = Direct(self._reception, self._admission, ours)
        # What a monitor asks is answered whatever else waits: at once, or in a thread of its own.
        self._monitors = ThreadPoolExecutor(1, "monitor")
        self._at_once: Mapping[str, Work[Answer]] = {
            "features": ours.features,
            "models": ours.models,
            "livez": ours.livez,
            "readyz": ours.readyz,
        }
        self._in_thread: Mapping[str, Work[Answer]] = {
            "metrics": ours.metrics,
            "openapi": ours.openapi,
            "docs": ours.docs,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
            return
        started, asked = self._reception.begin(scope)
        try:
            try:
                answer = await self._answered(asked, receive)
            except Disconnected:
                asked.status = GONE
                return
            except asyncio.CancelledError:
                # Only a server that ends, and has waited long enough, cancels what it answers.
                answer = failed(_ending(), asked)
            except Exception as error:
                answer = failed(error, asked)
            asked.status = answer.status
            headers = self._reception.headers(asked, answer)
            await send_answer(send, answer, headers, without_body=asked.method == "HEAD")
        finally:
            self._reception.metrics.ended(asked.route, asked.status, started)

    def close(self) -> None:
        """Write what is still kept in memory."""
        self._state.close()
        if self._predictions is not None:
            self._predictions.close()

    async def _answered(self, asked: Asked, receive: Receive) -> Answer:
        """Return the answer of the route that the request names."""
        route, parameter = self._reception.admit(asked)
        name = route.name
        if asked.method == "OPTIONS":
            told = self._reception.cors.preflight(asked.head, route.allow)
            return Answer(NO_CONTENT, b"", headers={"allow": route.allow, **told})
        if name in self._at_once:
            return self._at_once[name]()
        if name in self._in_thread:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._monitors, self._in_thread[name])
        if route.request is None:
            work = partial(self._endpoints.creator, parameter)
            return await _outcome(partial(self._admission.soon, asked.client, work))
        return await self._of_body(name, asked, receive)

    async def _of_body(self, name: str, asked: Asked, receive: Receive) -> Answer:
        """Return the answer of a route that reads a body."""
        refuse_other_than_plain_json(asked.head)
        with self._admission.arriving() as hold:
            body = await body_of(asked.head, receive, hold)
            if name == "audit":
                return await self._aside(asked.client, partial(self._endpoints.audit, body))
            if len(body) > LIGHT_BYTES:
                return await self._aside(asked.client, partial(self._endpoints.score_body, body))
            return await _outcome(partial(self.direct.score, asked.client, body))

    async def _aside(self, client: Hashable, work: Work[Answer]) -> Answer:
        return await _outcome(partial(self._admission.aside, client, work))


def _ending() -> Problem:
    return Problem(503, "this server ends: ask again", headers={"retry-after": "1"})


async def _outcome(begin: Callable[[Done[T]], None]) -> T:
    """Return what comes of work that tells so when it is done."""
    future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    begin(partial(_settle, future))
    return await future


def _settle(future: "asyncio.Future[T]", outcome: Outcome[T]) -> None:
    if future.cancelled():
        return
    try:
        future.set_result(outcome())
    except Exception as error:
        future.set_exception(error)
