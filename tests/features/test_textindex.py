"""Ids are found where they stand, whatever their order, as a dictionary would find them."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from features.textindex import TextIndex

text = st.text("abé-", max_size=4)
texts = st.lists(text, max_size=30)


def column(values: list[str | None]) -> pa.Array:
    """Return a column of texts that begins in the middle of its memory."""
    return pa.array(["before", *values, "after"], pa.large_string())[1 : len(values) + 1]


@given(texts)
@example(["a", "ab", "abc", "b"])
@example([])
def test_first_is_where_a_text_stands_first(values: list[str]) -> None:
    """Each row is told the first row of its text; texts that rise are known to stand once."""
    index = TextIndex(column(list(values)))

    assert index.first.tolist() == [values.index(value) for value in values]
    by_bytes = [value.encode() for value in values]
    assert index.rising == (by_bytes == sorted(set(by_bytes)))


@given(
    st.sets(st.text("abé-", max_size=4)),
    st.lists(st.one_of(st.none(), st.text("abé-", max_size=4))),
)
def test_find_is_a_dictionary(known: set[str], asked: list[str | None]) -> None:
    """Texts are found in any order, known or not, repeated or null, in rising and mixed columns."""
    for values in (sorted(known, key=str.encode), sorted(known, key=lambda one: one[::-1])):
        index, place = TextIndex(column(list(values))), {name: n for n, name in enumerate(values)}

        found = index.find(column([*asked, *values, *asked]))

        wanted = [-1 if one is None else place.get(one, -1) for one in [*asked, *values, *asked]]
        assert found.tolist() == wanted


@pytest.mark.parametrize("order", [np.arange(5_000), np.random.default_rng(3).permutation(5_000)])
def test_many_ids_are_found(order: np.ndarray) -> None:
    """Thousands of ids share a table without being taken for one another."""
    ids = pa.array([f"post-{n}" for n in range(5_000)], pa.large_string())

    assert TextIndex(ids.take(pa.array(order))).find(ids)[order].tolist() == list(range(5_000))
