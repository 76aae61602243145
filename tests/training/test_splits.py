"""Splits by time, unseen creators and folds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.splits import by_time, folds, is_unseen


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 90)), min_size=1, max_size=60))
def test_training_rows_matured_before_the_cut(rows: list[tuple[int, int]]) -> None:
    """No training row begins after the cut, nor became known at or after it (the embargo)."""
    start = np.array([begin for begin, _ in rows])
    known = start + np.array([delay for _, delay in rows])

    split = by_time(start, known, np.zeros(len(rows), np.bool_))

    assert (known[split.train] < split.cut).all()
    assert (start[split.test] >= split.cut).all()
    assert not (split.train & split.test).any()


def test_last_fifth_judges() -> None:
    """The latest fifth of the rows is held out."""
    start = np.arange(100)

    split = by_time(start, start, np.zeros(100, np.bool_))

    assert np.flatnonzero(split.test).tolist() == list(range(80, 100))


def test_unseen_creators_do_not_train() -> None:
    """Rows of unseen creators judge in later time and never train."""
    unseen = np.arange(100) % 5 == 0

    split = by_time(np.arange(100), np.arange(100), unseen)

    assert not (split.train & unseen).any()
    assert (split.test & unseen).any()


def test_no_rows_split_into_nothing() -> None:
    """An empty table gives an empty split."""
    none = np.zeros(0, np.int64)

    assert by_time(none, none, np.zeros(0, np.bool_)).cut == 0


def test_unseen_depends_on_the_id_alone() -> None:
    """A creator is unseen by its id, whoever stands beside it, and about a fifth are."""
    ids = [f"creator-{number}" for number in range(2000)]

    flags = is_unseen(ids)

    assert 0.17 < flags.mean() < 0.23
    assert is_unseen(ids[::-1]).tolist() == flags[::-1].tolist()


def test_folds_keep_groups_together() -> None:
    """No group is on both sides of a fold, and every row is held out once."""
    groups = np.arange(90) // 3

    parts = list(folds(groups, seed=7))

    assert sorted(np.concatenate([held for _, held in parts]).tolist()) == list(range(90))
    assert all(not set(groups[train]) & set(groups[held]) for train, held in parts)
