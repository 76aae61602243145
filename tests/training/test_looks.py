"""How log-odds are spread in training sources and elsewhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.arrays import Floats, Ints
from models.mixture import KNOTS
from training.looks import looks


def labelled(seed: int, n: int = 400, sources: int = 2) -> tuple[Floats, Floats, Ints]:
    """Return log-odds, labels and sources: reals around -4, fakes around 4."""
    rng = np.random.default_rng(seed)
    fake = (rng.random(n) < 0.4).astype(np.float64)
    log_odds = np.clip(rng.normal(8.0 * fake - 4.0, 1.5), -8.0, 8.0)
    return log_odds, fake, rng.integers(0, sources, n)


@given(st.integers(0, 1000), st.integers(40, 400), st.integers(1, 4))
def test_are_spreads_and_weights(seed: int, n: int, sources: int) -> None:
    """Whatever the accounts: every spread is above 0 and adds up to 1, and so do the weights."""
    log_odds, fake, source = labelled(seed, n, sources)
    found = looks(log_odds, log_odds, fake, source)
    for rows in (found.real, found.fake):
        np.testing.assert_allclose(np.sum(rows, axis=1), 1.0)
        assert np.min(rows) > 0.0
    assert np.sum(found.weights) + found.unlike == pytest.approx(1.0)


def test_the_first_spread_is_that_of_the_accounts() -> None:
    """Means are those of the classes; elsewhere real accounts stand higher, fake ones lower."""
    log_odds, fake, source = labelled(1)
    found = looks(log_odds, None, fake, source)
    real_means, fake_means = np.array(found.real) @ KNOTS, np.array(found.fake) @ KNOTS
    assert real_means[0] == pytest.approx(log_odds[fake == 0.0].mean(), abs=0.1)
    assert fake_means[0] == pytest.approx(log_odds[fake == 1.0].mean(), abs=0.1)
    assert real_means[1:].mean() > real_means[0] + 0.3
    assert fake_means[1:].mean() < fake_means[0] - 0.3


def test_each_source_counts_the_same() -> None:
    """A source of few accounts shapes the spread of a class as one of many."""
    log_odds = np.r_[np.full(900, -6.0), np.full(100, -2.0), np.full(100, 5.0)]
    fake, source = np.r_[np.zeros(1000), np.ones(100)], np.r_[np.zeros(900), np.ones(200)]
    found = looks(log_odds, None, fake, source.astype(np.int64))
    assert np.array(found.real[0]) @ KNOTS == pytest.approx(-4.0, abs=0.2)


def test_sources_that_moved_far_say_that_others_may() -> None:
    """Fakes that models without their source placed lower stand lower elsewhere."""
    log_odds, fake, source = labelled(2)
    still = looks(log_odds, log_odds, fake, source)
    moved = looks(log_odds, log_odds - 5.0 * fake, fake, source)
    means = [np.array(found.fake)[1:] @ KNOTS for found in (still, moved)]
    assert (means[1] < means[0]).all()
    np.testing.assert_array_equal(still.real, moved.real)


def test_more_sources_make_an_audience_like_them_likelier() -> None:
    """One source and it is known at odds of 1 to 2; several and it is as likely as not."""
    for sources, weight in ((1, 1 / 3), (2, 1 / 2), (4, 1 / 2)):
        log_odds, fake, source = labelled(3, sources=sources)
        assert looks(log_odds, None, fake, source).weights[0][0] == pytest.approx(weight)


def test_a_useless_model_has_finite_spreads() -> None:
    """Log-odds that are all the same give spreads that are all but the same."""
    _, fake, source = labelled(4)
    found = looks(np.zeros(400), np.zeros(400), fake, source)
    assert np.isfinite(found.real).all()
    np.testing.assert_allclose(found.real[0], found.fake[0], atol=0.01)
