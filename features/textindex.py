"""Where each of millions of ids stands: their order where they have one, else a hash table.

Arrow's own tables take seconds for what a join of two such columns needs.
"""

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from features.arrays import Ints, ints
from features.compiled import kernel, kernel_part

Bytes = npt.NDArray[np.uint8]

_BASIS = np.uint64(0xCBF29CE484222325)  # FNV-1a, and the golden ratio to mix its bits
_PRIME = np.uint64(0x100000001B3)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_LOW = np.int64(0xFFFFFFFF)


class Texts(NamedTuple):
    """Texts one after the other: that of row i is `data[offsets[i]:offsets[i + 1]]`."""

    offsets: Ints
    data: Bytes


@kernel_part
def _hash(texts: Texts, row: int) -> np.uint64:
    """Return 64 well-mixed bits of a text."""
    bits = _BASIS
    for place in range(texts.offsets[row], texts.offsets[row + 1]):
        bits = (bits ^ np.uint64(texts.data[place])) * _PRIME
    bits ^= bits >> _HALF
    bits *= _GOLDEN
    return bits ^ (bits >> _HALF)


@kernel_part
def _same(one: Texts, row: int, other: Texts, place: int) -> bool:
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
def _slot(texts: Texts, row: int, bits: np.uint64, of: Texts, slots: Ints) -> np.int64:
    """Return the slot of a text with this hash in the table over `of`, or the free one for it.

    A slot holds half of the hash beside the row + 1, so that most other texts are told apart
    without a look at them.
    """
    mask = np.int64(len(slots) - 1)
    tag = np.int64(bits >> _HALF) << np.int64(32)
    slot = np.int64(bits & np.uint64(mask))
    while slots[slot] != 0:
        entry = slots[slot]
        if (entry & ~_LOW) == tag and _same(texts, row, of, (entry & _LOW) - 1):
            break
        slot = (slot + 1) & mask
    return slot


@kernel
def rising(texts: Texts) -> bool:
    """Tell whether each text comes after the one before it in the order of their bytes."""
    for row in range(1, len(texts.offsets) - 1):
        place = texts.offsets[row - 1]
        end = texts.offsets[row]
        stop = texts.offsets[row + 1]
        i = end
        while place < end and i < stop and texts.data[place] == texts.data[i]:
            place += 1
            i += 1
        if i == stop or (place < end and texts.data[place] > texts.data[i]):
            return False
    return True


@kernel
def fill(texts: Texts, slots: Ints, first: Ints) -> None:
    """Put every text into the empty table and say where each stands first."""
    for row in range(len(first)):
        bits = _hash(texts, row)
        slot = _slot(texts, row, bits, texts, slots)
        if slots[slot] == 0:
            slots[slot] = (np.int64(bits >> _HALF) << np.int64(32)) | np.int64(row + 1)
        first[row] = (slots[slot] & _LOW) - 1


@kernel
def look_up(asked: Texts, of: Texts, slots: Ints, found: Ints, last: int) -> bool:
    """Fill in the row of each asked text among `of`, -1 where it is none.

    Mostly a text is the one after the last found, or that one again. Where it is not and there is
    no table, return that not all are filled in.
    """
    rows = len(of.offsets) - 1
    for row in range(len(found)):
        if last + 1 < rows and _same(asked, row, of, last + 1):
            last += 1
        elif last < 0 or not _same(asked, row, of, last):
            if len(slots) == 0:
                return False
            slot = _slot(asked, row, _hash(asked, row), of, slots)
            if slots[slot] == 0:
                found[row] = -1
                continue
            last = (slots[slot] & _LOW) - 1
        found[row] = last
    return True


class TextIndex:
    """Where each text of a column stands.

    Parameters
    ----------
    texts : pyarrow.LargeStringArray
        Without nulls, less than 2 ** 31.

    Attributes
    ----------
    rising : bool
        Whether each text comes after the one before it, so that none is repeated.
    """

    def __init__(self, texts: Any) -> None:
        self._texts = _texts(texts)
        self._last = -1  # where the next text that is asked for is looked for first
        self.rising = bool(rising(self._texts))

    @cached_property
    def _table(self) -> tuple[Ints, Ints]:
        """The slots, and the row where each text stands first."""
        rows = len(self._texts.offsets) - 1
        # At least half of the slots stay free.
        slots, first = ints(1 << (2 * rows).bit_length()), ints(rows)
        # Not compiled, NumPy would warn of what is meant: a hash overflows.
        with np.errstate(over="ignore"):
            fill(self._texts, slots, first)
        return slots, first

    @property
    def first(self) -> Ints:
        """Row where each row's text stands first: its own, unless the text is repeated."""
        return np.arange(len(self._texts.offsets) - 1) if self.rising else self._table[1]

    def find(self, texts: Any) -> Ints:
        """Return the row of each text, where the index has none twice; -1 where it is not there.

        Parameters
        ----------
        texts : pyarrow.LargeStringArray

        Returns
        -------
        ndarray of int64
        """
        found, asked = ints(len(texts)), _texts(texts)
        slots = ints() if self.rising else self._table[0]
        with np.errstate(over="ignore"):
            if not look_up(asked, self._texts, slots, found, self._last):
                look_up(asked, self._texts, self._table[0], found, self._last)
        if len(found):
            self._last = int(found[-1])
        if texts.null_count:
            found[texts.is_null().to_numpy(zero_copy_only=False)] = -1
        return found


def _texts(array: Any) -> Texts:
    _, starts, data = array.buffers()
    first = array.offset
    offsets = np.frombuffer(starts, np.int64)[first : first + len(array) + 1] if starts else ints(1)
    return Texts(offsets, np.frombuffer(data or b"", np.uint8))
