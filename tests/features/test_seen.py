"""What a request's own history shows is what its tables show, bit for bit."""

from dataclasses import fields

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from features.computing import data_summary, matrix, samples
from features.drivers import Asked
from features.histories import brief_rows
from features.packed import unpacked
from features.rows import from_rows
from features.seen import seen, seen_of
from features.spine import Spine, spine_of
from features.tables import Tables
from tests.features.packing import owned, packed
from tests.features.raw_rows import Rows
from tests.strategies import asks_of, rows_of

seeds = st.integers(0, 2**32 - 1)


def tables_of(history: Rows, tables: Tables) -> Tables:
    """Return the tables of one creator, for whom the briefs of all are published."""
    return from_rows({name: some for name, some in history.items() if some}, briefs=tables.briefs)


def offer(tables: Tables, ask: dict[str, object]) -> tuple[Spine, Asked]:
    """Return what is asked about the one creator of some tables, for either way."""
    spine = spine_of(tables, pd.DataFrame([ask]))
    briefs = brief_rows(tables.briefs)
    brief, as_of = np.array(spine.brief), np.array(spine.as_of)
    offered = np.array(spine.compensation), np.array(spine.fee)
    return spine, Asked(np.zeros(1, np.int64), briefs, brief, *offered, as_of)


def assert_same(one: object, other: object) -> None:
    """Assert that two of these are equal in every field."""
    for field in fields(one):  # type: ignore[arg-type]
        left, right = getattr(one, field.name), getattr(other, field.name)
        assert_array_equal(left, right, field.name)


@settings(max_examples=30)
@given(seeds)
def test_a_history_shows_what_its_tables_show(seed: int) -> None:
    """Features for any brief and offer, sample and summary, packed and by the reader's way."""
    rows = rows_of(seed)
    published = from_rows({"creators": [], "briefs": rows["briefs"], "brands": rows["brands"]})
    for ask in asks_of(rows, seed, n=3):
        history = owned(rows, str(ask["creator_id"]))
        tables = tables_of(history, published)
        spine, asked = offer(tables, ask)
        expected = matrix(tables, spine), samples(tables, spine), data_summary(tables, spine)

        ways = [seen_of(tables, asked)]
        found, _ = unpacked(packed([history]), published.briefs)
        ways += [] if found is None else [seen(found, asked)]

        for way in ways:
            assert_array_equal(way.X, expected[0])
            assert_same(way.samples, expected[1])
            assert_same(way.summary, expected[2])
            assert_array_equal(way.platform, tables.creators.platform)
            assert_array_equal(way.followers, ways[0].followers)
