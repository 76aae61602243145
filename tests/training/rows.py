"""Made-up held-out rows: calibrated predictions, poor ones, and the chances behind the labels."""

from datetime import UTC, datetime

import numpy as np

from features.arrays import DAY, Floats
from training.held_out import HeldOut

N = 1200
START = int(datetime(2025, 5, 1, tzinfo=UTC).timestamp() * 1e6)
END = int(datetime(2025, 6, 1, tzinfo=UTC).timestamp() * 1e6)  # of sealed.DATA


def chances() -> tuple[Floats, Floats]:
    """Return true probabilities and labels drawn from them."""
    rng = np.random.default_rng(2)
    chance = 1 / (1 + np.exp(1.3 - 1.5 * rng.normal(size=N)))
    return chance, (rng.random(N) < chance).astype(np.float64)


def held_out(prediction: Floats | None = None) -> HeldOut:
    """Return rows of 200 briefs, by default with perfect predictions."""
    chance, label = chances()
    rng = np.random.default_rng(5)
    return HeldOut(
        row_id=[f"deal-{row}" for row in range(N)],
        group=[f"brief-{row // 6}" for row in range(N)],
        creator_id=[f"creator-{row % 90}" for row in range(N)],
        as_of=START + np.arange(N) * DAY // 20,
        known=np.arange(N) % 5 != 0,
        label=label,
        prediction=chance if prediction is None else prediction,
        X=rng.normal(size=(N, 2)),
        names=["log_followers", "audience_match"],
        champion=np.full(N, np.nan),
    )


def flat() -> Floats:
    """Return a poor prediction: the base rate, barely moved."""
    chance, _ = chances()
    near: Floats = chance.mean() + (chance - chance.mean()) / 50
    return near
