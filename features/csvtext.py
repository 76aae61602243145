"""Columns of text, as CSV holds them, to the columns of a `Frame`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays import Floats, Times
from features.columns import Column
from features.convert import TEXT, column_of, refuse, times_of
from features.frame import Weights
from features.values import WrongType, from_json, mask_of, totals_of, weights_of

NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^(?i:[+-]?(nan|inf|infinity))$"
TIME = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)$"  # RFC 3339 and kin
FLAGS = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}


def parsed(texts: Any, column: Column) -> Any:
    """Return a column of text as a column of a frame.

    Parameters
    ----------
    texts : pyarrow.Array or pyarrow.ChunkedArray of string
        Blank is null.
    column : Column

    Returns
    -------
    pyarrow.Array, ndarray or Weights
        As `Frame` describes it.

    Raises
    ------
    WrongType
        If a text cannot be read as the column's kind.
    """
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    read = _READ.get(column.kind)
    if read is None:
        return column_of(texts, column)
    texts = column_of(texts, Column(column.name, "text"))
    return read(texts, column)


def _matches(texts: Any, pattern: str) -> Any:
    """Return a mask of the texts that are neither null nor of the pattern."""
    matches = pc.match_substring_regex(texts, pattern).fill_null(True)
    return ~matches.to_numpy(zero_copy_only=False)


def _number(texts: Any, _: Column) -> Floats:
    refuse(texts, _matches(texts, NUMBER))
    # Arrow takes no leading plus sign.
    plain = pc.replace_substring_regex(texts, r"^\+", "") if _has(texts, "+") else texts
    numbers: Floats = plain.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return numbers


def _has(texts: Any, part: str) -> bool:
    return bool(pc.any(pc.match_substring(texts, part)).as_py())


def _count(texts: Any, column: Column) -> Floats:
    numbers = _number(texts, column)
    refuse(texts, np.isfinite(numbers) & (numbers != np.floor(numbers)))
    return numbers


def _flag(texts: Any, _: Column) -> Floats:
    places = pc.index_in(pc.utf8_lower(texts), value_set=pa.array(list(FLAGS), TEXT))
    refuse(texts, (pc.is_null(places).to_numpy(False)) & (texts.is_valid().to_numpy(False)))
    values = np.array([*FLAGS.values(), np.nan])
    flags: Floats = values[places.fill_null(len(FLAGS)).to_numpy(False)]
    return flags


def _time(texts: Any, _: Column) -> Times:
    refuse(texts, _matches(texts, TIME))
    exact = texts
    if _has(texts, ","):
        exact = pc.replace_substring(exact, ",", ".")
    # Digits beyond the microsecond are cut off.
    exact = pc.replace_substring_regex(exact, r"(\.\d{6})\d+", r"\1")
    try:
        return times_of(exact.cast(pa.timestamp("us", "UTC")))
    except pa.ArrowInvalid:
        for row, text in enumerate(exact):
            try:
                text.cast(pa.timestamp("us", "UTC"))
            except pa.ArrowInvalid as error:
                raise WrongType(row, texts[row].as_py()) from error
        raise


def _from_json(texts: Any, convert: Callable[[list[object]], Any]) -> Any:
    """Return converted JSON values, each text parsed once."""
    coded = texts.dictionary_encode()
    places = coded.indices.fill_null(len(coded.dictionary)).to_numpy(zero_copy_only=False)
    values: list[object] = []
    for text in coded.dictionary.to_pylist():
        try:
            values.append(from_json(text))
        except (ValueError, RecursionError) as error:
            raise _first(places, len(values), text) from error
    try:
        converted = convert([*values, None])
    except WrongType as error:
        text = coded.dictionary[error.row].as_py()
        raise _first(places, error.row, text) from error
    return converted.take(places.astype(np.int64))


def _first(places: Any, place: int, text: str) -> WrongType:
    return WrongType(int((places == place).argmax()), text)


def _choices(texts: Any, column: Column) -> Floats:
    masks: Floats = _from_json(texts, lambda values: mask_of(values, column.choices))
    return masks


def _weights(texts: Any, column: Column) -> Weights:
    maps: Weights = _from_json(texts, lambda values: weights_of(values, column.choices))
    return maps


def _total(texts: Any, _: Column) -> Floats:
    totals: Floats = _from_json(texts, totals_of)
    return totals


_READ: dict[str, Callable[[Any, Column], Any]] = {
    "time": _time,
    "count": _count,
    "number": _number,
    "flag": _flag,
    "choices": _choices,
    "weights": _weights,
    "total": _total,
}
