"""What a history alone says of a share."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit

from features.arrays import Floats
from models.prior import Heap, Prior
from models.share import GRID, posteriors

ONE = Prior(Heap(9.0))
TWO = Prior(Heap(22.0, -1.0, 0.6), Heap(13.0, 0.0, 0.3), (4.0, 4.0))

scores = st.floats(-5.0, 2.0)


def tails(prior: Prior, score: float, share: float) -> float:
    """Return the probability of a share of at least `share`, by scipy."""

    def above(heap: Heap) -> float:
        mean = expit(heap.intercept + heap.slope * score)
        size = heap.concentration
        return float(stats.beta.sf(share, mean * size, (1.0 - mean) * size))

    if prior.high is None:
        return above(prior.low)
    weight = expit(prior.weight[0] + prior.weight[1] * score)
    return float((1.0 - weight) * above(prior.low) + weight * above(prior.high))


def risk(prior: Prior, score: Floats) -> Floats:
    """Return the probability of a share of at least .25."""
    return posteriors(prior.log_masses(score), 0.25).above


@settings(max_examples=30)
@given(st.sampled_from([ONE, TWO]), scores)
def test_agrees_with_scipy(prior: Prior, score: float) -> None:
    """The mass above the limit is that of the mixture of Betas."""
    assert risk(prior, np.array([score]))[0] == pytest.approx(tails(prior, score, 0.25), abs=0.01)


@settings(max_examples=20)
@given(st.sampled_from([ONE, TWO]), st.lists(scores, min_size=2, max_size=9))
def test_alone_is_as_in_a_batch(prior: Prior, several: list[float]) -> None:
    """A row has the same bits alone and among others."""
    batch = prior.log_masses(np.array(several))

    alone = [prior.log_masses(np.array([one]))[0] for one in several]

    assert np.array(alone).tobytes() == batch.tobytes()
    assert np.isfinite(batch).all()


@pytest.mark.parametrize("prior", [ONE, TWO])
def test_a_higher_score_is_a_higher_risk(prior: Prior) -> None:
    """Mean and risk rise with the score."""
    found = posteriors(prior.log_masses(np.linspace(-4.0, 1.5, 60)), 0.25)

    assert (np.diff(found.share) > 0.0).all()
    assert (np.diff(found.above) > -1e-12).all()


def test_two_heaps_leave_a_gap() -> None:
    """Where a history leaves open who bought, there is less mass between the heaps than in them."""
    masses = np.exp(Prior(Heap(60.0, -2.5, 0.0), Heap(60.0, 0.5, 0.0)).log_masses(np.zeros(1))[0])

    low, middle, high = (masses[np.argmin(abs(GRID - share))] for share in (0.07, 0.35, 0.62))
    assert low > 4.0 * middle < high


@pytest.mark.parametrize("prior", [ONE, TWO])
def test_round_trip(prior: Prior) -> None:
    """The numbers give the same prior."""
    assert Prior.from_numbers(prior.numbers()) == prior


def test_wrong_numbers_are_refused() -> None:
    """A prior worth nothing, and one that falls as the score rises, are refused."""
    with pytest.raises(ValueError, match=r"concentration 0\.0 must be above 0"):
        Heap(0.0)
    with pytest.raises(ValueError, match="must not fall as the score rises"):
        Heap(3.0, 0.0, -0.1)
    with pytest.raises(ValueError, match="must not fall as the score rises"):
        Prior(Heap(3.0), Heap(3.0), (0.0, -1.0))
