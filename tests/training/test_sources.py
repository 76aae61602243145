"""How labelled accounts of several sources are combined."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.tables import Tables
from training.labelled import Rows, prepare
from training.sources import LEAST, agreement, mix, weights

sources = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=60)


@given(sources, st.lists(st.floats(0.05, 1.0), min_size=4, max_size=4))
def test_a_source_weighs_its_worth_in_each_class(
    rows: list[tuple[int, bool]], worth: list[float]
) -> None:
    """Whatever its size and share of fakes, a source weighs the same among fakes and among real."""
    source, fake = (np.array(column) for column in zip(*rows, strict=True))
    counts = np.array(worth)

    weight = weights(fake.astype(np.float64), source.astype(np.int64), counts)

    for label in np.unique(fake):
        present = np.unique(source[fake == label])
        totals = np.array([weight[(fake == label) & (source == one)].sum() for one in present])
        np.testing.assert_allclose(totals * counts[present].sum(), counts[present] * totals.sum())


def test_classes_weigh_alike() -> None:
    """The share of fakes is one half, whatever the sources hold."""
    random = np.random.default_rng(3)
    source = random.integers(0, 3, 900)
    fake = (random.random(900) < np.array([0.1, 0.5, 0.8])[source]).astype(np.float64)

    weight = weights(fake, source)

    assert weight.mean() == pytest.approx(1.0)
    assert np.average(fake, weights=weight) == pytest.approx(0.5)


@pytest.fixture(scope="module")
def world_rows(tables: Tables) -> Rows:
    """Return the small world's accounts."""
    return prepare(tables.accounts)


def _relabelled(rows: Rows, fake: np.ndarray) -> Rows:
    return replace(rows, accounts=replace(rows.accounts, is_fake=fake.astype(np.float64)))


def test_a_source_of_other_labels_hardly_counts(world_rows: Rows) -> None:
    """Labels that have nothing to do with fake followers leave a source with the least worth."""
    coins = np.random.default_rng(5).random(len(world_rows.X)) < 0.4

    found = agreement(_relabelled(world_rows, coins), world_rows)

    assert (found < 0.15).all()
    assert (found >= LEAST).all()
    assert (agreement(world_rows, world_rows) > 0.7).all()


def test_the_world_counts_as_much_as_all_labelled_sources(world_rows: Rows) -> None:
    """Its rows come last, are not among the given ones, and weigh half."""
    mixture = mix(world_rows, world_rows)

    assert mixture.given.tolist() == [True] * len(world_rows.X) + [False] * len(world_rows.X)
    assert mixture.worth[-1] == pytest.approx(mixture.worth[:-1].sum())
    weight = mixture.weights(np.arange(len(mixture.X)))
    assert weight[mixture.given].sum() == pytest.approx(weight.sum() / 2)
    assert not set(mixture.group[mixture.given]) & set(mixture.group[~mixture.given])


def test_without_a_world_sources_count_alike(world_rows: Rows) -> None:
    """The world's own accounts have nothing beside them."""
    mixture = mix(world_rows, None)

    assert mixture.given.all()
    np.testing.assert_array_equal(mixture.worth, 1.0)
