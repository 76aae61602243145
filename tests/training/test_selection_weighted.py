"""Weighted figures: what they are worth, and that they undo a known choice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit

from features.arrays import Flags, Floats, Ints
from training.selection.weighted import (
    CLIP,
    doubly_robust,
    effective,
    naive,
    observed,
    ratio,
    snips,
    top,
    weights,
)

CHANCES = arrays(np.float64, st.integers(1, 30), elements=st.floats(1e-4, 1.0))
NAN = float("nan")
SEED = 7


def chosen_toy() -> tuple[Floats, Floats, Floats, Flags, Ints]:
    """Return values, what a column says of them, chances, who was chosen, and briefs of ten."""
    random = np.random.default_rng(5)
    x = random.normal(size=6000)
    value = 2.0 + x + random.normal(size=len(x))
    chance = expit(-0.5 + 1.2 * x)
    return value, x, chance, random.random(len(x)) < chance, np.arange(len(x)) // 10


@given(chance=CHANCES)
def test_effective_size_lies_between_one_and_all(chance: Floats) -> None:
    """Weights are worth at least one row and at most all; equal ones are worth all."""
    found = effective(weights(chance))
    assert 1.0 - 1e-9 <= found <= len(chance) + 1e-9
    assert effective(np.full(len(chance), 0.3)) == pytest.approx(len(chance))


@given(chance=CHANCES)
def test_no_weight_is_beyond_the_clip(chance: Floats) -> None:
    """The largest weight is at most CLIP times the mean of one over the chances."""
    assert weights(chance).max() <= CLIP * (1.0 / chance).mean() * (1.0 + 1e-12)


@given(chance=CHANCES, value=st.floats(-5.0, 5.0))
def test_weights_are_divided_by_their_sum(chance: Floats, value: float) -> None:
    """What is the same for all rows comes out as it is, whatever the chances."""
    same = np.full(len(chance), value)
    found = snips(same, chance, np.arange(len(chance)), SEED)
    assert found.metric.value == pytest.approx(value)


@given(chance=CHANCES, data=st.data())
def test_estimates_stay_inside_their_values(chance: Floats, data: st.DataObject) -> None:
    """A self-normalised mean lies between the smallest and the largest value."""
    value = data.draw(arrays(np.float64, len(chance), elements=st.floats(0.0, 9.0)))
    found = snips(value, chance, np.arange(len(chance)), SEED).metric.value
    assert found is not None
    assert value.min() - 1e-9 <= found <= value.max() + 1e-9


def test_worked_by_hand() -> None:
    """Weights 2 and 4: (2 * 3 + 4 * 9) / 6; 36 / 20 rows' worth; the unknown counts nothing."""
    value, chance = np.array([3.0, NAN, 9.0]), np.array([0.5, 0.9, 0.25])
    found = snips(value, chance, np.arange(3), SEED)
    assert found.metric.value == pytest.approx(7.0)
    assert found.effective == pytest.approx(36.0 / 20.0)
    assert (found.metric.n, found.clipped) == (2, 0.0)


def test_doubly_robust_by_hand() -> None:
    """The model's mean, 5, plus the weighted mean of what it missed: (2 * 1 - 4 * 2) / 6."""
    direct = np.array([2.0, 2.0, 11.0])
    value, chance = np.array([3.0, NAN, 9.0]), np.array([0.5, 0.9, 0.25])
    found = doubly_robust(direct, value, chance, np.arange(3), SEED)
    assert found.metric.value == pytest.approx(5.0 + (2.0 - 8.0) / 6.0)


@given(data=st.data(), chance=CHANCES)
def test_an_exact_model_needs_no_correction(data: st.DataObject, chance: Floats) -> None:
    """Where the outcomes are what the model expects, or none is known, its own mean stands."""
    n = len(chance)
    direct = data.draw(arrays(np.float64, n, elements=st.floats(0.5, 9.0)))
    policy = data.draw(arrays(np.float64, n, elements=st.floats(0.1, 2.0)))
    for value in (direct, np.full(n, NAN)):
        found = doubly_robust(direct, value, chance, np.arange(n), SEED, policy=policy)
        assert found.metric.value == pytest.approx(np.average(direct, weights=policy))


def test_weighting_undoes_a_known_choice() -> None:
    """Of rows chosen for what raises the value, the weighted mean is the truth, not the naive."""
    value, _, chance, chosen, brief = chosen_toy()
    seen = np.where(chosen, value, NAN)
    plain, weighted = naive(seen, brief, SEED).metric, snips(seen, chance, brief, SEED).metric
    assert plain.low is not None
    assert weighted.low is not None
    assert weighted.high is not None
    assert plain.low > value.mean() + 0.3
    assert weighted.low <= value.mean() <= weighted.high


@pytest.mark.parametrize("wrong", ["model", "chances"])
def test_one_of_two_may_be_wrong(wrong: str) -> None:
    """With a wrong model or with wrong chances, the doubly robust mean is near the truth."""
    value, x, chance, chosen, brief = chosen_toy()
    direct = np.full(len(x), 9.0) if wrong == "model" else 2.0 + x
    likely = np.full(len(x), 0.4) if wrong == "chances" else chance
    seen = np.where(chosen, value, NAN)
    found = doubly_robust(direct, seen, likely, brief, SEED).metric.value
    plain = naive(seen, brief, SEED).metric.value
    assert found is not None
    assert plain is not None
    # A fifth is .11: three standard errors of values with sd 1.4 in 1,300 effective rows.
    assert abs(found - value.mean()) < 0.2 * abs(plain - value.mean())


def test_value_of_a_ranking() -> None:
    """The three best of each brief by a column are worth what they truly bring."""
    value, x, chance, chosen, brief = chosen_toy()
    policy = top(x, brief, 3)
    truth = np.average(value, weights=policy)
    found = doubly_robust(
        x, np.where(chosen, value, NAN), chance, brief, SEED, policy=policy
    ).metric
    assert found.low is not None
    assert found.high is not None
    assert found.low <= truth <= found.high
    assert found.n == int((chosen & (policy > 0.0)).sum())


@given(data=st.data(), n=st.integers(1, 25), k=st.integers(1, 4))
def test_a_policy_takes_the_best_of_each_brief(data: st.DataObject, n: int, k: int) -> None:
    """It takes k of each brief, or all, and nobody it leaves is better than one it takes."""
    score = data.draw(arrays(np.float64, n, elements=st.floats(-9.0, 9.0) | st.just(NAN)))
    brief = data.draw(arrays(np.int64, n, elements=st.integers(0, 3)))
    picked = top(score, brief, k) > 0.0
    for one in np.unique(brief).tolist():
        here = brief == one
        assert picked[here].sum() == min(k, here.sum())
        left = score[here & ~picked]
        least = np.nan_to_num(score[here & picked], nan=-np.inf).min()
        assert (np.nan_to_num(left, nan=-np.inf) <= least).all()


def test_chance_of_an_outcome() -> None:
    """It is the chance of being chosen times the share of the brief's chosen with an outcome."""
    chosen = np.array([True, True, False, True, False])
    seen = np.array([True, False, False, False, False])
    found = observed(np.array([0.8, 0.4, 0.2, 0.5, 0.5]), chosen, seen, np.array([1, 1, 1, 2, 2]))
    assert found.tolist() == pytest.approx([0.4, 0.2, 0.1, 0.0, 0.0])


def test_nothing_known_is_no_figure() -> None:
    """Without a single outcome the weighted mean is unknown."""
    found = snips(np.full(4, NAN), np.full(4, 0.5), np.arange(4), SEED)
    assert found.metric.value is None
    assert (found.metric.n, found.effective) == (0, 0.0)


@given(chance=CHANCES, data=st.data())
def test_ratios_are_paired(chance: Floats, data: st.DataObject) -> None:
    """A figure over half of itself is two on every draw, and n counts its outcomes."""
    value = data.draw(arrays(np.float64, len(chance), elements=st.floats(0.5, 9.0)))
    one, half = (snips(v, chance, np.arange(len(chance)), SEED) for v in (value, value / 2.0))
    found = ratio(one, half)
    assert [found.value, found.low, found.high] == pytest.approx([2.0, 2.0, 2.0])
    assert found.n == len(chance)


def test_a_ratio_to_nothing_is_unknown() -> None:
    """Neither a figure of zero nor one without an outcome can be divided by."""
    some, brief, chance = np.ones(4), np.arange(4), np.full(4, 0.5)
    for other in (np.zeros(4), np.full(4, NAN)):
        found = ratio(snips(some, chance, brief, SEED), snips(other, chance, brief, SEED))
        assert (found.value, found.low) == (None, None)
