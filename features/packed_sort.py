"""Order and lookup of the rows of one packed history."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
import numpy as np

from features.arrays import Ints
from features.compiled import kernel_part
from features.packed_scalars import LENGTH, Bytes, Word, compared, is_same

_MASK = 2**LENGTH - 1
_FACTOR = 1_000_003
_ROUND = 2**40 - 1
_MOST_PROBES = 64  # only ids made to collide need more


# Columns of keys: three numbers, then a text (-1 for none).
FIRST, SECOND, THIRD, TEXT = np.arange(4)


@kernel_part
def _compared(data: Bytes, keys: Ints, one: Word, other: Word) -> Word:
    """Return below 0 where a row comes before the other, 0 where they share their key."""
    for column in range(TEXT):
        if keys[one, column] != keys[other, column]:
            return -1 if keys[one, column] < keys[other, column] else 1
    if keys[one, TEXT] < 0:
        return 0
    return compared(data, keys[one, TEXT], keys[other, TEXT])


@kernel_part
def _merge(data: Bytes, keys: Ints, rows: Ints, spare: Ints, span: tuple[Word, Word, Word]) -> None:
    """Merge two ordered runs of rows."""
    start, middle, stop = span
    left = start
    right = middle
    for place in range(start, stop):
        if left < middle and (right >= stop or _compared(data, keys, rows[left], rows[right]) <= 0):
            spare[place] = rows[left]
            left += 1
        else:
            spare[place] = rows[right]
            right += 1
    for place in range(start, stop):
        rows[place] = spare[place]


@kernel_part
def _turn(data: Bytes, keys: Ints, rows: Ints) -> None:
    """Turn rows around if the first of them comes last, as histories often have it."""
    n = len(rows)
    if n >= 2 and _compared(data, keys, rows[0], rows[n - 1]) > 0:
        for place in range(n // 2):
            rows[place], rows[n - 1 - place] = rows[n - 1 - place], rows[place]


@kernel_part
def _rises(data: Bytes, keys: Ints, rows: Ints) -> bool:
    """Tell whether every row comes after the one before it."""
    for place in range(1, len(rows)):
        if _compared(data, keys, rows[place - 1], rows[place]) >= 0:
            return False
    return True


@kernel_part
def sort(data: Bytes, keys: Ints, rows: Ints) -> bool:
    """Order rows; tell whether no two of them share their key."""
    _turn(data, keys, rows)
    if _rises(data, keys, rows):
        return True
    n = len(rows)
    spare = np.empty(n, dtype=np.int64)
    size = 1
    while size < n:
        for start in range(0, n - size, 2 * size):
            _merge(data, keys, rows, spare, (start, start + size, min(start + 2 * size, n)))
        size *= 2
    return _rises(data, keys, rows)


@kernel_part
def _place(data: Bytes, text: Word, rows: Ints, table: Ints) -> Word:
    """Return where a text stands in a hash table, or could; -1 after too long a search."""
    value: Word = 0
    start = text >> LENGTH
    for at in range(start, start + (text & _MASK)):
        value = ((value ^ np.int64(data[at])) * _FACTOR) & _ROUND
    place = (value ^ (value >> 17)) & (len(table) - 1)
    for _ in range(_MOST_PROBES):
        if table[place] < 0 or is_same(data, rows[table[place], 0], text):
            return place
        place = (place + 1) & (len(table) - 1)
    return -1


@kernel_part
def index_of(data: Bytes, rows: Ints) -> tuple[bool, Ints]:
    """Return whether ids, the first column, are distinct, and the hash table of their rows."""
    size = 8
    while size < 4 * len(rows):
        size *= 2
    table = np.full(size, -1, dtype=np.int64)
    for row in range(len(rows)):
        place = _place(data, rows[row, 0], rows, table)
        if place < 0 or table[place] >= 0:
            return False, table
        table[place] = row
    return True, table


@kernel_part
def parents_of(data: Bytes, rows: Ints, table: Ints, below: Ints, keys: Ints) -> bool:
    """Write into FIRST which of the rows those below name; tell whether each names one."""
    # What is observed mostly comes in the order of what it is of.
    hint: Word = 0
    for row in range(len(below)):
        if hint >= len(rows) or not is_same(data, rows[hint, 0], below[row, 0]):
            place = _place(data, below[row, 0], rows, table)
            if place < 0 or table[place] < 0:
                return False
            hint = table[place]
        keys[row, FIRST] = hint
        hint += 1
    return True
