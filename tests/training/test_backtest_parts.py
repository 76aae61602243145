"""Lift, drift, rivals and the page's helpers, one by one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from features.catalogue import NAMES
from models.manifest import Metric
from training.backtest.drift import binned, index
from training.backtest.html import HIGHER, LOWER, cell, document, table
from training.backtest.lift import gains, lifts
from training.backtest.rivals import PLAIN, constant, logistic
from training.dataset import Rows

SCORED = st.lists(
    st.tuples(st.integers(0, 6).map(float), st.booleans().map(float)), min_size=2, max_size=40
)


def test_gains_by_hand() -> None:
    """The better half holds three quarters of the worth; equal scores are gone through evenly."""
    score, worth = np.array([4.0, 3.0, 1.0, 1.0]), np.array([2.0, 1.0, 0.0, 1.0])

    found = gains(score, worth, np.ones(4), np.array([0.0, 0.25, 0.5, 0.75, 1.0]))

    assert found.tolist() == [0.0, 0.5, 0.75, 0.875, 1.0]


@given(SCORED)
def test_the_area_under_gains_is_that_of_the_auc(rows: list[tuple[float, float]]) -> None:
    """Area = share of misses * AUC + half the share of hits: an independent way to the curve."""
    score, hit = np.array(rows).T
    if 0.0 < hit.mean() < 1.0:
        grid = np.linspace(0.0, 1.0, len(hit) + 1)
        found = gains(score, hit, np.ones(len(hit)), grid)

        area = np.trapezoid(found, grid)
        expected = (1.0 - hit.mean()) * roc_auc_score(hit, score) + hit.mean() / 2.0
        assert area == pytest.approx(expected)


def test_lift_of_a_score_that_knows_nothing_is_one() -> None:
    """All shares bring the average, and every draw of them."""
    found = lifts(np.zeros(60), np.tile([0.0, 1.0], 30), np.arange(60) // 3, seed=7)

    for one in found.values():
        assert [one.value, one.low, one.high] == pytest.approx([1.0] * 3)


def test_index_by_hand() -> None:
    """Sum of (new - old) * log(new / old), half a row added to each bin."""
    before, after = np.array([49.5, 49.5]), np.array([24.5, 74.5])

    expected = (0.25 - 0.5) * np.log(0.5) + (0.75 - 0.5) * np.log(1.5)
    assert index(before, after) == pytest.approx(expected)


@given(st.lists(st.floats(-5, 5) | st.just(float("nan")), min_size=1, max_size=60))
def test_equal_columns_do_not_drift(values: list[float]) -> None:
    """Unknown values have a bin of their own, and nothing is infinite."""
    column = np.array(values)
    old, new, bins = binned(column, column)

    assert old.max() < bins
    assert index(np.bincount(old, minlength=bins), np.bincount(new, minlength=bins)) == 0.0


def test_a_column_that_becomes_unknown_drifts() -> None:
    """The bin of unknown values is one like others."""
    old, new, bins = binned(np.arange(100.0), np.full(100, np.nan))

    assert index(np.bincount(old, minlength=bins), np.bincount(new, minlength=bins)) > 1.0


def test_logistic_stands_whatever_is_unknown(collaborations: Rows) -> None:
    """A column without any value, or with values only later, is no failure."""
    X = collaborations.X.copy()
    X[:, NAMES.index(PLAIN[0])] = np.nan
    first, second = np.split(np.arange(len(X)), 2)
    X[first, NAMES.index(PLAIN[1])] = np.nan
    rows = replace(collaborations, X=X)

    found = logistic(rows.take(first), rows.take(second))

    assert ((found > 0.0) & (found < 1.0)).all()
    assert np.ptp(found) > 0.1


def test_where_one_outcome_is_known_the_rate_answers(collaborations: Rows) -> None:
    """It is never sure: half a hit and half a miss are added."""
    rows = replace(collaborations, value=np.zeros(len(collaborations)))

    found = logistic(rows, rows.take(np.arange(3)))

    assert found.tolist() == constant(rows, rows.take(np.arange(3))).tolist()
    assert found.tolist() == pytest.approx([0.5 / (len(rows) + 1.0)] * 3)


@pytest.mark.parametrize(
    ("low", "high", "better", "word"),
    [
        (0.1, 0.3, HIGHER, "better"),
        (0.1, 0.3, LOWER, "worse"),
        (-0.3, -0.1, LOWER, "better"),
        (-0.3, -0.1, HIGHER, "worse"),
        (-0.1, 0.3, HIGHER, "no clear difference"),
    ],
)
def test_a_difference_is_judged_by_its_interval(
    low: float, high: float, better: int, word: str
) -> None:
    """Not by its value: only an interval on one side of zero says which is better."""
    assert f">{word}</small>" in cell(Metric((low + high) / 2, low, high, 9), better=better)


def test_text_of_tables_is_no_markup() -> None:
    """What comes from a table's text cannot become HTML where it is plain text."""
    text = table("<script>", ["<b>"], []) + document("<i>", [])

    assert not any(tag in text for tag in ("<script>", "<b>", "<i>"))
