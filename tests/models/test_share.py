"""A share as a posterior over a grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from models.share import GRID, beta_log_masses, posteriors

means = st.floats(0.02, 0.98)
concentrations = st.floats(1.0, 200.0)


@given(means, concentrations)
def test_agrees_with_the_beta_distribution(mean: float, concentration: float) -> None:
    """Mean, interval and tail of a prior are its Beta distribution's, within the grid's step."""
    beta = stats.beta(mean * concentration, (1.0 - mean) * concentration)
    found = posteriors(beta_log_masses(np.array([mean]), concentration), 0.25)
    assert found.share[0] == pytest.approx(mean, abs=0.006)
    assert found.low[0] == pytest.approx(min(beta.ppf(0.05), mean), abs=0.006)
    assert found.high[0] == pytest.approx(max(beta.ppf(0.95), mean), abs=0.006)
    assert found.above[0] == pytest.approx(beta.sf(0.25), abs=0.02)


@given(st.lists(means, min_size=2, max_size=8), concentrations)
def test_alone_is_as_in_a_batch(mean: list[float], concentration: float) -> None:
    """A row's posterior is the same bits alone and among others."""
    masses = beta_log_masses(np.array(mean), concentration)
    batch = posteriors(masses, 0.25)
    for row, one in enumerate(mean):
        alone = posteriors(beta_log_masses(np.array([one]), concentration), 0.25)
        for name in ("share", "low", "high", "above"):
            assert getattr(alone, name)[0] == getattr(batch, name)[row]


@given(st.integers(0, 1000), st.floats(0.0, 1.0))
def test_laws_of_any_posterior(seed: int, limit: float) -> None:
    """Whatever the masses: 0 <= low <= share <= high <= 1 and the tail is a probability."""
    masses = np.random.default_rng(seed).normal(scale=8.0, size=(1, len(GRID)))
    found = posteriors(masses, limit)
    assert 0.0 <= found.low[0] <= found.share[0] <= found.high[0] <= 1.0
    assert 0.0 <= found.above[0] <= 1.0


def test_limits_at_the_ends() -> None:
    """Every share is at least 0, and none is above 1."""
    masses = beta_log_masses(np.array([0.3]), 5.0)
    assert posteriors(masses, 0.0).above.tolist() == [1.0]
    assert posteriors(masses, 1.0).above[0] == pytest.approx(0.0, abs=1e-12)


def test_one_cell() -> None:
    """A posterior in one cell stays within it."""
    masses = np.full((1, len(GRID)), -np.inf)
    masses[0, 60] = 0.0
    found = posteriors(masses, 0.25)
    assert found.share[0] == pytest.approx(0.3)
    assert 0.2975 <= found.low[0] < found.high[0] <= 0.3025
    assert found.above.tolist() == [1.0]
