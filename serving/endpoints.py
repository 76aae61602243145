"""What each route answers, once a request was admitted and it is its turn."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from serving import answers, decode, docs_page, gauges, lookups, openapi
from serving.contract import Alive, ScoreRequest
from serving.gate import Gate
from serving.http import HTML, Answer
from serving.metrics import Metrics
from serving.predictions import PredictionLog
from serving.routes import METRICS_TYPE
from serving.state import State, versions_header

_encode = msgspec.json.Encoder().encode


class Endpoints:
    """The answers of a worker.

    Parameters
    ----------
    state : State
        Models and store.
    metrics : Metrics
        Where scores are counted.
    predictions : PredictionLog or None
        Where scores are kept.
    gate : Gate
        Says whether keys are asked for.
    now : callable
        The clock.
    """

    def __init__(
        self,
        state: State,
        metrics: Metrics,
        predictions: PredictionLog | None,
        gate: Gate,
        now: Callable[[], datetime],
    ) -> None:
        self._state = state
        self._metrics = metrics
        self._predictions = predictions
        self._gate = gate
        self._now = now

    def score(self, request: ScoreRequest, *, prompt: bool = False) -> Answer:
        """Answer /v1/score; raise `TakesLong` where an event loop waits and it takes long."""
        # One read of the state: every creator of a response sees the same versions.
        now = self._now()
        made = answers.score(self._state.now, request, now, prompt=prompt)
        for group, conversion in made.groups:
            probabilities = None if conversion is None else conversion.probability.tolist()
            self._metrics.scored(
                made.models.versions, group.risks, group.levels, probabilities, group.missing
            )
        if self._predictions is not None:
            self._predictions.add(request, made, now)
        return Answer(200, _encode(made.answer), models=made.models.header)

    def score_body(self, body: bytes) -> Answer:
        """Answer /v1/score from a body that is long to decode."""
        return self.score(decode.score_request(body))

    def audit(self, body: bytes) -> Answer:
        """Answer /v1/audit."""
        answer = answers.audit(self._state.now, decode.audit_request(body))
        versions = {answers.ACCOUNTS: answer.version}
        self._metrics.predictions(versions, {answers.ACCOUNTS: answer.n})
        return Answer(200, _encode(answer), models=versions_header(versions))

    def creator(self, creator_id: str) -> Answer:
        """Answer /v1/creators/{creator_id}."""
        return _ok(lookups.creator(self._state.now, creator_id, self._now()))

    def features(self) -> Answer:
        """Answer /v1/features."""
        return _ok(lookups.features())

    def models(self) -> Answer:
        """Answer /v1/models."""
        return _ok(lookups.models(self._state.now))

    def livez(self) -> Answer:
        """Answer /livez."""
        return _ok(Alive("alive"))

    def readyz(self) -> Answer:
        """Answer /readyz."""
        ready = lookups.readiness(self._state.now, keys_refused=self._gate.refused)
        return Answer(200 if ready.status == lookups.READY else 503, _encode(ready))

    def metrics(self) -> Answer:
        """Answer /metrics."""
        text = self._metrics.text(gauges.of(self._state.now, self._now()))
        return Answer(200, text, media_type=METRICS_TYPE)

    def openapi(self) -> Answer:
        """Answer /openapi.json."""
        return Answer(200, openapi.document(self._gate.keyed()))

    def docs(self) -> Answer:
        """Answer /docs."""
        return Answer(200, docs_page.page(), media_type=HTML, headers=docs_page.HEADERS)


def _ok(body: msgspec.Struct) -> Answer:
    return Answer(200, _encode(body))
