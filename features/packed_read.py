"""Packed histories to plain cells, each held to the rules of a single row."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
import numpy as np

from features.arrays import UNKNOWN_TIME, Flags, Ints
from features.compiled import kernel_part, kernel_step
from features.packed_layout import (
    CHOICE,
    CHOICE_AT,
    CHOICE_BYTES,
    CHOICE_CELL,
    CHOICE_FIRST,
    CHOICES,
    COUNT,
    FIRST,
    FLAG,
    HIGH,
    KIND,
    LABEL,
    LOW,
    REQUIRED,
    SLOT,
    TIME,
    WIDTH,
)
from features.packed_scalars import (
    ARRAY,
    BROKEN,
    FLOAT,
    INTEGER,
    LENGTH,
    MAP,
    NIL,
    TEXT,
    Bytes,
    Word,
    after_name,
    scalar,
)
from features.packed_scalars import FLAG as TRUTH
from features.packed_scalars import TIME as MOMENT
from features.rules import EARLIEST, ID_BYTES, LATEST

NO_TEXT = -1

_TABLES = len(WIDTH)
_LONGEST = 128  # characters of an id
_MASK = 2**LENGTH - 1
_UNKNOWN = int(np.float64(np.nan).view(np.int64))


@kernel_part
def _is_id(data: Bytes, text: Word) -> bool:
    start = text >> LENGTH
    length = text & _MASK
    if length == 0 or length > _LONGEST:
        return False
    good = True
    for at in range(start, start + length):
        good &= ID_BYTES[data[at]]
    return good


@kernel_part
def _chosen(data: Bytes, text: Word, column: Word) -> Word:
    """Return which of all choices a text is, -1 if none of its column's."""
    start = text >> LENGTH
    length = text & _MASK
    for choice in range(CHOICE_FIRST[column], CHOICE_FIRST[column + 1]):
        at = CHOICE_AT[choice]
        if CHOICE_AT[choice + 1] - at == length:
            place = 0
            while place < length and CHOICE_BYTES[at + place] == data[start + place]:
                place += 1
            if place == length:
                return choice
    return -1


@kernel_step
def _known(data: Bytes, column: Word, kind: Word, value: Word) -> tuple[Word, bool]:
    """Return the cell of a value that is there, and whether it keeps the rules."""
    expected = KIND[column]
    if expected == COUNT and kind == INTEGER:  # most values are such
        return np.float64(value).view(np.int64), bool(LOW[column] <= value <= HIGH[column])
    if expected <= LABEL:
        return value, kind == TEXT and (expected == LABEL or _is_id(data, value))
    if expected == TIME:
        return value, kind == MOMENT and bool(EARLIEST <= value <= LATEST)
    if expected == CHOICE:
        choice = _chosen(data, value, column) if kind == TEXT else -1
        return CHOICE_CELL[choice], bool(choice >= 0)
    number = np.int64(value).view(np.float64) if kind == FLOAT else np.float64(value)
    if expected == FLAG:
        return np.float64(number).view(np.int64), kind == TRUTH
    fine = LOW[column] <= number <= HIGH[column] and kind in (INTEGER, FLOAT)
    return np.float64(number).view(np.int64), fine and (
        expected != COUNT or number == np.floor(number)
    )


@kernel_step
def _unknown(column: Word) -> tuple[Word, bool]:
    """Return the cell of a null, and whether it keeps the rules."""
    cell = _UNKNOWN
    if KIND[column] <= LABEL:
        cell = NO_TEXT
    elif KIND[column] == TIME:
        cell = UNKNOWN_TIME
    return cell, not REQUIRED[column]


@kernel_part
def _mask(data: Bytes, at: Word, column: Word, count: Word) -> tuple[Word, bool, Word]:
    """Return the cell of a list of choices, whether each is one, and where the list ends."""
    mask = np.int64(0)
    fine = KIND[column] == CHOICES
    for _ in range(count):
        kind, value, at = scalar(data, at)
        choice = _chosen(data, value, column) if kind == TEXT else -1
        fine = fine and choice >= 0
        mask |= np.int64(1) << (max(choice, 0) - CHOICE_FIRST[column])
    return np.float64(mask).view(np.int64), fine, at


@kernel_part
def _row(data: Bytes, at: Word, table: Word, cells: Ints) -> tuple[Word, bool]:
    """Read one row; return where it ends (-1 if it is none) and whether it is good."""
    kind, count, at = scalar(data, at)
    if kind != MAP or count != WIDTH[table]:
        return -1, False
    good = True
    for column in range(FIRST[table], FIRST[table + 1]):
        kind, value, at = scalar(data, after_name(data, at))
        if kind == NIL:
            cell, fine = _unknown(column)
        elif kind == ARRAY:
            cell, fine, at = _mask(data, at, column, value)
        else:
            cell, fine = _known(data, column, kind, value)
        cells[SLOT[column]] = cell
        good = good and fine
        if kind in (BROKEN, MAP):
            return -1, False
    return at, good


@kernel_part
def read_rows(data: Bytes, offsets: Ints, starts: Ints, cells: Ints, good: Flags) -> bool:
    """Read packed histories; tell whether they are laid out as `features.packed` says.

    Rows offsets[t, i]:offsets[t, i + 1] of table t are those of history i; its row r is written
    to cells[starts[t] + r * WIDTH[t]] and after, numbers by their bits. good[i] turns false where
    a value breaks a rule.
    """
    kind, histories, at = scalar(data, np.int64(0))
    if kind != ARRAY or histories != len(good):
        return False
    for history in range(histories):
        kind, tables, at = scalar(data, at)
        if kind != MAP or tables != _TABLES:
            return False
        for table in range(_TABLES):
            kind, rows, at = scalar(data, after_name(data, at))
            first, last = offsets[table, history], offsets[table, history + 1]
            if kind != ARRAY or rows != last - first:
                return False
            for row in range(first, last):
                start = starts[table] + row * WIDTH[table]
                at, fine = _row(data, at, table, cells[start : start + WIDTH[table]])
                if at < 0:
                    return False
                good[history] &= fine
    return True
