"""The order of rows is that of sorted(), found with and without sorting."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.ordering import BLOCK, arranged, is_rising, order_of, repeated

rows = st.lists(st.tuples(*[st.integers(0, 3)] * 3, st.text("ab", max_size=2)), max_size=40)


@given(rows)
def test_rows_are_ordered_by_keys_then_text(table: list[tuple[int, int, int, str]]) -> None:
    """The first key leads, texts settle ties, and equal rows keep their order."""
    keys = [np.array([row[n] for row in table], dtype=np.int64) for n in range(3)]
    names = pa.array([row[3] for row in table], pa.large_string())

    def sorted_rows(parts: int) -> list[int]:
        return sorted(range(len(table)), key=lambda n: table[n][:parts])

    assert order_of(*keys).tolist() == sorted_rows(3)
    assert order_of(*keys[:2]).tolist() == sorted_rows(2)
    by_all = order_of(*keys, ties=names).tolist()
    assert [table[n] for n in by_all] == sorted(table)


@given(rows)
def test_rows_in_order_are_not_ordered_again(table: list[tuple[int, int, int, str]]) -> None:
    """Rows that stand in their order are told to stay, and only these."""
    ordered = sorted(row[:2] for row in table)
    keys = np.array(ordered, dtype=np.int64).reshape(-1, 2).T

    assert arranged(*keys) is None
    if ordered and ordered[0] != ordered[-1]:
        assert arranged(*keys[:, ::-1]) is not None


@given(rows)
def test_repeated_keys_are_found(table: list[tuple[int, int, int, str]]) -> None:
    """Rows are found whose keys, all together, stand in another row too."""
    keys = [np.array([row[n] for row in table], dtype=np.int64) for n in range(3)]
    pairs = [row[:3] for row in table]

    found = repeated(*keys).tolist()

    assert found == [n for n, pair in enumerate(pairs) if pairs.count(pair) > 1]


@pytest.mark.parametrize("row", [1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK])
def test_no_fall_is_overlooked(row: int) -> None:
    """Rows are compared in blocks: one that falls is seen within one and between two."""
    rising = np.arange(2 * BLOCK + 1) // 3
    falling = np.zeros(len(rising), dtype=np.int64)
    falling[row:] = -1

    assert is_rising(rising, np.zeros_like(falling), strictly=False)
    assert not is_rising(np.zeros_like(falling), falling, strictly=False)
    assert not is_rising(np.arange(len(rising)) // 2, np.arange(len(rising)) // 2, strictly=True)
