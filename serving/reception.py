"""Reception: what every request goes through before its answer is made, and what each one gets."""

import secrets
from itertools import count

from serving.asked import Asked
from serving.cors import Cors
from serving.gate import Gate, presented_by
from serving.http import Answer, Head, Headers, Scope, refuse_bad_head
from serving.metrics import Metrics
from serving.problems import Problem
from serving.routes import Route, find
from serving.state import State

MODELS = b"x-credence-models"
"""Header: which versions answered; without a score, those that would."""


class Reception:
    """The way in and out of a worker.

    Parameters
    ----------
    state : State
        Models and store.
    metrics : Metrics
        Where requests are counted.
    gate : Gate
        Who may pass.
    cors : Cors
        Which pages of other origins may read answers.
    """

    def __init__(self, state: State, metrics: Metrics, gate: Gate, cors: Cors) -> None:
        self.metrics, self.gate, self.cors = metrics, gate, cors
        self._state = state
        self._prefix, self._numbers = secrets.token_hex(4), count()

    def number(self) -> str:
        """Return a name for a request that has none."""
        return f"{self._prefix}{next(self._numbers):08x}"

    def begin(self, scope: Scope) -> tuple[int, Asked]:
        """Count a request and read its head; return when it began, too."""
        return self.metrics.began(), Asked.of(scope, self.number())

    def admit(self, asked: Asked) -> tuple[Route, str]:
        """Return route and parameter of a request that may be answered.

        Parameters
        ----------
        asked : Asked
            Is told its route, and whose key it has.

        Raises
        ------
        Problem
            Where it may not.
        """
        self.refuse_bad_head(asked.head)
        found = find(asked.path)
        if found is None:
            raise Problem(404, "no such path: see /openapi.json")
        route = found[0]
        asked.route = route.path
        if asked.method not in route.methods:
            raise Problem(405, f"this path answers {route.allow}", headers={"allow": route.allow})
        # What a browser asks first never carries a key.
        if asked.method != "OPTIONS":
            key = presented_by(asked.head)
            asked.client = self.gate.admit(key, route.scope) or asked.client
        return found

    def refuse_bad_head(self, head: Head) -> None:
        """Raise where a head alone is reason to refuse its request."""
        refuse_bad_head(head, loopback_only=not self.gate.keyed())

    def headers(self, asked: Asked, answer: Answer) -> Headers:
        """Return the headers that every answer has."""
        models = answer.models or self._state.now.models.header
        headers = [(b"x-request-id", asked.name.encode()), (MODELS, models)]
        return headers + self.cors.headers(asked.head)
