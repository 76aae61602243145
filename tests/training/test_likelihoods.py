"""What rows say of a score."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom

from training.likelihoods import Counts, Likelihood, gamma_poisson_losses, hits

RNG = np.random.default_rng(5)
COUNT = RNG.poisson(RNG.gamma(2.0, 2.0, 400)).astype(np.float64)
SCORES = st.floats(-8.0, 8.0)


def some(dispersion: float = 0.7) -> list[Likelihood]:
    """Return one likelihood of each kind, of five rows."""
    log_share = np.log([1.0, 0.5, 1.0, 0.2, 1.0])
    return [
        hits(np.array([0.0, 1.0, 1.0, 0.0, 0.3])),
        Counts(np.array([0.0, 3.0, 1.0, 7.0, 40.0]), log_share, dispersion),
    ]


@pytest.mark.parametrize("kind", [0, 1])
@given(score=SCORES)
def test_slopes_are_those_of_the_loss(kind: int, score: float) -> None:
    """First and second derivative agree with differences of the loss and of the first."""
    asked, step = some()[kind], 1e-5
    here, below, above = (np.full(5, score + move) for move in (0.0, -step, step))

    first, second = asked.slopes(here)

    by_loss = (asked.losses(above) - asked.losses(below)) / (2 * step)
    by_slope = (asked.slopes(above)[0] - asked.slopes(below)[0]) / (2 * step)
    np.testing.assert_allclose(first, by_loss, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(second, by_slope, rtol=1e-4, atol=1e-4)
    assert (second > 0.0).all()


@pytest.mark.parametrize("kind", [0, 1])
def test_start_is_where_the_losses_balance(kind: int) -> None:
    """The best shared score is nearly level; what is added keeps it finite."""
    both: list[Likelihood] = [
        hits((COUNT > 2).astype(np.float64)),
        Counts(COUNT, np.zeros(400)),
    ]
    asked = both[kind]

    pull, _ = asked.slopes(np.full(400, asked.start()))

    assert abs(pull.sum()) < 0.6


def test_losses_of_counts_are_scipys() -> None:
    """Minus the log-likelihood is that of the negative binomial of size 1 / dispersion."""
    mean, dispersion = np.linspace(0.1, 60.0, 400), np.linspace(0.05, 4.0, 400)
    size = 1.0 / dispersion

    found = gamma_poisson_losses(COUNT, np.log(mean), dispersion)

    oracle = -nbinom.logpmf(COUNT, size, size / (size + mean))
    np.testing.assert_allclose(found, oracle, rtol=1e-9, atol=1e-9)


def test_dispersion_is_recovered() -> None:
    """Counts made with a dispersion of a half are found to have it; hits have none."""
    random = np.random.default_rng(2)
    mean = np.exp(random.normal(1.0, 0.5, 20_000))
    count = random.poisson(mean * random.gamma(2.0, 0.5, 20_000)).astype(np.float64)
    asked = Counts(count, np.zeros(20_000))

    assert asked.dispersion_at(np.log(mean)) == pytest.approx(0.5, abs=0.03)
    assert hits(count / count.max()).dispersion_at(mean) == 0.0


def test_what_has_not_arrived_is_no_failure() -> None:
    """Half of the counts, told as half, want the same score as all of them told as whole."""
    random = np.random.default_rng(3)
    whole = random.poisson(6.0 * random.gamma(2.0, 0.5, 20_000)).astype(np.float64)
    half = random.binomial(whole.astype(np.int64), 0.5).astype(np.float64)

    told = Counts(half, np.full(20_000, np.log(0.5))).start()

    assert told == pytest.approx(Counts(whole, np.zeros(20_000)).start(), abs=0.02)
    assert Counts(half, np.zeros(20_000)).start() < told - 0.6  # as if nothing more were to come
