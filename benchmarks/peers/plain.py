"""FastAPI as its tutorial has it: a plain function, pydantic in and out, `Booster.predict`."""

from fastapi import FastAPI

from benchmarks.peers.models import Answer, Predictor, Request

app = FastAPI()
_predictor = Predictor()


@app.post("/v1/score")
def score(request: Request) -> Answer:
    """Return two probabilities a creator."""
    return _predictor.answer([one.creator_id for one in request.creators])
