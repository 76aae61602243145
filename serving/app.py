"""The ASGI app: it owns every path of the service, from the head of a request to its answer."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import TypeVar

import msgspec

from serving import answers, decode, docs_page, gauges, lookups, openapi
from serving.asked import Asked, failed
from serving.contract import Alive, ScoreRequest
from serving.cors import Cors
from serving.gate import Gate
from serving.http import (
    HTML,
    NO_CONTENT,
    Answer,
    Disconnected,
    Headers,
    Receive,
    Scope,
    Send,
    body_of,
    refuse_bad_head,
    refuse_other_than_plain_json,
    send_answer,
)
from serving.light import LIGHT_BYTES, is_light
from serving.metrics import Metrics
from serving.predictions import PredictionLog
from serving.problems import Problem
from serving.routes import METRICS_TYPE, Route, find
from serving.series import GONE
from serving.state import State, versions_header

T = TypeVar("T")
Handler = Callable[[bytes, str], Awaitable[Answer]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

MODELS = b"x-credence-models"
"""Header: which versions answered; without a score, those that would."""

SCORE = "/v1/score"
THREADS = 2
"""Requests that one worker works on at once off the event loop; the kernels release the lock."""

_log = logging.getLogger("credence")
_encode = msgspec.json.Encoder().encode


def _utc_now() -> datetime:
    return datetime.now(UTC)


class App:
    """The service as an ASGI application.

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
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._state = state
        self._gate = gate or Gate()
        self._cors = cors or Cors()
        self._metrics = metrics
        self._predictions = predictions
        self._now = now
        self._prefix, self._numbers = secrets.token_hex(4), count()
        self._pool = ThreadPoolExecutor(THREADS, "credence")
        self._handlers: Mapping[str, Handler] = {
            "score": self._score,
            "audit": self._audit,
            "creator": self._creator,
            "features": self._features,
            "models": self._models,
            "livez": self._livez,
            "readyz": self._readyz,
            "metrics": self._exposition,
            "openapi": self._openapi,
            "docs": self._docs,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
            return
        started, asked = self._begun(scope)
        try:
            try:
                answer = await self._answered(asked, receive)
            except Disconnected:
                asked.status = GONE
                return
            except Exception as error:
                answer = failed(error, asked)
            asked.status = answer.status
            headers = self._headers(asked, answer)
            await send_answer(send, answer, headers, without_body=asked.method == "HEAD")
        finally:
            self._metrics.ended(asked.route, asked.status, started)

    def at_once(self, scope: Scope, body: bytes) -> tuple[Answer, Headers] | Asgi | None:
        """Return answer and headers where a request for scores is here as a whole and is light.

        That spares such a request the way over a task of the event loop, which takes as long as
        its score.

        Parameters
        ----------
        scope : Scope
            The ASGI scope.
        body : bytes
            The whole body.

        Returns
        -------
        tuple of Answer and list of (bytes, bytes), or callable, or None
            What `__call__` would send; or what is to be called in its place, as the body was
            decoded already; None where it is to be called itself.
        """
        if scope["path"] != SCORE or scope["method"] != "POST" or len(body) > LIGHT_BYTES:
            return None
        started, asked = self._begun(scope)
        try:
            self._admit(asked)
            refuse_other_than_plain_json(asked.head)
            request = decode.score_request(body)
            if not is_light(request):
                return partial(self._rest, request, asked, started)
            answer = self._scored(request)
        except Exception as error:
            answer = failed(error, asked)
        headers = self._headers(asked, answer)
        self._metrics.ended(asked.route, answer.status, started)
        return answer, headers

    async def _rest(
        self,
        request: ScoreRequest,
        asked: Asked,
        started: int,
        _scope: Scope,
        _receive: Receive,
        send: Send,
    ) -> None:
        """Answer a request that was decoded and is not light."""
        try:
            try:
                answer = await self._aside(self._scored, request)
            except Exception as error:
                answer = failed(error, asked)
            asked.status = answer.status
            await send_answer(send, answer, self._headers(asked, answer))
        finally:
            self._metrics.ended(asked.route, asked.status, started)

    def _begun(self, scope: Scope) -> tuple[int, Asked]:
        """Count a request and read its head."""
        return self._metrics.began(), Asked(scope, f"{self._prefix}{next(self._numbers):08x}")

    def _headers(self, asked: Asked, answer: Answer) -> Headers:
        """Return the headers that every answer has."""
        models = answer.models or self._state.now.models.header
        headers = [(b"x-request-id", asked.name.encode()), (MODELS, models)]
        return headers + self._cors.headers(asked.head)

    def close(self) -> None:
        """Write what is still kept in memory."""
        self._state.close()
        if self._predictions is not None:
            self._predictions.close()

    async def _answered(self, asked: Asked, receive: Receive) -> Answer:
        """Return the answer of the route that the request names."""
        route, parameter = self._admit(asked)
        if asked.method == "OPTIONS":
            told = self._cors.preflight(asked.head, route.allow)
            return Answer(NO_CONTENT, b"", headers={"allow": route.allow, **told})
        body = b""
        if route.request is not None:
            refuse_other_than_plain_json(asked.head)
            body = await body_of(asked.head, receive)
        return await self._handlers[route.name](body, parameter)

    def _admit(self, asked: Asked) -> tuple[Route, str]:
        """Return route and parameter of a request that may be answered."""
        refuse_bad_head(asked.head, loopback_only=not self._gate.keyed())
        found = find(asked.path)
        if found is None:
            raise Problem(404, "no such path: see /openapi.json")
        route = found[0]
        asked.route = route.path
        if asked.method not in route.methods:
            raise Problem(405, f"this path answers {route.allow}", headers={"allow": route.allow})
        # What a browser asks first never carries a key.
        if asked.method != "OPTIONS":
            self._gate.admit(asked.head, route.scope)
        return found

    async def _score(self, body: bytes, _: str) -> Answer:
        if len(body) > LIGHT_BYTES:
            request = await self._aside(decode.score_request, body)
        else:
            request = decode.score_request(body)
        if is_light(request):
            return self._scored(request)
        return await self._aside(self._scored, request)

    def _scored(self, request: ScoreRequest) -> Answer:
        # One read of the state: every creator of a response sees the same versions.
        now = self._now()
        made = answers.score(self._state.now, request, now)
        for group, conversion in made.groups:
            probabilities = None if conversion is None else conversion.probability.tolist()
            self._metrics.scored(
                made.models.versions, group.risks, group.levels, probabilities, group.missing
            )
        if self._predictions is not None:
            self._predictions.add(request, made, now)
        return Answer(200, _encode(made.answer), models=made.models.header)

    async def _audit(self, body: bytes, _: str) -> Answer:
        return await self._aside(self._audited, body)

    def _audited(self, body: bytes) -> Answer:
        answer = answers.audit(self._state.now, decode.audit_request(body))
        versions = {answers.ACCOUNTS: answer.version}
        self._metrics.predictions(versions, {answers.ACCOUNTS: answer.n})
        return Answer(200, _encode(answer), models=versions_header(versions))

    async def _creator(self, _: bytes, creator_id: str) -> Answer:
        return _ok(lookups.creator(self._state.now, creator_id, self._now()))

    async def _features(self, _body: bytes, _: str) -> Answer:
        return _ok(lookups.features())

    async def _models(self, _body: bytes, _: str) -> Answer:
        return _ok(lookups.models(self._state.now))

    async def _livez(self, _body: bytes, _: str) -> Answer:
        return _ok(Alive("alive"))

    async def _readyz(self, _body: bytes, _: str) -> Answer:
        ready = lookups.readiness(self._state.now, keys_refused=self._gate.refused)
        return Answer(200 if ready.status == lookups.READY else 503, _encode(ready))

    async def _exposition(self, _body: bytes, _: str) -> Answer:
        text = await self._aside(self._metrics.text, gauges.of(self._state.now, self._now()))
        return Answer(200, text, media_type=METRICS_TYPE)

    async def _openapi(self, _body: bytes, _: str) -> Answer:
        return Answer(200, await self._aside(openapi.document, self._gate.keyed()))

    async def _docs(self, _body: bytes, _: str) -> Answer:
        page = await self._aside(docs_page.page)
        return Answer(200, page, media_type=HTML, headers=docs_page.HEADERS)

    async def _aside(self, work: Callable[..., T], *arguments: object) -> T:
        """Do work of more than a few milliseconds off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)


def _ok(body: msgspec.Struct) -> Answer:
    return Answer(200, _encode(body))
