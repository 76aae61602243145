"""Columns of texts as Arrow holds them: plain or as codes for them, whole or in pieces."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.arrays import Ints
from features.compiled import kernel

Finder = Callable[[Any], Ints]
"""Arrow texts to rows of a table, -1 where there is none."""


def is_coded(column: Any) -> bool:
    """Return whether a column of texts holds codes that stand for them."""
    return isinstance(column, pa.DictionaryArray)


def of_codes(column: Any, values: Any) -> Any:
    """Return for each row what belongs to its text, and the last value where it is null.

    Parameters
    ----------
    column : pyarrow.DictionaryArray
    values : ndarray, shape (texts + 1,)
        One for each text of the dictionary, and one more for null.

    Returns
    -------
    ndarray
    """
    places = column.indices if column.null_count == 0 else column.indices.fill_null(-1)
    found = np.empty(len(column), dtype=values.dtype)
    numbers = places.to_numpy(zero_copy_only=False)
    look_up(numbers, values, found)
    return found


@kernel
def look_up(places: npt.NDArray[np.int32], values: Any, found: Any) -> None:
    """Fill in the value at each place, counted from the end where it is below 0."""
    for row in range(len(places)):
        found[row] = values[places[row]]


def whole(column: Any) -> Any:
    """Return a column of texts as one array.

    Parameters
    ----------
    column : pyarrow.Array or pyarrow.ChunkedArray

    Returns
    -------
    pyarrow.Array
    """
    if not isinstance(column, pa.ChunkedArray):
        return column
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    return column.combine_chunks()


def found(column: Any, find: Finder) -> Ints:
    """Return what `find` finds for each text, asked once a piece for one that a code stands for.

    Parameters
    ----------
    column : pyarrow.Array or pyarrow.ChunkedArray
    find : callable
        Arrow texts to a number each; a null among codes is -1.

    Returns
    -------
    ndarray of int64
    """
    if not isinstance(column, pa.ChunkedArray):
        return _found(column, find)
    # Piece by piece: put together they would take as much memory again.
    numbers, start = np.empty(len(column), dtype=np.int64), 0
    for piece in column.chunks:
        numbers[start : start + len(piece)] = _found(piece, find)
        start += len(piece)
    return numbers


def _found(column: Any, find: Finder) -> Ints:
    if not is_coded(column):
        return find(column)
    numbers: Ints = of_codes(column, np.append(find(column.dictionary), -1))
    return numbers
