"""What FastAPI and BentoML share: pydantic's types, and predictions by `Booster.predict`."""

from pydantic import BaseModel

from benchmarks.peers.ready import MODELS, Ready, probability


class Asked(BaseModel):
    """A creator."""

    creator_id: str


class Request(BaseModel):
    """What Credence is asked, too."""

    brief_id: str
    creators: list[Asked]


class Given(BaseModel):
    """Two probabilities."""

    creator_id: str
    conversion: float
    fake_followers: float


class Answer(BaseModel):
    """In the order asked."""

    scores: list[Given]


class Predictor:
    """Both boosters, on rows that are ready."""

    def __init__(self) -> None:
        self._ready = Ready.load()
        self._boosters = self._ready.boosters()

    def answer(self, ids: list[str]) -> Answer:
        """Return two probabilities a creator."""
        places = [self._ready.place[one] for one in ids]
        conversion, followers = (
            probability(
                self._boosters[name].predict(self._ready.rows[name][places], raw_score=True)  # type: ignore[arg-type]
            ).tolist()
            for name in MODELS
        )
        return Answer(
            scores=[
                Given(creator_id=one, conversion=first, fake_followers=second)
                for one, first, second in zip(ids, conversion, followers, strict=True)
            ]
        )
