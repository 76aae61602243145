"""Naive labels: what a collaboration has brought so far, taken as what it brings."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.conversion_labels import naive
from benchmarks.conversion_rows import Cut, cut
from training.dataset import Rows, collaborations


@pytest.fixture(scope="module")
def where(world: Path) -> Cut:
    return cut(world)


@pytest.fixture(scope="module")
def every(where: Cut) -> Rows:
    """Return all collaborations as known at the end."""
    return collaborations(where.tables, where.tables.latest + 1, young=True)


def test_mature_rows_keep_their_labels(where: Cut, every: Rows) -> None:
    """Where day 30 had been seen by then, naive labels are the product's."""
    mine = where.known()
    found = naive(where.tables, every, where.at)
    counts = dict(zip(found.row_id, found.value.tolist(), strict=True))
    assert [counts[name] for name in mine.row_id] == mine.value.tolist()


def test_young_rows_are_there_and_count_less_than_they_will(where: Cut, every: Rows) -> None:
    """What was published before the cut and is not mature is taken as final, all of it whole."""
    found = naive(where.tables, every, where.at)
    young = ~np.isin(found.row_id, where.known().row_id)
    final = dict(zip(every.row_id, every.value.tolist(), strict=True))
    later = np.array([final[name] for name in found.row_id])
    assert young.sum() > 20
    assert found.value[young].sum() < 0.9 * later[young].sum()
    assert (found.share == 1.0).all()
    assert (found.known < where.at).all()
    assert (found.as_of < where.at).all()


def test_features_are_those_of_the_agreement(where: Cut, every: Rows) -> None:
    """Labels alone differ from the rows that they are taken from."""
    found = naive(where.tables, every, where.at)
    place = {name: row for row, name in enumerate(every.row_id)}
    rows = [place[name] for name in found.row_id]
    assert np.array_equal(found.X, every.X[rows], equal_nan=True)
