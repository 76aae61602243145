"""Texts as the bytes they are, compared in compiled loops; rising ones found in their order."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from features.arrays import Ints, ints
from features.compiled import kernel, kernel_part


class Texts(NamedTuple):
    """Texts one after the other: that of row i is `data[offsets[i]:offsets[i + 1]]`."""

    offsets: Ints
    data: npt.NDArray[np.uint8]


class Piece(NamedTuple):
    """Some of many texts, and how many stand before them."""

    texts: Texts
    before: int


def texts_of(array: Any) -> Texts:
    """Return the memory of a column of texts, of a null no byte or some of its own.

    Parameters
    ----------
    array : pyarrow.LargeStringArray

    Returns
    -------
    Texts
    """
    _, starts, data = array.buffers()
    first = array.offset
    offsets = np.frombuffer(starts, np.int64)[first : first + len(array) + 1] if starts else ints(1)
    return Texts(offsets, np.frombuffer(data or b"", np.uint8))


def text_at(texts: Texts, row: int) -> bytes:
    """Return one text.

    Parameters
    ----------
    texts : Texts
    row : int

    Returns
    -------
    bytes
    """
    start, end = texts.offsets[row : row + 2]
    return texts.data[start:end].tobytes()


@kernel_part
def same(one: Texts, row: int, other: Texts, place: int) -> bool:
    """Tell whether two texts are equal."""
    start = one.offsets[row]
    length = one.offsets[row + 1] - start
    begin = other.offsets[place]
    if other.offsets[place + 1] - begin != length:
        return False
    i = 0
    while i < length and one.data[start + i] == other.data[begin + i]:
        i += 1
    return bool(i == length)


@kernel_part
def below(one: Texts, row: int, other: Texts, place: int) -> bool:
    """Tell whether a text comes before another in the order of their bytes."""
    i = one.offsets[row]
    end = one.offsets[row + 1]
    j = other.offsets[place]
    stop = other.offsets[place + 1]
    while i < end and j < stop and one.data[i] == other.data[j]:
        i += 1
        j += 1
    if j == stop:
        return False
    return bool(i == end or one.data[i] < other.data[j])


@kernel_part
def _first_not_below(of: Texts, asked: Texts, row: int) -> int:
    """Return the first of rising texts that is not below an asked one."""
    start = 0
    stop = len(of.offsets) - 1
    while start < stop:
        middle = (start + stop) // 2
        if below(of, middle, asked, row):
            start = middle + 1
        else:
            stop = middle
    return start


@kernel
def rising(texts: Texts) -> bool:
    """Tell whether each text comes after the one before it in the order of their bytes."""
    rows = len(texts.offsets) - 1
    row = 1
    while row < rows and below(texts, row - 1, texts, row):
        row += 1
    return row >= rows


@kernel
def follow(asked: Texts, row: int, piece: Piece, found: Ints, jumps: int) -> tuple[int, int]:
    """Fill in where asked texts stand among rising ones, -1 for nowhere, from one row on.

    Mostly a text is the one after the last found, or that one again; any other is a jump, looked
    for by halves in this piece, and the first asked stands in no other. Return the asked row that
    may stand in another, or is a jump too many, and the jumps that are left.
    """
    of = piece.texts
    rows = len(of.offsets) - 1
    first = row
    last = -1
    while row < len(found):
        if last >= 0 and last + 1 < rows and same(asked, row, of, last + 1):
            last += 1
        elif last < 0 or not same(asked, row, of, last):
            place = _first_not_below(of, asked, row)
            there = place < rows and same(asked, row, of, place)
            outside = not there and place % rows == 0
            if row > first and (jumps == 0 or outside):
                break
            jumps -= 1
            if not there:
                found[row] = -1
                row += 1
                continue
            last = place
        found[row] = piece.before + last
        row += 1
    return row, jumps
