"""Where each value of a packed history goes: the schemas as numbers that compiled loops read."""

import numpy as np

from features.arrays import AGES, GENDERS, Floats, Ints, country_code
from features.columns import Column
from features.countries import COUNTRIES
from features.schema import TABLES

PACKED = (
    "creators",
    "snapshots",
    "posts",
    "post_metrics",
    "audience",
    "followers",
    "collaborations",
    "outcomes",
)
"""The tables of a history, in the order in which it holds them."""

# NumPy integers: for each Python integer that a kernel part is passed, numba would compile it anew.
(CREATORS, SNAPSHOTS, POSTS, METRICS, AUDIENCE, FOLLOWERS, COLLABORATIONS, OUTCOMES) = np.arange(8)

# Kinds of cells.
ID, LABEL, TIME, COUNT, NUMBER, FLAG, CHOICE, CHOICES = np.arange(8)
_KINDS = {
    "id": ID,
    "label": LABEL,
    "time": TIME,
    "count": COUNT,
    "number": NUMBER,
    "flag": FLAG,
    "choice": CHOICE,
    "choices": CHOICES,
}

BEYOND = 1000.0
"""A value of a breakdown is stored as its dimension times this, plus what stands for it there."""

_WHOLE = {"id", "label", "time"}
_COLUMNS = tuple(column for table in PACKED for column in TABLES[table].columns)


def _width(table: str) -> int:
    """Return how many texts and times a row holds."""
    return sum(column.kind in _WHOLE for column in TABLES[table].columns)


def _slots(table: str) -> list[int]:
    """Return each column's place in its row, which ends with `Schema.values`."""
    schema = TABLES[table]
    whole = [column.name for column in schema.columns if column.kind in _WHOLE]
    rest = [name for name in schema.names if name not in {*whole, *schema.values}]
    place = {name: slot for slot, name in enumerate([*whole, *rest, *schema.values])}
    return [place[name] for name in schema.names]


def _values(column: Column) -> list[float]:
    """Return the number that stands for each choice of a column."""
    if column.name == "value":
        codes = [float(country_code(name)) for name in COUNTRIES]
        places = [codes, list(map(float, range(len(GENDERS)))), list(map(float, range(len(AGES))))]
        return [k * BEYOND + place for k, group in enumerate(places) for place in group]
    if column.choices == COUNTRIES:
        return [float(country_code(name)) for name in COUNTRIES]
    return [float(place) for place in range(len(column.choices))]


def slot_of(table: str, column: str) -> int:
    """Return a column's place in its row."""
    return _slots(table)[TABLES[table].names.index(column)]


# Of each table: its first column, and how wide a row is: its texts and times, then its numbers,
# those that kernels read side by side last.
FIRST: Ints = np.cumsum([0, *(len(TABLES[table].columns) for table in PACKED)])
WIDTH: Ints = np.diff(FIRST)
WHOLE: Ints = np.array([_width(table) for table in PACKED])

# How many places of a row are kept column by column once it is in order, and not row by row.
APART: Ints = WIDTH - np.array([len(TABLES[table].values) for table in PACKED])

# Of each column: what it is, where in its row, and what it may hold.
KIND: Ints = np.array([_KINDS[column.kind] for column in _COLUMNS])
SLOT: Ints = np.array([slot for table in PACKED for slot in _slots(table)])
REQUIRED = np.array([column.required for column in _COLUMNS])
_LIMIT = float(np.finfo(np.float64).max)
LOW: Floats = np.array([max(column.low, -_LIMIT) for column in _COLUMNS])
HIGH: Floats = np.array([min(column.high, _LIMIT) for column in _COLUMNS])

# Choices of all columns in one text; those of column k are CHOICE_FIRST[k]:CHOICE_FIRST[k + 1].
_TEXTS = tuple(choice.encode() for column in _COLUMNS for choice in column.choices)
CHOICE_FIRST: Ints = np.cumsum([0, *(len(column.choices) for column in _COLUMNS)])
CHOICE_AT: Ints = np.cumsum([0, *map(len, _TEXTS)])
CHOICE_BYTES = np.frombuffer(b"".join(_TEXTS), dtype=np.uint8).copy()
CHOICE_CELL: Ints = np.array([v for column in _COLUMNS for v in _values(column)]).view(np.int64)

# Columns that the rules for whole histories ask for.
OWNER: Ints = np.array(
    [slot_of(t, "creator_id") if "creator_id" in TABLES[t].names else -1 for t in PACKED]
)
KNOWN: Ints = np.array([slot_of(t, TABLES[t].known_at or "observed_at") for t in PACKED])
