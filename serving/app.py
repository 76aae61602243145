"""The ASGI app: it owns every path of the service, from the head of a request to its answer."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from serving import answers, decode, docs_page, lookups, openapi
from serving.contract import Alive, ScoreRequest
from serving.cors import Cors
from serving.gate import Gate
from serving.http import (
    HTML,
    NO_CONTENT,
    Answer,
    Disconnected,
    Receive,
    Scope,
    Send,
    body_of,
    problem_answer,
    refuse_bad_head,
    refuse_other_than_plain_json,
    request_id,
    send_answer,
)
from serving.metrics import Metrics, Outcome
from serving.predictions import PredictionLog
from serving.problems import Problem
from serving.routes import Route, find
from serving.state import State

T = TypeVar("T")
Handler = Callable[[bytes, str], Awaitable[Answer]]

MODELS = "x-credence-models"
"""Header: which versions answered; without a score, those that would."""

LIGHT_BYTES = 64 * 2**10
"""Larger bodies are decoded off the event loop."""
LIGHT_CREATORS = 8
"""More creators are scored off the event loop, as is any history and any reason."""
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
        headers = {"x-request-id": request_id(scope), **self._cors.headers(scope)}
        with self._metrics.request() as outcome:
            try:
                answer = await self._answered(scope, receive, outcome)
            except Disconnected:
                outcome.status = 499
                return
            except Problem as problem:
                answer = problem_answer(problem)
            except Exception as error:
                _log_crash(error, headers["x-request-id"])
                answer = problem_answer(Problem(500, "the service failed; its log has more"))
            outcome.status = answer.status
            headers[MODELS] = versions_header(self._state.now.models.versions)
            await send_answer(send, answer, headers, head=scope["method"] == "HEAD")

    def close(self) -> None:
        """Write what is still kept in memory."""
        self._state.close()
        if self._predictions is not None:
            self._predictions.close()

    async def _answered(self, scope: Scope, receive: Receive, outcome: Outcome) -> Answer:
        """Return the answer of the route that the request names."""
        refuse_bad_head(scope, loopback_only=not self._gate.keyed())
        found = find(scope["path"])
        if found is None:
            raise Problem(404, "no such path: see /openapi.json")
        route, parameter = found
        outcome.route = route.path
        if scope["method"] not in route.allow.split(", "):
            raise Problem(405, f"this path answers {route.allow}", headers={"allow": route.allow})
        if scope["method"] == "OPTIONS":
            # Before the gate: what a browser asks first never carries a key.
            told = self._cors.preflight(scope, route.allow)
            return Answer(NO_CONTENT, b"", headers={"allow": route.allow, **told})
        self._gate.admit(scope, route.scope)
        return await self._handlers[route.name](await _body(scope, receive, route), parameter)

    async def _score(self, body: bytes, _: str) -> Answer:
        if len(body) > LIGHT_BYTES:
            request = await self._aside(decode.score_request, body)
        else:
            request = decode.score_request(body)
        if _is_light(request):
            return self._scored(request)
        return await self._aside(self._scored, request)

    def _scored(self, request: ScoreRequest) -> Answer:
        # One read of the state: every creator of a response sees the same versions.
        now = self._now()
        answer, counts = answers.score(self._state.now, request, now)
        self._metrics.predictions(answer.models, counts)
        if self._predictions is not None:
            self._predictions.add(request, answer, now)
        header = {MODELS: versions_header(answer.models)}
        return Answer(200, _encode(answer), headers=header)

    async def _audit(self, body: bytes, _: str) -> Answer:
        return await self._aside(self._audited, body)

    def _audited(self, body: bytes) -> Answer:
        answer = answers.audit(self._state.now, decode.audit_request(body))
        versions = {answers.ACCOUNTS: answer.version}
        self._metrics.predictions(versions, {answers.ACCOUNTS: answer.n})
        header = {MODELS: versions_header(versions)}
        return Answer(200, _encode(answer), headers=header)

    async def _creator(self, _: bytes, creator_id: str) -> Answer:
        return _ok(lookups.creator(self._state.now, creator_id, self._now()))

    async def _features(self, _body: bytes, _: str) -> Answer:
        return _ok(lookups.features())

    async def _models(self, _body: bytes, _: str) -> Answer:
        return _ok(lookups.models(self._state.now))

    async def _livez(self, _body: bytes, _: str) -> Answer:
        return _ok(Alive("alive"))

    async def _readyz(self, _body: bytes, _: str) -> Answer:
        ready = lookups.readiness(self._state.now)
        return Answer(200 if ready.status == lookups.READY else 503, _encode(ready))

    async def _exposition(self, _body: bytes, _: str) -> Answer:
        text = await self._aside(self._metrics.text)
        return Answer(200, text, media_type=find("/metrics")[0].media_type)  # type: ignore[index]

    async def _openapi(self, _body: bytes, _: str) -> Answer:
        return Answer(200, await self._aside(openapi.document, self._gate.keyed()))

    async def _docs(self, _body: bytes, _: str) -> Answer:
        page = await self._aside(docs_page.page)
        return Answer(200, page, media_type=HTML, headers=docs_page.HEADERS)

    async def _aside(self, work: Callable[..., T], *arguments: object) -> T:
        """Do work of more than a few milliseconds off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)


async def _body(scope: Scope, receive: Receive, route: Route) -> bytes:
    """Return the body where the route reads one."""
    if route.request is None:
        return b""
    refuse_other_than_plain_json(scope)
    return await body_of(scope, receive)


def _is_light(request: ScoreRequest) -> bool:
    return (
        len(request.creators) <= LIGHT_CREATORS
        and not request.reasons
        and all(creator.history is None for creator in request.creators)
    )


def _ok(body: msgspec.Struct) -> Answer:
    return Answer(200, _encode(body))


def versions_header(versions: Mapping[str, str]) -> str:
    """Return the value of X-Credence-Models.

    Parameters
    ----------
    versions : mapping of str to str
        Version of each model.
    """
    return ", ".join(f"{name}={version}" for name, version in sorted(versions.items()))


def _log_crash(error: Exception, request: str) -> None:
    """Log where it failed; the message of an exception may hold what was sent."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    _log.error("request %s failed: %s\n%s", request, type(error).__name__, frames)
