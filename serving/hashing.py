"""Which part of many an id belongs to: the same on every machine, in every process and version."""

from typing import Any

import numpy as np
import numpy.typing as npt

from features.arrays import Ints

NAME = "fnv-1a over words, finished by murmur3"
"""Kept with partitioned tables; another function needs another name."""

_OFFSET, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_WORD = 8  # bytes taken at once
_LOOK = 4096  # rows


def parts_of(texts: Any, parts: int) -> Ints:
    """Return the part, 0 to `parts` - 1, of each id; null belongs with the empty text.

    Parameters
    ----------
    texts : pyarrow.LargeStringArray
    parts : int

    Returns
    -------
    ndarray of int64
    """
    if parts == 1 or not len(texts):
        return np.zeros(len(texts), dtype=np.int64)
    # Ids of creators stand many times over, those of posts once: the first rows tell.
    first = texts.slice(0, _LOOK)
    if 2 * len(first.unique()) > len(first):
        return (_hashes(texts) % np.uint64(parts)).astype(np.int64)
    coded = texts.dictionary_encode()
    places = coded.indices.fill_null(len(coded.dictionary)).to_numpy(zero_copy_only=False)
    hashes = np.append(_hashes(coded.dictionary), _finished(np.array([_OFFSET]) * _PRIME))
    found: Ints = (hashes % np.uint64(parts)).astype(np.int64)[places]
    return found


def _hashes(texts: Any) -> npt.NDArray[np.uint64]:
    """Return 64 bits for each text, from its bytes in words of eight and its length."""
    found = np.full(len(texts), _OFFSET)
    _, starts, data = texts.buffers()
    if not len(texts) or data is None:
        return _finished(found * _PRIME)
    offsets = np.frombuffer(starts, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    padded = np.zeros(offsets[-1] + _WORD, dtype=np.uint8)
    padded[: offsets[-1]] = np.frombuffer(data, np.uint8)[: offsets[-1]]
    # A word begins at every byte.
    words = np.ndarray((len(padded) - _WORD + 1,), "<u8", padded.data, strides=(1,))
    lengths = np.diff(offsets)
    for start in range(0, int(lengths.max()), _WORD):
        rows = np.flatnonzero(lengths > start)
        rest = np.minimum(lengths[rows] - start, _WORD).astype(np.uint64)
        word = words[offsets[rows] + start] & (
            ~np.uint64(0) >> (np.uint64(64) - rest * np.uint64(8))
        )
        found[rows] = (found[rows] ^ word) * _PRIME
        found[rows] ^= found[rows] >> np.uint64(32)
    return _finished((found ^ lengths.astype(np.uint64)) * _PRIME)


def _finished(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return the numbers with every bit spread over all others."""
    for factor in (_FIRST, _SECOND):
        numbers = (numbers ^ (numbers >> np.uint64(33))) * factor
    return numbers ^ (numbers >> np.uint64(33))
