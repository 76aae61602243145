"""Bins of equal mass: how often what was promised came true."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.training.rows import N, held_out
from training.reliability import FEWEST, reliability

EVERY = np.ones(N, np.bool_)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_bins_hold_every_row_once(seed: int, values: int) -> None:
    """Rows, hits and promises of the bins add up to those of all rows, also where many are tied."""
    held = held_out(np.random.default_rng(seed).integers(0, values, N) / values)

    bins = reliability(held, EVERY, seed=7)

    n, predicted, observed, low, high = np.array(bins).T
    assert n.sum() == N
    assert np.isclose(n @ observed, held.label.sum())
    assert np.isclose(n @ predicted, held.prediction.sum())
    assert (np.diff(predicted) > 0).all()
    assert ((low >= 0) & (low <= observed) & (observed <= high) & (high <= 1)).all()


def test_calibrated_predictions_lie_in_their_intervals() -> None:
    """Of ten bins of true chances at most three miss their 90 % interval."""
    bins = reliability(held_out(), EVERY, seed=7)

    assert [one.n for one in bins] == [120] * 10
    assert sum(not one.low <= one.predicted <= one.high for one in bins) <= 3


def test_no_hit_is_no_rate_of_nil() -> None:
    """Where nothing came true the interval still reaches above 0."""
    held = replace(held_out(), label=np.zeros(N))

    assert all(one.observed == 0 == one.low < one.high for one in reliability(held, EVERY, seed=7))


def test_rows_of_a_group_widen_the_interval() -> None:
    """Labels that come in blocks of 120 rows say less where each block is drawn as one group."""
    blocks = np.repeat(held_out().label[::120], 120)
    widths = []
    for size in (1, 120):
        group = [str(row // size) for row in range(N)]
        bins = reliability(replace(held_out(), label=blocks, group=group), EVERY, seed=7)
        widths.append(np.mean([one.high - one.low for one in bins]))

    assert widths[1] > 1.5 * widths[0]


def test_too_few_rows_make_no_bin() -> None:
    """A bin takes twenty rows."""
    some = np.arange(N) < FEWEST - 1

    assert reliability(held_out(), some, seed=7) == []
