"""What audits teach about samples that are not random, or not of today."""

import numpy as np
import pytest
from scipy.special import expit, logit

from features.arrays import Floats
from models.frames import FACTOR, PLACES, REACH, Frames
from models.share import GRID
from training.frames import LASTS, Seen, frames

RANDOM, RECENT, ENGAGED = 0, 1, 2
PLACE = np.arange(-REACH, REACH + 1)


def seen(n: int, factors: tuple[float, float, float], *, lasting: float, seed: int = 1) -> Seen:
    """Return audits and samples: odds times the frame's factor, halved or so once overtaken."""
    random = np.random.default_rng(seed)
    share = random.beta(2.0, 8.0, n).clip(0.01, 0.9)
    frame, age = random.integers(0, 3, n).astype(np.float64), random.uniform(0.0, 500.0, n)
    overtaken = random.random(n) < -np.expm1(-age / lasting)
    shift = np.log(factors)[frame.astype(int)] - 1.2 * overtaken
    fakes = random.binomial(300, expit(logit(share) + shift))
    q = np.clip(GRID, 1e-6, 1.0 - 1e-6)
    told = fakes[:, None] * np.log(q) + (300 - fakes[:, None]) * np.log1p(-q)
    return Seen(told, share, frame, age)


def centre(weights: Floats) -> float:
    """Return the mean of the factor's logarithm."""
    return float(weights @ PLACE * np.log(FACTOR))


def test_factors_are_recovered() -> None:
    """Each frame's factor comes back, and for how long a sample lasts."""
    found = frames(seen(1500, (1.0, 2.0, 0.2), lasting=300.0))

    middles = [centre(found.frames[code]) for code in (RANDOM, RECENT, ENGAGED)]
    assert middles == pytest.approx(np.log([1.0, 2.0, 0.2]), abs=0.2)
    assert centre(found.drift) == pytest.approx(-1.2, abs=0.3)
    assert 150.0 < found.lasting < 600.0


def test_what_lasts_is_believed_for_longer() -> None:
    """Where samples hardly age, they are found to last."""
    quick, slow = (
        frames(seen(600, (1.0, 1.0, 0.5), lasting=lasting)) for lasting in (60.0, 5000.0)
    )

    assert quick.lasting < 200.0
    assert slow.lasting > 1000.0


def test_without_audits_the_assumptions_stand() -> None:
    """No row: random samples are near the share, engaged ones below it, recent ones unsure."""
    found = frames(Seen.none())

    assert found.lasting == LASTS[0]
    assert abs(centre(found.frames[RANDOM])) < 0.05
    assert centre(found.frames[ENGAGED]) < -0.8
    assert found.frames[RANDOM][REACH] > 0.5 > found.frames[RECENT][REACH]
    np.testing.assert_allclose(found.frames[3], found.frames[:3].mean(axis=0))


def test_few_audits_move_little() -> None:
    """Five audits leave the frames near what is assumed, and sums of weights at one."""
    few, none = frames(seen(5, (1.0, 1.0, 1.0), lasting=300.0)), frames(Seen.none())

    assert isinstance(few, Frames)
    assert abs(few.frames[:3] - none.frames[:3]).sum(axis=1).max() < 0.7
    assert few.frames.shape == (4, PLACES)


def test_a_row_without_a_sample_teaches_nothing() -> None:
    """Rows that saw no sample change no weight."""
    rows = seen(200, (1.0, 2.0, 0.2), lasting=300.0)
    blank = Seen(
        np.vstack([rows.log_likelihoods, np.zeros((9, 201))]),
        np.append(rows.share, np.full(9, 0.4)),
        np.append(rows.frame, np.full(9, np.nan)),
        np.append(rows.age, np.full(9, np.nan)),
    )

    assert frames(blank).numbers() == frames(rows).numbers()
