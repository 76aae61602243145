"""Raw tables from Python rows, as JSON gives them: the same rules and the same arrays."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from features.arrays import UNKNOWN_TIME, Times
from features.build import build
from features.columns import Column, Schema
from features.convert import TEXT, column_of
from features.csvtext import parsed
from features.deals import Briefs
from features.errors import InputError
from features.frame import Frame, Origin, Row
from features.ledger import Ledger
from features.schema import TABLES
from features.sources import unknown_names, warn_unknown
from features.tables import Tables
from features.values import WrongType, as_float, mask_of, totals_of, weights_of, wrong_type

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Values = list[object | None]


def from_rows(
    rows: Mapping[str, Sequence[Row]], *, briefs: Briefs | None = None, strict: bool = False
) -> Tables:
    """Return the tables of rows held in memory.

    Parameters
    ----------
    rows : mapping of str to sequence of mapping
        By table. Times are aware datetimes or ISO 8601 text with an offset, counts ints (or
        whole floats), flags bools, maps mappings, lists lists; an absent key is null.
    briefs : Briefs, optional
        Where `rows` has none: a collaboration's brief is looked up among them, and is unknown
        where it is not found.
    strict : bool
        Whether a bad row raises instead of being set aside.

    Returns
    -------
    Tables
        Equal to what `read` returns for the same rows in files.

    Raises
    ------
    InputError
        If creators are missing, a table is unknown, a value has a wrong type, or, when strict,
        a row is bad.
    """
    unknown = sorted(set(rows) - set(TABLES))
    if unknown or "creators" not in rows:
        problem = f"unknown table {unknown[0]!r}" if unknown else "no table 'creators'"
        raise InputError(f"{problem}: expected creators and any of {', '.join(TABLES)}.")

    def load(name: str, _: object) -> Frame | None:
        return frame_of(TABLES[name], rows[name]) if name in rows else None

    return build(load, Ledger(strict), briefs)


def brief_of(brief: Row, brand: Row | None = None) -> Briefs:
    """Return a single brief, as a request brings it.

    Parameters
    ----------
    brief : mapping
        A row of briefs.
    brand : mapping, optional
        The row of brands that the brief refers to.

    Returns
    -------
    Briefs
        One row.

    Raises
    ------
    InputError
        If either row is bad.
    """
    rows: dict[str, Sequence[Row]] = {"briefs": [brief]}
    if brand is not None:
        rows["brands"] = [brand]

    def load(name: str, _: object) -> Frame | None:
        return frame_of(TABLES[name], rows[name]) if name in rows else None

    return build(load, Ledger(strict=True)).briefs


def frame_of(schema: Schema, rows: Sequence[Row]) -> Frame:
    """Return rows as a frame.

    Parameters
    ----------
    schema : Schema
    rows : sequence of mapping

    Returns
    -------
    Frame

    Raises
    ------
    InputError
        If a required column is in no row or a value has a wrong type.
    """
    names: set[str] = set()
    for row in rows:
        names.update(row)
    place = f"the rows of {schema.name}"
    if rows:
        warn_unknown(place, schema, sorted(unknown_names(place, schema, names)))
    columns: dict[str, Any] = {}
    for column in schema.columns:
        if column.required or column.name in names:
            values = [row.get(column.name) for row in rows]
            # A column of nulls is the same as none.
            if column.required or any(value is not None for value in values):
                columns[column.name] = _column(values, column, place, schema.name)
    return Frame(schema, np.arange(len(rows)), columns, Origin(((place, rows),)))


def _column(values: Values, column: Column, place: str, table: str) -> Any:
    try:
        return _CONVERT[column.kind](values, column)
    except WrongType as error:
        raise wrong_type(table, column, place, error.row, error.value) from error


def _only(values: Values, kind: Any, *, but: Any = ()) -> None:
    """Refuse values that are neither None nor of the kind, or are of its excluded part."""
    for row, value in enumerate(values):
        if value is not None and (not isinstance(value, kind) or isinstance(value, but)):
            raise WrongType(row, value)


def _text(values: Values, column: Column) -> Any:
    _only(values, str)
    try:
        texts = pa.array([value or None for value in values], TEXT)
        return column_of(texts, column) if column.kind == "label" else texts
    except UnicodeEncodeError as error:
        lone = [row for row, text in enumerate(values) if _lone(text)]
        raise WrongType(lone[0], values[lone[0]]) from error


def _lone(text: object) -> bool:
    """Return whether the text holds half a character (a lone surrogate), which is no text."""
    return isinstance(text, str) and any(0xD800 <= ord(letter) < 0xE000 for letter in text)


def _time(values: Values, column: Column) -> Times:
    times = np.full(len(values), UNKNOWN_TIME, dtype=np.int64)
    texts: dict[int, str] = {}
    for row, value in enumerate(values):
        if isinstance(value, datetime) and value.tzinfo is not None:
            times[row] = (value - EPOCH) // MICROSECOND
        elif isinstance(value, str) and not _lone(value):
            texts[row] = value
        elif value is not None:
            raise WrongType(row, value)
    if texts:
        try:
            times[list(texts)] = parsed(pa.array(list(texts.values()), TEXT), column)
        except WrongType as error:
            raise WrongType(list(texts)[error.row], error.value) from error
    return times


def _number(values: Values, _: Column) -> Any:
    _only(values, int | float, but=bool)
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:
        return np.array([as_float(value) for value in values])


def _count(values: Values, column: Column) -> Any:
    numbers = _number(values, column)
    wrong = np.isfinite(numbers) & (numbers != np.floor(numbers))
    if wrong.any():
        row = int(wrong.argmax())
        raise WrongType(row, values[row])
    return numbers


def _flag(values: Values, _: Column) -> Any:
    _only(values, bool)
    return np.array(values, dtype=np.float64)


def _choice(values: Values, column: Column) -> Any:
    _only(values, str)
    places = {choice: float(place) for place, choice in enumerate(column.choices)}
    nan = float("nan")
    return np.array([nan if not v else places.get(v, -1.0) for v in values])  # type: ignore[call-overload]  # v is text


_CONVERT: dict[str, Callable[[Values, Column], Any]] = {
    "id": _text,
    "text": _text,
    "label": _text,
    "time": _time,
    "count": _count,
    "number": _number,
    "flag": _flag,
    "choice": _choice,
    "choices": lambda values, column: mask_of(values, column.choices),
    "weights": lambda values, column: weights_of(values, column.choices),
    "total": lambda values, _: totals_of(values),
}
