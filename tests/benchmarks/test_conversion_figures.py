"""The figures that judge the conversion model, on forecasts whose faults are known."""

import numpy as np
import pytest
from scipy.stats import kstest, nbinom, poisson

from benchmarks.conversion_figures import (
    Judged,
    average,
    by_decile,
    constant_losses,
    gap,
    held,
    pooled,
    randomised_ks,
    smooth_ks,
    told,
)
from features.arrays import Floats
from training.metrics import log_losses

EVERY: Floats = np.ones(4_000)
RNG = np.random.default_rng(3)
MEAN: Floats = np.exp(RNG.normal(0.5, 1.0, len(EVERY)))
COUNT: Floats = RNG.poisson(MEAN * RNG.gamma(2.0, 0.5, len(EVERY))).astype(np.float64)


def steps(below: Floats, upto: Floats) -> Floats:
    return np.array([below, upto])


def gamma_poisson_steps(shape: float) -> Floats:
    """Return the PITs of the counts by a gamma-Poisson forecast; they were drawn with shape 2."""
    p = shape / (shape + MEAN)
    return np.array([nbinom.cdf(COUNT - 1, shape, p), nbinom.cdf(COUNT, shape, p)])


def rows(n: int = 600, world: int = 0, seed: int = 5) -> Judged:
    """Return rows whose goals are met with the probability that the model says."""
    rng = np.random.default_rng(seed)
    p = rng.beta(0.5, 1.5, n)
    zeros = np.zeros(n)
    return Judged(
        world=np.full(n, world),
        group=np.arange(n) // 5,
        count=zeros,
        hit=(rng.random(n) < p).astype(np.float64),
        truth=p,
        true_expected=zeros,
        p=p,
        low=p - 0.1,
        high=p + 0.1,
        expected=zeros,
        expected_low=zeros,
        expected_high=zeros,
        pit=np.array([zeros, zeros + 1.0]),
        true_pit=np.array([zeros, zeros + 1.0]),
        rivals={"rate": np.full(n, 0.25)},
    )


@pytest.mark.parametrize("ks", [randomised_ks, smooth_ks])
def test_the_pit_of_the_right_distribution_is_uniform(ks: object) -> None:
    """Counts against the very distribution they were drawn from lie as near as chance allows."""
    assert callable(ks)
    assert ks(gamma_poisson_steps(2.0))(EVERY) < 1.2 / np.sqrt(len(EVERY))


@pytest.mark.parametrize("ks", [randomised_ks, smooth_ks])
def test_the_pit_of_a_distribution_without_dispersion_is_not(ks: object) -> None:
    """A Poisson forecast of the same means is far off."""
    assert callable(ks)
    wrong = np.array([poisson.cdf(COUNT - 1, MEAN), poisson.cdf(COUNT, MEAN)])
    assert ks(wrong)(EVERY) > 0.08


def test_the_randomised_distance_is_that_of_scipy() -> None:
    """Steps without width leave nothing to draw, so that the distance is the textbook's."""
    values = np.random.default_rng(1).beta(1.2, 1.0, 300)
    mine = randomised_ks(steps(values, values))(np.ones(300))
    assert mine == pytest.approx(kstest(values, "uniform").statistic, abs=1e-12)


def test_a_weight_is_so_many_copies() -> None:
    """A row drawn twice counts as two rows."""
    values = np.random.default_rng(1).random(50)
    weight = np.random.default_rng(2).integers(0, 3, 50).astype(np.float64)
    copied = np.repeat(values, weight.astype(np.int64))
    for ks in (randomised_ks, smooth_ks):
        weighted = ks(steps(values, values))(weight)
        assert weighted == pytest.approx(ks(steps(copied, copied))(np.ones(len(copied))))


def test_the_gap_is_nil_at_the_constant_and_whole_at_the_truth() -> None:
    """What the constant says closes nothing, what the truth says everything."""
    found = rows()
    every = np.ones(len(found))
    assert gap(found, found.truth)(every) == pytest.approx(1.0)
    assert gap(found, np.full(len(found), found.hit.mean()))(every) == pytest.approx(0.0)


def test_the_constant_of_pooled_worlds_is_each_worlds_own() -> None:
    """Worlds that differ in their rates do not flatter the model by it."""
    easy, hard = rows(seed=5), rows(seed=6)
    both = pooled([easy, hard])
    alone = [constant_losses(one, np.ones(len(one))) for one in (easy, hard)]
    assert np.allclose(constant_losses(both, np.ones(len(both))), np.concatenate(alone))
    assert len(np.unique(both.group)) == len(np.unique(easy.group)) + len(np.unique(hard.group))


def test_intervals_hold_what_lies_in_them() -> None:
    """A truth in the middle is held, one outside is not, and tenths keep every row."""
    found = rows()
    inside, width = held(found)
    assert inside.all()
    assert width == pytest.approx(0.2)
    assert sum(n for *_, n in by_decile(found)) == len(found)


def test_a_figure_of_some_rows_has_their_n_and_holds_its_value() -> None:
    """A mask leaves the other rows out of figure, interval and n."""
    found = rows()
    mask = found.p > 0.3
    losses = log_losses(found.hit, found.p)
    metric = told(average(losses), found.group, mask)
    assert metric.n == mask.sum()
    assert metric.value == pytest.approx(losses[mask].mean())
    assert metric.low is not None
    assert metric.high is not None
    assert metric.low <= losses[mask].mean() <= metric.high
