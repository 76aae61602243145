"""The fit of the prior's shape."""

import numpy as np
import pytest
from scipy.special import expit, logit

from features.arrays import Floats
from models.prior import Heap, Prior
from training.prior import _of, _slopes, concentration, prior


@pytest.mark.parametrize("true", [3.0, 40.0])
def test_concentration_is_recovered(true: float) -> None:
    """Shares drawn from Beta priors give back how much the history is worth."""
    random = np.random.default_rng(4)
    centre = random.uniform(0.1, 0.6, 2000)

    found = concentration(random.beta(centre * true, (1.0 - centre) * true), centre)

    assert found == pytest.approx(true, rel=0.12)


def heaps(n: int, seed: int = 3) -> tuple[Floats, Floats]:
    """Return shares in two heaps, and scores that tell a part of who is in which."""
    random = np.random.default_rng(seed)
    score = random.uniform(-3.0, 0.5, n)
    high = random.random(n) < expit(2.0 + 2.0 * score)
    return np.where(high, random.beta(11.0, 9.0, n), random.beta(3.0, 22.0, n)), score


def test_two_heaps_are_found() -> None:
    """Shares in two heaps give two heaps back, and how the score tells them apart."""
    found = prior(*heaps(2000))

    assert found.high is not None
    low, high = (expit(heap.intercept + heap.slope * -1.0) for heap in (found.low, found.high))
    assert low == pytest.approx(3.0 / 25.0, abs=0.02)
    assert high == pytest.approx(11.0 / 20.0, abs=0.03)
    assert found.weight == pytest.approx((2.0, 2.0), abs=0.5)


def test_one_heap_stays_one() -> None:
    """Shares of one heap, and too few of two, give a single Beta."""
    random = np.random.default_rng(9)
    centre = random.uniform(0.1, 0.6, 1000)
    share = random.beta(centre * 12.0, (1.0 - centre) * 12.0)

    found = prior(share, logit(centre))

    assert found.high is None
    assert found.low.concentration == pytest.approx(12.0, rel=0.12)
    assert prior(*heaps(60)).high is None


def test_few_shares_give_something() -> None:
    """A single audit gives a prior."""
    found = prior(np.array([0.2]), np.array([-1.0]))

    assert found == Prior(Heap(found.low.concentration))
    assert found.low.concentration >= 1.0


def test_equal_rows_give_equal_numbers() -> None:
    """Fitting twice gives the same bits."""
    assert prior(*heaps(400)).numbers() == prior(*heaps(400)).numbers()


def test_slopes_are_those_of_differences() -> None:
    """The slopes that the search follows agree with differences of the likelihood."""
    share, score = heaps(200)
    at = np.array([3.0, 2.0, -1.0, 0.5, 0.2, 0.4, 1.5, 1.8])

    _, slopes = _slopes(_of(at), share, score)

    for place, slope in enumerate(slopes.tolist()):
        step = 1e-6 * np.eye(len(at))[place]
        beyond, before = (_slopes(_of(at + side), share, score)[0] for side in (step, -step))
        assert slope == pytest.approx((beyond - before) / 2e-6, rel=1e-4)
