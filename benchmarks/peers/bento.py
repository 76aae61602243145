"""BentoML as documented: a service with an API of pydantic types, and `Booster.predict`."""

import bentoml

from benchmarks.peers.models import Answer, Asked, Predictor


@bentoml.service
class Peer:
    """Two probabilities a creator."""

    def __init__(self) -> None:
        self._predictor = Predictor()

    # Fields by name: a model for the whole body would have its schema made anew each request.
    @bentoml.api(route="/v1/score")  # type: ignore[untyped-decorator]  # exported untyped
    def score(self, brief_id: str, creators: list[Asked]) -> Answer:  # noqa: ARG002 - same body
        """Answer one request."""
        return self._predictor.answer([one.creator_id for one in creators])
