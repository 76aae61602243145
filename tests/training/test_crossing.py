"""Cross-validation of the recipe."""

from dataclasses import replace

import numpy as np

from tests.training import toys
from training.crossing import candidates, comparable, parts, plan
from training.learning import RIDGES, Plan
from training.likelihoods import hits


def test_plan_wants_trees_where_the_truth_is_bent() -> None:
    """Cross-validation grows trees for a truth that no line follows."""
    assert plan(toys.binary()).rounds > 0


def test_plan_of_few_rows_is_cautious() -> None:
    """With too few rows or groups to compare, the strongest ridge and no trees."""
    task = toys.binary()

    assert plan(task.take(np.arange(12))) == Plan(max(RIDGES), 0, 0.0)
    assert plan(replace(task, groups=np.zeros(len(task.X), np.int64))) == Plan(max(RIDGES), 0, 0.0)


def test_held_scores_come_from_other_groups() -> None:
    """A row's held-out score does not depend on its own label, nor on those of its group."""
    task = toys.binary()
    flipped = toys.hit_of(task).copy()
    flipped[:3] = 1.0 - flipped[:3]  # one group
    other = replace(task, asked=hits(flipped))

    first, second = (
        candidates(one, Plan(3.0, 10), ("trees",))["trees"].held for one in (task, other)
    )

    np.testing.assert_array_equal(first[:3], second[:3])
    assert (first != second).any()


def test_candidates_of_few_rows_are_the_constant() -> None:
    """With too few rows only a constant is fitted, whatever was asked for."""
    task = toys.counted().take(np.arange(9))

    found = candidates(task, Plan(300.0, 0), ("trees",))

    assert not comparable(task)
    assert list(found) == ["constant"]
    assert np.isfinite(found["constant"].held).all()


def test_plan_finds_how_far_counts_vary() -> None:
    """The dispersion is learned on rows left out; hits have none."""
    assert abs(plan(toys.counted()).dispersion - toys.DISPERSION) < 0.3  # trees are yet to come
    assert plan(toys.binary()).dispersion == 0.0


def test_kept_rows_are_learned_from_and_never_judged() -> None:
    """Every fold learns from the rows that are kept, and has no score for them."""
    task = toys.binary()
    kept = np.arange(len(task.X)) % 4 == 0
    found = replace(task, kept=kept)

    for train, held in parts(found):
        assert set(np.flatnonzero(kept)) <= set(train.tolist())
        assert not kept[held].any()
        assert not set(train.tolist()) & set(held.tolist())
    held_scores = candidates(found, Plan(3.0, 0), ("linear",))["linear"].held
    np.testing.assert_array_equal(np.isnan(held_scores), kept)


def test_a_lone_group_is_judged_by_the_kept_rows() -> None:
    """Beside kept rows one group is enough: models of the kept rows alone judge it."""
    task = toys.binary()
    kept = np.arange(len(task.X)) % 2 == 0
    found = replace(task, kept=kept, groups=np.where(kept, 1, 0))

    ((train, held),) = parts(found)

    np.testing.assert_array_equal(train, np.flatnonzero(kept))
    np.testing.assert_array_equal(held, np.flatnonzero(~kept))
