"""The doubt about a share, learned from labelled accounts."""

import numpy as np
import pytest

from features.arrays import Floats
from models.sample import EXACT, Doubt, log_likelihoods
from models.share import posteriors
from training.transfer import doubt

SHARES = (0.05, 0.2, 0.45, 0.7)


def draw(rng: np.random.Generator, real: int, fake: int, place: float = 4.0) -> Floats:
    """Return log-odds of real accounts around -4, then of fake ones around `place`."""
    found = np.r_[rng.normal(-4.0, 2.0, real), rng.normal(place, 2.0, fake)]
    return np.asarray(np.clip(found, -8.0, 8.0))


def learned(rng: np.random.Generator) -> Doubt:
    """Return the doubt from two sources of 200 real and 150 fake accounts each."""
    log_odds = np.r_[draw(rng, 200, 150), draw(rng, 200, 150)]
    fake = np.tile(np.r_[np.zeros(200), np.ones(150)], 2)
    source = np.repeat([0, 1], 350)
    # Models without the source see its fakes as a little less fake.
    return doubt(log_odds - 0.8 * fake, fake, source, known=log_odds)


def judged(made: Doubt, place: float, share: float) -> tuple[float, float]:
    """Return coverage and mean width of 100 audiences of 300 with fakes around `place`."""
    rng = np.random.default_rng(7)
    held, width = 0, 0.0
    for _ in range(100):
        fakes = int(rng.binomial(300, share))
        log_odds = draw(rng, 300 - fakes, fakes, place)
        found = posteriors(log_likelihoods(log_odds, np.array([0, 300]), made), 0.25)
        held += bool(found.low[0] <= share <= found.high[0])
        width += float(found.high[0] - found.low[0])
    return held / 100, width / 100


@pytest.mark.parametrize("share", SHARES)
def test_known_kinds_of_fakes(share: float) -> None:
    """Audiences of the sources' kinds: 90 % intervals hold at least 90 %, not .2 wide."""
    held, width = judged(learned(np.random.default_rng(1)), 4.0, share)
    assert held >= 0.9
    assert width < 0.2


def test_unknown_kinds_of_fakes() -> None:
    """Fakes that stand a third of the way nearer to real accounts: held by 75 %, a fifth wider."""
    made = learned(np.random.default_rng(1))
    widths = np.zeros(2)
    for share in SHARES:
        held, width = judged(made, 1.3, share)
        assert held >= 0.75
        widths += width, judged(made, 4.0, share)[1]
    assert widths[0] > 1.2 * widths[1]


def test_few_labels_leave_more_doubt() -> None:
    """A tenth of the labelled accounts is worth a tenth of the sampled followers."""
    rng = np.random.default_rng(2)
    fake = np.r_[np.zeros(500), np.ones(500)]
    many = doubt(draw(rng, 500, 500), fake, np.zeros(1000, np.int64))
    few = doubt(draw(rng, 50, 50), fake[::10], np.zeros(100, np.int64))
    assert many.accounts == pytest.approx(10.0 * few.accounts)
    assert few.accounts < EXACT.accounts
