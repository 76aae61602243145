"""The rules that a single row must keep to be used."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.arrays import AGES, DIMENSIONS, GENDERS, UNKNOWN_TIME, Flags, Floats, Ints
from features.columns import MOST, Column
from features.compiled import kernel
from features.countries import COUNTRIES
from features.frame import Frame
from features.impossible import impossible
from features.texts import is_coded, of_codes

MISSING = "missing_value"
RANGE = "out_of_range"
MALFORMED = "malformed_id"
UNKNOWN = "unknown_value"
REPEATED = "repeated_value"
REFERENCE = "unknown_reference"
CONFLICT = "conflicting_key"
IMPOSSIBLE = "impossible_value"

MOST_CHARACTERS = 128  # of an id
ID = re.compile(rf"[A-Za-z0-9._:@=+~-]{{1,{MOST_CHARACTERS}}}")
ID_BYTES = np.zeros(256, dtype=np.bool_)
ID_BYTES[[byte for byte in range(128) if ID.fullmatch(chr(byte))]] = True
EARLIEST, LATEST = -62_135_596_800_000_000, 253_402_300_799_999_999  # years 1 and 9999

# The first position behind each dimension's values in the choices of audience.value.
DIMENSION_ENDS = np.cumsum([0, len(COUNTRIES), len(GENDERS), len(AGES)])


@dataclass(frozen=True, slots=True)
class Broken:
    """Rows of a frame that break one rule; `reason` holds no value."""

    rows: Ints
    column: str
    rule: str
    reason: str


def broken(frame: Frame) -> list[Broken]:
    """Return the rows that break a rule, each under the first rule it breaks.

    Parameters
    ----------
    frame : Frame

    Returns
    -------
    list of Broken
        Rules in the order of the schema's columns.
    """
    findings: list[Broken] = []
    taken: Flags = np.zeros(0, dtype=np.bool_)
    for column, mask, rule, reason in _violations(frame):
        taken = taken if len(taken) else np.zeros(len(frame), dtype=np.bool_)
        rows = np.flatnonzero(mask & ~taken)
        taken[rows] = True
        if len(rows):
            findings.append(Broken(rows, column, rule, f"{column} {reason}"))
    return findings


def is_fine(values: Any, column: Column) -> bool:
    """Return whether no value of a column breaks a rule.

    Parameters
    ----------
    values : pyarrow.Array, ndarray or Weights
        As `Frame` describes it.
    column : Column

    Returns
    -------
    bool
    """
    return not any(mask.any() for mask, _, _ in _CHECKS[column.kind](values, column))


Violation = tuple[str, Flags, str, str]


def _violations(frame: Frame) -> Iterator[Violation]:
    for column in frame.schema.columns:
        if column.name not in frame.columns or column.name in frame.fine:
            continue
        values = frame.column(column.name)
        for mask, rule, reason in _CHECKS[column.kind](values, column):
            if mask.any():
                yield column.name, mask, rule, reason
    if frame.schema.name == "audience":
        yield from _misplaced(frame)
    if frame.schema.name == "accounts":
        yield from _impossible(frame)


Check = tuple[Flags, str, str]
NULL = "is missing"


def _texts(values: Any, column: Column) -> Iterator[Check]:
    if column.required and values.null_count:
        yield values.is_null().to_numpy(zero_copy_only=False), MISSING, NULL
    if column.kind == "id":
        expected = "is not 1 to 128 characters of A-Z a-z 0-9 . _ : @ = + ~ -"
        yield malformed(values), MALFORMED, expected


def malformed(texts: Any) -> Flags:
    """Return which texts are no well-formed ids; null is none of them.

    Parameters
    ----------
    texts : pyarrow.LargeStringArray or pyarrow.DictionaryArray

    Returns
    -------
    ndarray of bool
    """
    if is_coded(texts):
        found: Flags = of_codes(texts, np.append(malformed(texts.dictionary), False))
        return found
    good = np.zeros(len(texts), dtype=np.bool_)
    _, starts, data = texts.buffers()
    if not len(texts) or data is None:
        return good
    offsets = np.frombuffer(starts, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    # One look at all bytes at once; blank texts are null already.
    if are_ids(offsets, np.frombuffer(data, np.uint8), ID_BYTES):
        return good
    valid = [text is None or ID.fullmatch(text) is not None for text in texts.to_pylist()]
    return ~np.array(valid)


@kernel
def are_ids(offsets: Ints, data: npt.NDArray[np.uint8], fine: Flags) -> bool:
    """Tell whether texts are of at most 128 bytes, each of which is fine."""
    for row in range(len(offsets) - 1):
        if offsets[row + 1] - offsets[row] > MOST_CHARACTERS:
            return False
    bad = 0
    for place in range(offsets[0], offsets[-1]):
        bad += not fine[data[place]]
    return bad == 0


def _times(values: Any, column: Column) -> Iterator[Check]:
    if len(values) and values.min() >= EARLIEST and values.max() <= LATEST:
        return  # nothing null, nothing outside
    null = values == UNKNOWN_TIME
    if column.required:
        yield null, MISSING, NULL
    outside = (values < EARLIEST) | (values > LATEST)
    yield outside & ~null, RANGE, "lies outside the years 1 to 9999"


def _numbers(values: Floats, column: Column) -> Iterator[Check]:
    if column.required:
        yield np.isnan(values), MISSING, NULL
    limit = np.finfo(np.float64).max
    low, high = max(column.low, -limit), min(column.high, limit)
    # Comparisons with NaN are false, so null is never out of range.
    if len(values) and not (np.fmin.reduce(values) < low or np.fmax.reduce(values) > high):
        return
    yield (values < low) | (values > high), RANGE, _range(column)


def _range(column: Column) -> str:
    if column.high < MOST:
        return f"is outside {column.low:g} to {column.high:g}"
    return f"is below {column.low:g}, infinite or too large"


def _choices(values: Floats, column: Column) -> Iterator[Check]:
    if column.required:
        yield np.isnan(values), MISSING, NULL
    yield values == -1, UNKNOWN, _unknown(column)


def _unknown(column: Column) -> str:
    if column.choices == COUNTRIES:
        return "is or holds no ISO 3166-1 alpha-2 country code"
    if len(column.choices) > 20:
        return "is no country code, gender or age of its dimension"
    return f"is or holds none of {', '.join(column.choices)}"


def _weights(values: Any, column: Column) -> Iterator[Check]:
    if not len(values.key):
        return
    row = np.repeat(np.arange(len(values.offsets) - 1), np.diff(values.offsets))
    count = len(values.offsets) - 1

    def rows(entries: Flags) -> Flags:
        return np.bincount(row[entries], minlength=count) > 0

    yield rows(values.key < 0), UNKNOWN, _unknown(column)
    finite = np.isfinite(values.weight) & (values.weight >= 0)
    yield rows(~finite), RANGE, "holds a weight that is missing, below 0 or infinite"
    twice = (values.key[1:] == values.key[:-1]) & (row[1:] == row[:-1])
    yield rows(np.concatenate([[False], twice])), REPEATED, "holds a name more than once"


def _misplaced(frame: Frame) -> Iterator[Violation]:
    """Find audience values of another dimension than the row's."""
    dimension, value = frame.number("dimension"), frame.number("value")
    known = (dimension >= 0) & (value >= 0)
    start = DIMENSION_ENDS[np.where(known, dimension, 0).astype(np.int64)]
    end = DIMENSION_ENDS[np.where(known, dimension, 0).astype(np.int64) + 1]
    wrong = known & ((value < start) | (value >= end))
    if wrong.any():
        yield "value", wrong, UNKNOWN, f"is of another dimension of {', '.join(DIMENSIONS)}"


def _impossible(frame: Frame) -> Iterator[Violation]:
    """Find labelled accounts that cannot be."""
    for name, mask, reason in impossible(frame):
        if mask.any():
            yield name, mask, IMPOSSIBLE, reason


_CHECKS = {
    "id": _texts,
    "text": _texts,
    "label": _texts,
    "time": _times,
    "count": _numbers,
    "number": _numbers,
    "flag": _choices,
    "choice": _choices,
    "choices": _choices,
    "weights": _weights,
    "total": _numbers,
}
