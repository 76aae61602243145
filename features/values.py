"""Single values of the nested kinds, however they were written, and what each kind expects."""

import json
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite

import numpy as np

from features.arrays import Floats
from features.columns import Column
from features.errors import InputError
from features.frame import Weights

EXPECTED = {
    "id": "text",
    "text": "text",
    "label": "text",
    "time": "a time with an offset from UTC, such as 2026-01-31T12:00:00Z",
    "count": "a whole number",
    "number": "a number",
    "flag": "true or false",
    "choice": "text",
    "choices": "a list of texts",
    "weights": "a map of texts to numbers",
    "total": "a whole number, or a map of texts to whole numbers",
}


class WrongType(Exception):  # noqa: N818 - control flow inside the reader, never shown
    """The value at `row` is not of its column's kind."""

    def __init__(self, row: int, value: object) -> None:
        super().__init__(row, value)
        self.row = row
        self.value = value


def wrong_type(table: str, column: Column, place: str, row: int, value: object) -> InputError:
    """Return the error for a value of another kind than its column's.

    Parameters
    ----------
    table : str
    column : Column
    place : str
        Where the table came from.
    row : int
        Zero-based row in it.
    value : object
        The value found; shortened in the message.

    Returns
    -------
    InputError
    """
    shown = repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "..."
    null = "" if column.required else ", or leave it empty if it is unknown"
    return InputError(
        f"{table}.{column.name}, row {row + 1} of {place}: {shown} is not "
        f"{EXPECTED[column.kind]}. Correct the value{null}.",
        table=table,
        column=column.name,
        row=row,
        rule="wrong_type",
    )


def is_number(value: object) -> bool:
    """Return whether the value is an int or a float and no bool."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def mask_of(values: Sequence[object | None], choices: tuple[str, ...]) -> Floats:
    """Return a bit mask a row over `choices`, NaN for None, -1 where a value is none of them.

    Parameters
    ----------
    values : sequence of list of str, or None
    choices : tuple of str

    Returns
    -------
    ndarray of float64

    Raises
    ------
    WrongType
        If a value is not a list of texts.
    """
    bits = {choice: 1 << position for position, choice in enumerate(choices)}
    masks = np.full(len(values), np.nan)
    for row, value in enumerate(values):
        if value is None:
            continue
        if not isinstance(value, list):
            raise WrongType(row, value)
        mask = 0
        for item in value:
            if item is not None and not isinstance(item, str):
                raise WrongType(row, value)
            mask = -1 if item not in bits or mask < 0 else mask | bits[item]
        masks[row] = mask
    return masks


def pairs_of(value: object) -> list[tuple[object, object]] | None:
    """Return the entries of a map (a mapping or its pairs), None for anything else."""
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, list) and all(isinstance(pair, tuple) for pair in value):
        return value
    return None


def weights_of(values: Sequence[object | None], choices: tuple[str, ...]) -> Weights:
    """Return maps a row; None is an empty map, a null weight NaN.

    Parameters
    ----------
    values : sequence of mapping of str to number, list of pairs, or None
    choices : tuple of str

    Returns
    -------
    Weights

    Raises
    ------
    WrongType
        If a value is not a map of texts to numbers.
    """
    place = {choice: position for position, choice in enumerate(choices)}
    keys: list[int] = []
    weights: list[float] = []
    offsets = [0]
    for row, value in enumerate(values):
        pairs = [] if value is None else pairs_of(value)
        if pairs is None:
            raise WrongType(row, value)
        entries: list[tuple[int, float]] = []
        for key, weight in pairs:
            if not isinstance(key, str) or not (weight is None or is_number(weight)):
                raise WrongType(row, value)
            entries.append((place.get(key, -1), as_float(weight)))
        # In order, so that equal maps are equal however they were written.
        for position, number in sorted(entries):
            keys.append(position)
            weights.append(number)
        offsets.append(len(keys))
    return Weights(
        np.array(offsets, dtype=np.int64),
        np.array(keys, dtype=np.int64),
        np.array(weights, dtype=np.float64),
    )


def totals_of(values: Iterable[object | None]) -> Floats:
    """Return counts a row, maps summed, NaN for None, infinity for a part below 0 or unknown.

    Parameters
    ----------
    values : iterable of int, whole-numbered float, mapping of str to those, or None

    Returns
    -------
    ndarray of float64

    Raises
    ------
    WrongType
        If a value is neither a whole number nor a map of texts to whole numbers.
    """
    return np.array([_total(row, value) for row, value in enumerate(values)], dtype=np.float64)


def _total(row: int, value: object) -> float:
    pairs = pairs_of(value)
    if pairs is None:
        if value is None or _is_whole(value):
            return as_float(value)
        raise WrongType(row, value)
    if not all(isinstance(key, str) and (n is None or _is_whole(n)) for key, n in pairs):
        raise WrongType(row, value)
    parts = [as_float(part) for _, part in pairs]
    if not all(part >= 0 for part in parts):
        return float("inf")
    return sum(parts) if parts else float("nan")


def _is_whole(value: object) -> bool:
    if not is_number(value):
        return False
    return not isinstance(value, float) or not isfinite(value) or value.is_integer()


def as_float(value: object) -> float:
    """Return the number as a float, infinity where it is too large, NaN for None or no number."""
    if value is None or not isinstance(value, int | float):
        return float("nan")
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def from_json(text: str) -> object:
    """Return the JSON value, maps as tuples of pairs so that a repeated key is seen.

    Parameters
    ----------
    text : str

    Returns
    -------
    object

    Raises
    ------
    ValueError
        If it is not JSON.
    """
    return json.loads(text, object_pairs_hook=tuple)
