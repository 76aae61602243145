"""One raw table between its file and its sorted arrays: typed columns, rows in input order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa

from features.arrays import UNKNOWN_TIME, Floats, Ints, Times, ints
from features.columns import Schema
from features.textindex import TextIndex
from features.texts import found, is_coded, whole

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Weights:
    """A map a row; those of row i are `offsets[i]:offsets[i + 1]`.

    `key` is a position in the column's choices, -1 where it is none of them.
    """

    offsets: Ints
    key: Ints
    weight: Floats

    @classmethod
    def none(cls, rows: int) -> Self:
        """Return so many empty maps."""
        return cls(ints(rows + 1), ints(), np.zeros(0))

    def take(self, rows: Ints) -> Self:
        """Return the maps of these rows."""
        lengths = np.diff(self.offsets)[rows]
        offsets = np.concatenate([ints(1), np.cumsum(lengths)])
        starts = np.repeat(self.offsets[:-1][rows] - offsets[:-1], lengths)
        entries = starts + np.arange(offsets[-1])
        return replace(self, offsets=offsets, key=self.key[entries], weight=self.weight[entries])


@dataclass(frozen=True, slots=True)
class Origin:
    """The rows as they were given, for messages and for the record of bad ones.

    `parts` are sequences of mappings, or what can take rows as an Arrow table, each with its name.
    """

    parts: tuple[tuple[str, Any], ...]

    def locate(self, position: int) -> tuple[str, int]:
        """Return the part's name and the zero-based row in it of a row of the whole table."""
        for name, part in self.parts:
            if position < len(part):
                return name, position
            position -= len(part)
        raise IndexError(position)

    def place(self, position: int) -> int:
        """Return how many rows of the whole table stand before this one."""
        return position

    def rows(self, positions: Sequence[int]) -> list[Row]:
        """Return these rows, counted over all parts, as mappings."""
        found: dict[int, Row] = {}
        start = 0
        for _, part in self.parts:
            inside = [p for p in positions if start <= p < start + len(part)]
            local = [p - start for p in inside]
            if isinstance(part, Sequence):
                rows = [part[p] for p in local]
            else:
                rows = _mappings(part.take(pa.array(local, pa.int64()))) if local else []
            found.update(zip(inside, rows, strict=True))
            start += len(part)
        return [found[p] for p in positions]


def _mappings(table: Any) -> list[Row]:
    """Return the rows of an Arrow table, times beyond Python's calendar as plain numbers."""
    for place, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            table = table.set_column(place, column.name, _moments(table.column(place)))
    rows: list[Row] = table.to_pylist()
    return rows


def _moments(times: Any) -> Any:
    if times.type.unit == "ns":
        times = times.cast(pa.timestamp("us", times.type.tz), safe=False)
    try:
        times.to_pylist()
    except (OverflowError, ValueError):
        return times.cast(pa.int64())
    return times


@dataclass(frozen=True, slots=True)
class Frame:
    """Columns of one table by name, of equal length.

    Ids, texts and labels are Arrow arrays of large strings, or of codes that stand for them (a
    dictionary in which each text stands once), whole or in pieces; an id that was looked up when it
    was read is the row of the other table, -1 where it is not there; times int64 with
    UNKNOWN_TIME; weights `Weights`; every other kind float64 with NaN for null. A value that is
    none of its column's choices is -1. `positions` are the rows' places in `origin`, or
    their number where these are all rows of it; `side_by_side`, where it
    is there, holds the schema's `values`, of which their columns are views; `fine` names columns
    that are known to keep their rules.
    """

    schema: Schema
    positions: Ints | int
    columns: Mapping[str, Any]
    origin: Origin
    side_by_side: Floats | None = None
    fine: frozenset[str] = frozenset()
    _indices: dict[str, TextIndex] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _whole: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return self.positions if isinstance(self.positions, int) else len(self.positions)

    @property
    def places(self) -> Ints:
        """The rows' places in `origin`."""
        return np.arange(len(self)) if isinstance(self.positions, int) else self.positions

    def number(self, name: str) -> Floats:
        """Return a numeric column, all NaN where it is absent."""
        if name in self.columns:
            column: Floats = self.columns[name]
            return column
        return np.full(len(self), np.nan)

    def numbers(self, names: Sequence[str]) -> Floats:
        """Return numeric columns side by side, one row of values after the other."""
        if self.side_by_side is not None and tuple(names) == self.schema.values:
            return self.side_by_side
        values = np.full((len(self), len(names)), np.nan)
        for position, name in enumerate(names):
            if name in self.columns:
                values[:, position] = self.columns[name]
        return values

    def time(self, name: str) -> Times:
        """Return a column of times, all UNKNOWN_TIME where it is absent."""
        if name in self.columns:
            column: Times = self.columns[name]
            return column
        return np.full(len(self), UNKNOWN_TIME, dtype=np.int64)

    def column(self, name: str) -> Any:
        """Return a column, its texts as one array: put together on first use."""
        column = self.columns[name]
        if not isinstance(column, pa.ChunkedArray):
            return column
        if name not in self._whole:
            self._whole[name] = whole(column)
        return self._whole[name]

    def text(self, name: str) -> Any:
        """Return an Arrow array of large strings, all null where it is absent."""
        if name not in self.columns:
            return pa.nulls(len(self), pa.large_string())
        column = self.column(name)
        return column.dictionary_decode() if is_coded(column) else column

    def coded(self, name: str) -> Any:
        """Return the texts as an Arrow dictionary and codes, all null where they are absent."""
        if name in self.columns:
            return self.column(name).dictionary_encode()
        return self.text(name).dictionary_encode()

    def found(self, name: str, find: Callable[[Any], Ints]) -> Ints:
        """Return what `find` finds for each text of a column, as `features.texts.found`."""
        column = self.columns[name]
        return column if isinstance(column, np.ndarray) else found(column, find)

    def index(self, name: str) -> TextIndex:
        """Return where each text of a column stands, made on first use."""
        if name not in self._indices:
            column = self.columns[name]
            in_pieces = isinstance(column, pa.ChunkedArray) and column.type == pa.large_string()
            self._indices[name] = TextIndex(column if in_pieces else self.text(name))
        return self._indices[name]

    def weights(self, name: str) -> Weights:
        """Return a column of maps, all empty where it is absent."""
        if name in self.columns:
            column: Weights = self.columns[name]
            return column
        return Weights.none(len(self))

    def take(self, rows: Ints) -> "Frame":
        """Return these rows in this order."""
        if self.side_by_side is None:
            columns = {name: _take(column, rows) for name, column in self.columns.items()}
            return replace(self, positions=self.places[rows], columns=columns)
        values = self.side_by_side[rows]
        place = {name: number for number, name in enumerate(self.schema.values)}
        columns = {
            name: values[:, place[name]] if name in place else _take(column, rows)
            for name, column in self.columns.items()
        }
        return replace(self, positions=self.places[rows], columns=columns, side_by_side=values)

    def with_columns(self, **columns: Any) -> "Frame":
        """Return the frame with these columns added or replaced."""
        return replace(self, columns={**self.columns, **columns}, side_by_side=None)


def _take(column: Any, rows: Ints) -> Any:
    if isinstance(column, pa.ChunkedArray):
        column = whole(column)
    if isinstance(column, pa.Array):
        return column.take(pa.array(rows))
    return column.take(rows)


def joined(frames: Sequence[Frame]) -> Frame:
    """Return the parts of one table as one frame, in order.

    Parameters
    ----------
    frames : sequence of Frame
        At least one; a column absent from a part is null there.

    Returns
    -------
    Frame
    """
    first = frames[0]
    if len(frames) == 1:
        return first
    names = [n for n in first.schema.names if any(n in frame.columns for frame in frames)]
    return replace(
        first,
        positions=sum(len(frame) for frame in frames),
        columns={name: _joined(name, frames) for name in names},
        origin=Origin(tuple(part for frame in frames for part in frame.origin.parts)),
    )


def _joined(name: str, frames: Sequence[Frame]) -> Any:
    kind = frames[0].schema.column(name).kind
    if kind in {"id", "text", "label"}:
        return pa.concat_arrays([frame.text(name) for frame in frames])
    if kind == "time":
        return np.concatenate([frame.time(name) for frame in frames])
    if kind != "weights":
        return np.concatenate([frame.number(name) for frame in frames])
    return joined_weights([frame.weights(name) for frame in frames])


def joined_weights(maps: Sequence[Weights]) -> Weights:
    """Return columns of maps as one, one after the other.

    Parameters
    ----------
    maps : sequence of Weights

    Returns
    -------
    Weights
    """
    if not maps:
        return Weights.none(0)
    lengths = np.concatenate([np.diff(one.offsets) for one in maps])
    return Weights(
        np.concatenate([ints(1), np.cumsum(lengths)]),
        np.concatenate([one.key for one in maps]),
        np.concatenate([one.weight for one in maps]),
    )
