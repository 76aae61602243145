"""Ids are found where they stand, whatever their order, as a dictionary would find them."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from features.textindex import TextIndex

text = st.text("abé-", max_size=4)
texts = st.lists(text, max_size=30)
cuts = st.lists(st.integers(0, 40), max_size=6)


def column(values: list[str | None]) -> pa.Array:
    """Return a column of texts that begins in the middle of its memory."""
    return pa.array(["before", *values, "after"], pa.large_string())[1 : len(values) + 1]


def in_pieces(values: list[str], places: list[int]) -> pa.ChunkedArray:
    """Return a column of texts cut at some places, some pieces of which hold none."""
    ends = sorted(min(place, len(values)) for place in places)
    spans = zip([0, *ends], [*ends, len(values)], strict=True)
    return pa.chunked_array([column(list(values[a:b])) for a, b in spans], pa.large_string())


@given(texts)
@example(["a", "ab", "abc", "b"])
@example([])
def test_first_is_where_a_text_stands_first(values: list[str]) -> None:
    """Each row is told the first row of its text; texts that rise are known to stand once."""
    index = TextIndex(column(list(values)))

    assert index.first.tolist() == [values.index(value) for value in values]
    by_bytes = [value.encode() for value in values]
    assert index.rising == (by_bytes == sorted(set(by_bytes)))


@given(texts, cuts)
def test_pieces_are_one_column(values: list[str], places: list[int]) -> None:
    """A column in pieces rises, and repeats its texts, where the whole column does."""
    cut, whole = TextIndex(in_pieces(values, places)), TextIndex(column(list(values)))

    assert cut.rising == whole.rising
    assert cut.first.tolist() == whole.first.tolist()


@given(st.sets(text), st.lists(st.one_of(st.none(), text)), cuts)
def test_find_is_a_dictionary(known: set[str], asked: list[str | None], places: list[int]) -> None:
    """Texts are found in any order, known or not, repeated or null, in rising and mixed columns."""
    for values in (sorted(known, key=str.encode), sorted(known, key=lambda one: one[::-1])):
        place = {name: n for n, name in enumerate(values)}
        index = TextIndex(in_pieces(values, places))

        found = index.find(column([*asked, *values, *asked]))

        wanted = [-1 if one is None else place.get(one, -1) for one in [*asked, *values, *asked]]
        assert found.tolist() == wanted


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), cuts)
def test_rising_ids_are_found_whatever_is_asked(
    seed: int, disorder: float, places: list[int]
) -> None:
    """Some or all of hundreds of ids, asked for out of their order, are found all the same."""
    random = np.random.default_rng(seed)
    ids = [f"{n:04d}" for n in range(0, 1_000, 2)]
    asked = np.arange(400)
    mixed = random.random(len(asked)) < disorder
    asked[mixed] = random.integers(-5, 1_010, mixed.sum())
    index = TextIndex(in_pieces(ids, [13 * place for place in places]))

    for _ in range(2):  # by then a table may have been made
        found = index.find(column([f"{n:04d}" for n in asked]))
        wanted = [n // 2 if n % 2 == 0 and 0 <= n < 1_000 else -1 for n in asked.tolist()]
        assert found.tolist() == wanted


@pytest.mark.parametrize("order", [np.arange(5_000), np.random.default_rng(3).permutation(5_000)])
def test_many_ids_are_found(order: np.ndarray) -> None:
    """Thousands of ids share a table without being taken for one another."""
    ids = pa.array([f"post-{n}" for n in range(5_000)], pa.large_string())

    assert TextIndex(ids.take(pa.array(order))).find(ids)[order].tolist() == list(range(5_000))
