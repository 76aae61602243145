"""Arrow columns, as Parquet holds them, to the columns of a `Frame`: safe widening only."""

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays import UNKNOWN_TIME, Floats, Times
from features.columns import Column
from features.errors import InputError
from features.texts import is_coded, of_codes
from features.values import EXPECTED, WrongType, mask_of, totals_of, weights_of

TEXT = pa.large_string()


class WrongColumn(Exception):  # noqa: N818 - control flow inside the reader, never shown
    """The whole column is of another kind than its schema says."""


def column_of(array: Any, column: Column) -> Any:
    """Return an Arrow column as a column of a frame.

    Parameters
    ----------
    array : pyarrow.Array or pyarrow.ChunkedArray
    column : Column

    Returns
    -------
    pyarrow.Array, ndarray or Weights
        As `Frame` describes it.

    Raises
    ------
    WrongColumn
        If the Arrow type cannot be widened to the column's kind.
    WrongType
        If a single value cannot.
    """
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_null(array.type):
        array = pa.nulls(len(array), _TYPE[column.kind])
    return _CONVERT[column.kind](array, column)


def wrong_column(table: str, column: Column, place: str, found: str) -> InputError:
    """Return the error for a column whose type cannot be widened to its kind.

    Parameters
    ----------
    table : str
    column : Column
    place : str
        Where the table came from.
    found : str
        The type found.

    Returns
    -------
    InputError
    """
    hint = " (write times with a time zone)" if found.startswith("timestamp") else ""
    return InputError(
        f"{table}.{column.name} in {place} has the type {found}, expected "
        f"{_TYPE[column.kind]}: {EXPECTED[column.kind]}. Write the column with that type{hint}.",
        table=table,
        column=column.name,
        rule="wrong_type",
    )


def _text(array: Any, column: Column) -> Any:
    if pa.types.is_dictionary(array.type):
        return _coded(array, _text(array.dictionary, column))
    kind = array.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_view(kind)):
        raise WrongColumn
    texts = array.cast(TEXT)
    if column.kind == "label":
        texts = pc.utf8_lower(pc.utf8_trim_whitespace(texts))
    blank = pc.equal(texts, "")
    return pc.if_else(blank, None, texts) if pc.any(blank).as_py() else texts


def _coded(array: Any, texts: Any) -> Any:
    """Return a coded column whose codes now stand for these texts, each of which stands once."""
    coded, places = texts.dictionary_encode(), array.indices.cast(pa.int32())
    if coded.null_count or len(coded.dictionary) < len(texts):
        places = coded.indices.take(places)
    return pa.DictionaryArray.from_arrays(places, coded.dictionary)


def _is_view(kind: Any) -> bool:
    return bool(pa.types.is_string_view(kind))


def _time(array: Any, _: Column) -> Times:
    if not pa.types.is_timestamp(array.type) or array.type.tz is None:
        raise WrongColumn
    if array.type.unit in {"us", "ns"}:
        # Digits beyond the microsecond are cut off.
        return times_of(array.cast(pa.timestamp("us", "UTC"), safe=False))
    factor = 1_000_000 if array.type.unit == "s" else 1_000
    numbers = times_of(array)
    # Coarser units reach further than microseconds; such a time is out of any range.
    far = (np.abs(numbers) > UNKNOWN_TIME // factor) & (numbers != UNKNOWN_TIME)
    exact = np.where(far | (numbers == UNKNOWN_TIME), 0, numbers) * factor
    return np.where(far, UNKNOWN_TIME - 1, np.where(numbers == UNKNOWN_TIME, numbers, exact))


def times_of(array: Any) -> Times:
    """Return the numbers in an Arrow array of timestamps, UNKNOWN_TIME for null.

    Parameters
    ----------
    array : pyarrow.Array

    Returns
    -------
    ndarray of int64
    """
    numbers = array.cast(pa.int64())
    if numbers.null_count:
        numbers = numbers.fill_null(UNKNOWN_TIME)
    times: Times = numbers.to_numpy(zero_copy_only=False)
    return times


def _number(array: Any, _: Column) -> Floats:
    kind = array.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise WrongColumn
    numbers: Floats = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return numbers


def _count(array: Any, column: Column) -> Floats:
    numbers = _number(array, column)
    if pa.types.is_floating(array.type):
        refuse(array, np.isfinite(numbers) & (numbers != np.floor(numbers)))
    return numbers


def _flag(array: Any, column: Column) -> Floats:
    if pa.types.is_boolean(array.type):
        numbers: Floats = array.cast(pa.int8()).cast(pa.float64()).to_numpy(zero_copy_only=False)
        return numbers
    numbers = _number(array, column)
    refuse(array, ~((numbers == 0) | (numbers == 1) | np.isnan(numbers)))
    return numbers


def refuse(array: Any, wrong: Any) -> None:
    """Raise WrongType for the first value of `array` that is marked as wrong.

    Parameters
    ----------
    array : pyarrow.Array
    wrong : ndarray of bool

    Raises
    ------
    WrongType
        If any is.
    """
    if wrong.any():
        row = int(wrong.argmax())
        raise WrongType(row, array[row].as_py())


def _choice(array: Any, column: Column) -> Floats:
    texts = _text(array, column)
    if is_coded(texts):
        chosen: Floats = of_codes(texts, np.append(_choice(texts.dictionary, column), np.nan))
        return chosen
    places = pc.index_in(texts, value_set=_value_set(column.choices))
    numbers = places.cast(pa.float64()).to_numpy(zero_copy_only=False)
    if places.null_count > texts.null_count:
        unknown = np.isnan(numbers) & texts.is_valid().to_numpy(zero_copy_only=False)
        numbers = np.where(unknown, -1.0, numbers)
    result: Floats = numbers
    return result


@lru_cache
def _value_set(choices: tuple[str, ...]) -> Any:
    return pa.array(choices, TEXT)


def _choices(array: Any, column: Column) -> Any:
    if not (pa.types.is_list(array.type) or pa.types.is_large_list(array.type)):
        raise WrongColumn
    return mask_of(array.to_pylist(), column.choices)


def _weights(array: Any, column: Column) -> Any:
    return weights_of(_maps(array), column.choices)


def _total(array: Any, column: Column) -> Any:
    if pa.types.is_map(array.type) or pa.types.is_struct(array.type):
        return totals_of(_maps(array))
    return _count(array, column)


def _maps(array: Any) -> list[object]:
    """Return maps as lists of pairs; a struct's null field is an absent key."""
    if pa.types.is_map(array.type):
        maps: list[object] = array.to_pylist()
        return maps
    if pa.types.is_struct(array.type):
        return [
            row and {key: value for key, value in row.items() if value is not None}
            for row in array.to_pylist()
        ]
    raise WrongColumn


_CONVERT = {
    "id": _text,
    "text": _text,
    "label": _text,
    "time": _time,
    "count": _count,
    "number": _number,
    "flag": _flag,
    "choice": _choice,
    "choices": _choices,
    "weights": _weights,
    "total": _total,
}
_TYPE = {
    "id": pa.string(),
    "text": pa.string(),
    "label": pa.string(),
    "time": pa.timestamp("us", "UTC"),
    "count": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "choice": pa.string(),
    "choices": pa.list_(pa.string()),
    "weights": pa.map_(pa.string(), pa.float64()),
    "total": pa.int64(),
}
