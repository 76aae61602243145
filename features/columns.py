"""How a raw table is described: its columns by kind and range, its key, time and references."""

from dataclasses import dataclass
from math import inf
from typing import Literal

Kind = Literal[
    "id",  # 1 to 128 characters of A-Za-z0-9._:@=+~-
    "text",  # any text
    "label",  # text whose letter case and outer blanks do not matter
    "time",  # microseconds since 1970 in UTC
    "count",  # whole number
    "number",  # float
    "flag",
    "choice",  # one of `choices`
    "choices",  # a list of some of `choices`
    "weights",  # map of `choices` to a number >= 0
    "total",  # a count, or a map of anything to counts that is summed
]

MOST = float(2**53)  # the largest count that a float64 holds exactly


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, kind, whether it must be there and never null, and its range."""

    name: str
    kind: Kind
    required: bool = False
    low: float = -inf
    high: float = inf
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Schema:
    """One table: columns, key (empty: every row is kept), known-at column, references.

    `references` maps a column to the table whose id it holds. `known_at` is empty where rows
    are known always. `values` are the numbers that kernels read side by side.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    known_at: str = ""
    references: tuple[tuple[str, str], ...] = ()
    values: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """Return the column of that name.

        Parameters
        ----------
        name : str

        Returns
        -------
        Column

        Raises
        ------
        KeyError
            If the table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)


def id_(name: str, required: bool = False) -> Column:
    """Return a column of ids."""
    return Column(name, "id", required)


def time(name: str, required: bool = False) -> Column:
    """Return a column of times."""
    return Column(name, "time", required)


def count(name: str, required: bool = False, low: float = 0.0) -> Column:
    """Return a column of whole numbers."""
    return Column(name, "count", required, low, MOST)


def counts(*names: str) -> tuple[Column, ...]:
    """Return nullable columns of whole numbers."""
    return tuple(count(name) for name in names)


def money(name: str) -> Column:
    """Return a nullable column of amounts."""
    return Column(name, "number", low=0.0)


def share(name: str, required: bool = False) -> Column:
    """Return a column of numbers from 0 to 1."""
    return Column(name, "number", required, 0.0, 1.0)


def flag(name: str, required: bool = False) -> Column:
    """Return a column of flags."""
    return Column(name, "flag", required)


def choice(name: str, choices: tuple[str, ...], required: bool = False) -> Column:
    """Return a column of one of some texts a row."""
    return Column(name, "choice", required, choices=choices)


def weights(name: str, choices: tuple[str, ...]) -> Column:
    """Return a nullable column of maps of some texts to numbers."""
    return Column(name, "weights", low=0.0, choices=choices)
