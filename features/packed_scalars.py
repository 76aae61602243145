"""Single values of MessagePack (github.com/msgpack/msgpack/blob/master/spec.md), in compiled code.

Only what rows of a history hold is read: nothing, flags, integers, float64, texts, timestamps, and
the heads of arrays and maps. Anything else, and what ends too early, is BROKEN.
"""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
from typing import Any

import numpy as np
import numpy.typing as npt

from features.arrays import Ints
from features.compiled import kernel_part, kernel_step

Bytes = npt.NDArray[np.uint8]
Word = int | np.integer[Any]

# NumPy integers: for each Python integer that a kernel part is passed, numba would compile it anew.
NIL, FLAG, INTEGER, FLOAT, TEXT, TIME, ARRAY, MAP, BROKEN = np.arange(9)

LENGTH = 16
"""A text is the place of its first byte, shifted by so many bits, and its length."""

_MASK = 2**LENGTH - 1

# By a value's first byte: what it is, the value or length if that byte holds it, else how many
# bytes hold it.
_CLASS: Ints = np.full(256, BROKEN)
_HELD: Ints = np.zeros(256, dtype=np.int64)
_WIDTH: Ints = np.zeros(256, dtype=np.int64)
for _start, _stop, _kind, _first in (
    (0x00, 0x80, INTEGER, 0),
    (0x80, 0x90, MAP, 0),
    (0x90, 0xA0, ARRAY, 0),
    (0xA0, 0xC0, TEXT, 0),
    (0xC0, 0xC1, NIL, 0),
    (0xC2, 0xC4, FLAG, 0),
    (0xE0, 0x100, INTEGER, -32),
):
    _CLASS[_start:_stop] = _kind
    _HELD[_start:_stop] = np.arange(_first, _first + _stop - _start)
for _marker, _kind, _width in (
    (0xC7, TIME, 14),
    (0xCB, FLOAT, 8),
    (0xCC, INTEGER, 1),
    (0xCD, INTEGER, 2),
    (0xCE, INTEGER, 4),
    (0xCF, INTEGER, 8),
    (0xD6, TIME, 5),
    (0xD7, TIME, 9),
    (0xD9, TEXT, 1),
    (0xDA, TEXT, 2),
    (0xDC, ARRAY, 2),
    (0xDD, ARRAY, 4),
    (0xDE, MAP, 2),
):
    _CLASS[_marker], _WIDTH[_marker] = _kind, _width
# Integers below -32 have other markers; no column holds any.
_TIMESTAMP = 0xFF  # the extension's type


@kernel_step
def _integer(data: Bytes, at: Word, end: Word) -> Word:
    """Return a big-endian integer, signed if it has eight bytes."""
    value = np.int64(data[at])
    if value >= 128 and end - at == 8:
        value -= 256
    for place in range(at + 1, end):
        value = (value << 8) | np.int64(data[place])
    return value


@kernel_part
def _moment(data: Bytes, at: Word, end: Word) -> tuple[Word, Word]:
    """Return TIME and the microseconds of a timestamp of 4, 8 or 12 bytes after its type."""
    if end - at == 14:
        if data[at] != 12 or data[at + 1] != _TIMESTAMP:
            return BROKEN, 0
        nanoseconds = _integer(data, at + 2, at + 6)
        return TIME, _integer(data, at + 6, end) * 1_000_000 + nanoseconds // 1000
    if data[at] != _TIMESTAMP:
        return BROKEN, 0
    first = _integer(data, at + 1, at + 5)
    if end - at == 5:
        return TIME, first * 1_000_000
    # 30 bits of nanoseconds, 34 of seconds.
    seconds = ((first & 3) << 32) | _integer(data, at + 5, end)
    return TIME, seconds * 1_000_000 + (first >> 2) // 1000


@kernel_step
def scalar(data: Bytes, at: Word) -> tuple[Word, Word, Word]:
    """Return what stands at a place, its value, and where the next one begins.

    Of a text it is place and length, of an array or map how many follow, of a float its bits.
    """
    if at >= len(data):
        return BROKEN, 0, at
    marker = data[at]
    kind = _CLASS[marker]
    at += 1
    end = at + _WIDTH[marker]
    if end > len(data):
        return BROKEN, 0, at
    if kind == TIME:
        kind, value = _moment(data, at, end)
        return kind, value, end
    value = _HELD[marker] if end == at else _integer(data, at, end)
    if kind == TEXT:
        at = end
        end += value
        if end > len(data):
            return BROKEN, 0, at
        value |= at << LENGTH
    return kind, value, end


@kernel_step
def after_name(data: Bytes, at: Word) -> Word:
    """Return where the value begins that belongs to a name of less than 32 characters.

    Names are not compared: rows are laid out by their schema. What is no name leads to the end.
    """
    if at < len(data) and data[at] & 0xE0 == 0xA0:
        return at + 1 + (data[at] & 0x1F)
    return len(data)


@kernel_part
def is_same(data: Bytes, one: Word, other: Word) -> bool:
    """Tell whether two texts are equal."""
    length = one & _MASK
    if length != other & _MASK:
        return False
    one >>= LENGTH
    other >>= LENGTH
    place = 0
    while place < length and data[one + place] == data[other + place]:
        place += 1
    return place == length


@kernel_part
def compared(data: Bytes, one: Word, other: Word) -> Word:
    """Return below, at or above 0 as a text comes before, is, or comes after the other."""
    first = one >> LENGTH
    second = other >> LENGTH
    for place in range(min(one & _MASK, other & _MASK)):
        difference = np.int64(data[first + place]) - np.int64(data[second + place])
        if difference != 0:
            return difference
    return (one & _MASK) - (other & _MASK)


def text_of(data: bytearray, text: int) -> str:
    """Return a text, given its place and length.

    Parameters
    ----------
    data : bytearray
    text : int
        As `scalar` gives it.
    """
    start = text >> LENGTH
    return data[start : start + (text & _MASK)].decode()
