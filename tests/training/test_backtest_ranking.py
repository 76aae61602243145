"""What the first few of a brief are worth, by any order."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from features.arrays import Floats
from training.backtest.ranking import (
    DEPTHS,
    Lists,
    Order,
    Tally,
    difference,
    quotient,
    tallies,
    value,
)

SEED = 7
COUNTS = st.integers(0, 9).map(float)
ROWS = st.lists(st.tuples(st.integers(0, 3), COUNTS, COUNTS), min_size=2, max_size=24)


def columns(rows: list[tuple[int, float, float]]) -> tuple[Floats, Floats, Floats]:
    """Return briefs, scores and conversions."""
    brief, score, count = np.array(rows, np.float64).T
    return brief, score, count


def one_order(score: Floats, brief: Floats, count: Floats) -> dict[str, Tally]:
    """Return the tallies of one order; a goal is three conversions, each costs ten."""
    found = tallies(
        brief.astype(np.int64),
        (count >= 3.0).astype(np.float64),
        count,
        np.full(len(count), 10.0),
        {"one": Order(score, score)},
    )
    return {name: every["one"] for name, every in found.items()}


@given(ROWS)
def test_ndcg_is_that_of_sklearn(rows: list[tuple[int, float, float]]) -> None:
    """Of each brief of two or more with any conversion, equal scores shared out alike."""
    brief, score, count = columns(rows)
    found = one_order(score, brief, count)

    for depth in DEPTHS:
        mine = found[f"ndcg_at_{depth}"]
        theirs = [
            ndcg_score([count[brief == one]], [score[brief == one]], k=depth)
            for one in np.unique(brief)
            if (brief == one).sum() > 1 and count[brief == one].any()
        ]
        assert mine.over.tolist() == pytest.approx(theirs)


@given(st.lists(st.tuples(COUNTS, COUNTS), min_size=2, max_size=5))
def test_equal_scores_count_as_the_mean_over_their_orders(rows: list[tuple[float, float]]) -> None:
    """So a constant score is the random order, exactly."""
    count = np.array([one for one, _ in rows])
    found = one_order(np.zeros(len(count)), np.zeros(len(count)), count)

    for depth in DEPTHS:
        brought = [sum(order[:depth]) for order in permutations(count.tolist())]
        assert found[f"conversions_at_{depth}"].over[0] == pytest.approx(np.mean(brought))


@given(ROWS)
def test_no_order_beats_hindsight(rows: list[tuple[int, float, float]]) -> None:
    """Sorting by what came of it brings most conversions and most goals of every brief."""
    brief, score, count = columns(rows)
    found, best = one_order(score, brief, count), one_order(count, brief, count)

    for name in (f"{one}_at_{k}" for one in ("precision", "conversions") for k in DEPTHS):
        assert (found[name].over <= best[name].over + 1e-9).all()


@given(ROWS)
def test_the_order_of_the_rows_does_not_matter(rows: list[tuple[int, float, float]]) -> None:
    """Rows may come in any order."""
    brief, score, count = columns(rows)
    mixed = np.random.default_rng(len(rows)).permutation(len(rows))

    one = one_order(score, brief, count)
    other = one_order(score[mixed], brief[mixed], count[mixed])

    for name, tally in one.items():
        assert tally.over.tolist() == pytest.approx(other[name].over.tolist())


def test_an_example_by_hand() -> None:
    """Two briefs: the first of each, then the first three of both."""
    brief = np.array([0, 0, 0, 0, 1, 1])
    score = np.array([9.0, 7.0, 7.0, np.nan, 1.0, 2.0])
    hit = np.array([0.0, 1.0, 0.0, 1.0, 1.0, 0.0])
    conversions = np.array([2.0, 6.0, 0.0, 8.0, 5.0, 1.0])
    fee = np.array([10.0, 30.0, 50.0, 70.0, np.nan, 40.0])
    found = tallies(brief, hit, conversions, fee, {"one": Order(score, score)})

    # The first ones are of 2 and 1 conversions, and neither reached its goal.
    assert value(found["precision_at_1"]["one"], SEED).value == 0.0
    assert found["conversions_at_1"]["one"].over.tolist() == [2.0, 1.0]
    # All but the unknown score, and the second brief whole: 8 and 6 conversions, 1 of 3 and of 2.
    assert found["conversions_at_3"]["one"].over.tolist() == [8.0, 6.0]
    assert found["precision_at_3"]["one"].over.tolist() == pytest.approx([1 / 3, 1 / 2])
    # The second brief has one known fee, so no order: (10 + 30 + 50) / (2 + 6 + 0).
    assert value(found["cost_per_conversion_at_3"]["one"], SEED).value == pytest.approx(90 / 8)
    # 2 + 3 / log2(3) + 3 / 2 over 8 + 6 / log2(3) + 2 / 2: 6 and 0 share two places.
    mine = 2 + 3 / np.log2(3) + 3 / 2
    assert found["ndcg_at_3"]["one"].over[0] == pytest.approx(mine / (9 + 6 / np.log2(3)))


def test_a_brief_of_one_has_no_order() -> None:
    """It is left out of every measure."""
    lists = Lists.of(np.array([3, 5, 5, 8]), np.array([True, True, True, True]))

    assert lists.row.tolist() == [1, 2]
    assert lists.size.tolist() == [2]


def test_comparisons_are_paired() -> None:
    """What is twice as much in every brief is exactly twice as much in every draw."""
    one = Tally(np.array([2.0, 8.0, 4.0]), np.ones(3))
    half = Tally(one.over / 2, np.ones(3))

    times, less = quotient(one, half, SEED), difference(one, one, SEED)

    assert (times.value, times.low, times.high, times.n) == (2.0, 2.0, 2.0, 3)
    assert (less.value, less.low, less.high) == (0.0, 0.0, 0.0)


def test_without_briefs_everything_is_unknown() -> None:
    """No brief with two fees: there is no cost, and no failure."""
    nothing = tallies(
        np.array([1, 1]), np.ones(2), np.ones(2), np.full(2, np.nan),
        {"one": Order(np.ones(2), np.ones(2))},
    )["cost_per_conversion_at_1"]["one"]  # fmt: skip

    for found in (value(nothing, SEED), quotient(nothing, nothing, SEED)):
        assert (found.value, found.low, found.high, found.n) == (None, None, None, 0)
