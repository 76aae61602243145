"""Level, slope and dispersion of counts."""

import numpy as np
import pytest

from features.arrays import Flags, Floats
from training.tally import recent_shift, tally

N = 8000
COLUMNS = ("shown", "hidden", "never")


def world(seed: int = 1) -> tuple[Floats, Floats, Flags]:
    """Return scores, counts of twice the dispersion where the second column is unknown."""
    random = np.random.default_rng(seed)
    score = random.normal(size=N)
    unknown = np.column_stack([random.random(N) < 0.3, random.random(N) < 0.4, np.zeros(N) > 0])
    shape = np.where(unknown[:, 1], 1.0, 2.5)
    mean = np.exp(0.4 + 0.8 * score)
    return score, random.poisson(mean * random.gamma(shape, 1 / shape)).astype(np.float64), unknown


def test_what_made_the_counts_is_found() -> None:
    """Level, slope and both dispersions come out; a column that is always known tells nothing."""
    score, count, unknown = world()

    found = tally(score, np.zeros(N), count, unknown=unknown, columns=COLUMNS)

    assert found.level == pytest.approx(0.4, abs=0.05)
    assert found.slope == pytest.approx(0.8, abs=0.05)
    X = np.where(unknown, np.nan, 0.0)[:, :2]
    spread = np.exp(found.spread.raw(X))
    assert spread[unknown[:, 1]].mean() == pytest.approx(1.0, abs=0.12)
    assert spread[~unknown[:, 1]].mean() == pytest.approx(0.4, abs=0.06)
    assert found.spread.columns == ("shown", "hidden")
    assert not found.spread.weight.any()


def test_what_is_added_is_not_scaled() -> None:
    """Pooled effects and the share that arrived enter as they are."""
    score, count, unknown = world()
    half = np.random.default_rng(2).binomial(count.astype(np.int64), 0.5).astype(np.float64)

    found = tally(score, np.full(N, np.log(0.5)), half, unknown=unknown, columns=COLUMNS)

    assert found.level == pytest.approx(0.4, abs=0.06)
    assert found.slope == pytest.approx(0.8, abs=0.05)


def test_few_rows_keep_the_slope_near_one() -> None:
    """Ten rows change the slope little, and no rows not at all."""
    score, count, unknown = world()

    few = tally(score[:10], np.zeros(10), count[:10], unknown=unknown[:10], columns=COLUMNS)
    none = tally(score[:0], np.zeros(0), count[:0], unknown=unknown[:0], columns=COLUMNS)

    assert few.slope == pytest.approx(1.0, abs=0.3)
    assert (none.level, none.slope) == pytest.approx((0.0, 1.0))


def test_recent_rows_move_the_level() -> None:
    """Counts at half of what is expected lower the level by log 2; no rows leave it."""
    mean = np.full(2000, np.log(8.0))
    count = np.random.default_rng(3).poisson(4.0, 2000).astype(np.float64)

    assert recent_shift(mean, count, np.full(2000, 0.5)) == pytest.approx(-np.log(2.0), abs=0.03)
    assert recent_shift(mean[:0], count[:0], mean[:0]) == 0.0


def test_few_rows_leave_the_level_unsure() -> None:
    """Nothing in three rows is no certainty: the level stays near, the spread is wide."""
    none = np.zeros(3)
    found = tally(none, none, none, unknown=np.zeros((3, 0), np.bool_), columns=())
    many = tally(*world()[:1], np.zeros(N), world()[1], unknown=world()[2], columns=COLUMNS)

    assert found.level > -2.0
    assert found.spread.intercept > many.spread.intercept + 0.5
