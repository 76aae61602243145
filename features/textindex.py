"""Where each of millions of ids stands: their order where they have one, else a hash table.

Arrow's own tables take seconds for what a join of two such columns needs.
"""

from bisect import bisect_right
from itertools import accumulate
from operator import lt
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from features.arrays import Ints, ints
from features.compiled import kernel, kernel_part
from features.textbytes import Piece, Texts, follow, rising, same, text_at, texts_of
from features.texts import whole

_BASIS = np.uint64(0xCBF29CE484222325)  # FNV-1a, and the golden ratio to mix its bits
_PRIME = np.uint64(0x100000001B3)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_LOW = np.int64(0xFFFFFFFF)

FEW = 64  # jumps, and one for each so many texts: to look for more by halves takes too long


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
        if (entry & ~_LOW) == tag and same(texts, row, of, (entry & _LOW) - 1):
            break
        slot = (slot + 1) & mask
    return slot


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
def look_up(asked: Texts, of: Texts, slots: Ints, found: Ints) -> None:
    """Fill in the row of each asked text among `of`, -1 where it is none.

    Mostly a text is the one after the last found, or that one again.
    """
    rows = len(of.offsets) - 1
    last = -1
    for row in range(len(found)):
        if last + 1 < rows and same(asked, row, of, last + 1):
            last += 1
        elif last < 0 or not same(asked, row, of, last):
            slot = _slot(asked, row, _hash(asked, row), of, slots)
            if slots[slot] == 0:
                found[row] = -1
                continue
            last = (slots[slot] & _LOW) - 1
        found[row] = last


class TextIndex:
    """Where each text of a column stands.

    Parameters
    ----------
    texts : pyarrow.LargeStringArray or pyarrow.ChunkedArray of them
        Without nulls, less than 2 ** 31.

    Attributes
    ----------
    rising : bool
        Whether each text comes after the one before it, so that none is repeated.
    """

    def __init__(self, texts: Any) -> None:
        self._column = texts
        pieces = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
        starts = accumulate(map(len, pieces), initial=0)
        self._pieces = [
            Piece(texts_of(piece), start)
            for piece, start in zip(pieces, starts, strict=False)
            if len(piece)
        ]
        self._firsts = [text_at(piece.texts, 0) for piece in self._pieces]
        lasts = [text_at(piece.texts, len(piece.texts.offsets) - 2) for piece in self._pieces]
        apart = all(map(lt, lasts, self._firsts[1:]))
        self.rising = apart and all(rising(piece.texts) for piece in self._pieces)
        self._table: _Table | None = None
        self._making = Lock()

    @property
    def first(self) -> Ints:
        """Row where each row's text stands first: its own, unless the text is repeated."""
        return np.arange(len(self._column)) if self.rising else self._made().first

    def find(self, texts: Any) -> Ints:
        """Return the row of each text, where the index has none twice; -1 where it is not there.

        Parameters
        ----------
        texts : pyarrow.LargeStringArray

        Returns
        -------
        ndarray of int64
        """
        found, asked = ints(len(texts)), texts_of(texts)
        if not self._followed(asked, found):
            table = self._made()
            with np.errstate(over="ignore"):
                look_up(asked, table.texts, table.slots, found)
        if texts.null_count:
            found[texts.is_null().to_numpy(zero_copy_only=False)] = -1
        return found

    def _followed(self, asked: Texts, found: Ints) -> bool:
        """Fill in the rows of texts that are asked for mostly in order; tell whether they are."""
        if not self.rising or self._table is not None:
            return False
        row, jumps = 0, FEW + len(found) // FEW
        while row < len(found) and jumps > 0:
            piece = bisect_right(self._firsts, text_at(asked, row)) - 1
            if piece < 0:
                found[row] = -1
                row, jumps = row + 1, jumps - 1
            else:
                row, jumps = follow(asked, row, self._pieces[piece], found, jumps)
        return row == len(found)

    def _made(self) -> "_Table":
        with self._making:
            if self._table is None:
                self._table = _table(whole(self._column))
            return self._table


class _Table(NamedTuple):
    """Texts, the slots over them, and the row where each stands first."""

    texts: Texts
    slots: Ints
    first: Ints


def _table(column: Any) -> _Table:
    # At least half of the slots stay free.
    slots, first = ints(1 << (2 * len(column)).bit_length()), ints(len(column))
    texts = texts_of(column)
    # Not compiled, NumPy would warn of what is meant: a hash overflows.
    with np.errstate(over="ignore"):
        fill(texts, slots, first)
    return _Table(texts, slots, first)
