"""Finding and opening table files: Parquet, folders of Parquet parts, CSV."""

import csv
import hashlib
import warnings
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from features.columns import Schema
from features.convert import WrongColumn, column_of, wrong_column
from features.csvfiles import csv_table, header, is_csv
from features.csvtext import parsed
from features.decoding import frame_of
from features.errors import InputError, UnknownColumnWarning, unreadable
from features.frame import Frame, Origin, joined
from features.parquet import ParquetFile, opened
from features.texts import Finder
from features.values import WrongType, wrong_type


@dataclass(frozen=True, slots=True)
class Source:
    """A table's opened files: its typed columns, and all of their bytes as SHA-256."""

    frame: Frame
    sha256: str


def find(folder: Path, name: str) -> list[Path]:
    """Return the files of a table in a tables folder, in order; none where it is absent.

    Parameters
    ----------
    folder : Path
    name : str
        Name of the table.

    Returns
    -------
    list of Path
        `NAME.parquet`, the parts of `NAME/`, or `NAME.csv`.

    Raises
    ------
    InputError
        If it is there twice, or the folder of parts has none.
    """
    forms = [folder / f"{name}.parquet", folder / name, folder / f"{name}.csv"]
    there = [form for form in forms if form.exists()]
    if len(there) > 1:
        raise InputError(
            f"{folder} holds {' and '.join(form.name for form in there)}: a table must be there "
            "once. Remove or rename all but one.",
            table=name,
        )
    if not there or not there[0].is_dir():
        return there
    parts = sorted(there[0].glob("*.parquet"))
    if not parts:
        raise InputError(
            f"{there[0]} has no part *.parquet. Put the table's Parquet files there, or remove "
            "the folder.",
            table=name,
        )
    return parts


def source(
    paths: Sequence[Path],
    schema: Schema,
    optional: Collection[str] = (),
    finders: Mapping[str, Finder] | None = None,
) -> Source:
    """Return the table in these files, read one after the other.

    Parameters
    ----------
    paths : sequence of Path
        At least one file, by its suffix CSV or Parquet.
    schema : Schema
    optional : collection of str
        Required columns that may nevertheless be absent.
    finders : mapping, optional
        By table, what finds its ids: Parquet's that refer to it may be looked up at once.

    Returns
    -------
    Source

    Raises
    ------
    InputError
        If a file cannot be read, a required column is missing or a value has a wrong type.
    """
    for path in paths:
        if not path.is_file():
            raise InputError(f"{path}: no such file. Give a Parquet or CSV file.")
    with ThreadPoolExecutor(1) as beside:
        digest = beside.submit(sha256, paths)
        frame, unknown = _frame(paths, schema, optional, finders or {})
        warn_unknown(str(paths[0].parent if paths[1:] else paths[0]), schema, sorted(unknown))
        return Source(frame, digest.result())


def _frame(
    paths: Sequence[Path],
    schema: Schema,
    optional: Collection[str],
    finders: Mapping[str, Finder],
) -> tuple[Frame, Collection[str]]:
    """Return the rows of all files, and the names of the columns that the schema does not know."""
    if len(paths) > 1 and any(is_csv(path) for path in paths):
        found = [_frame([path], schema, optional, {}) for path in paths]
        return joined([frame for frame, _ in found]), {name for _, names in found for name in names}
    if is_csv(paths[0]):
        return _csv_frame(paths[0], schema, optional)
    files, unknown = list[ParquetFile](), set[str]()
    for path in paths:
        file, names = opened(path, schema)
        unknown.update(unknown_names(str(path), schema, names, optional))
        files.append(file)
    return frame_of(files, schema, finders), unknown


def sha256(paths: Sequence[Path]) -> str:
    """Return the SHA-256 of the bytes of these files, one after the other.

    Parameters
    ----------
    paths : sequence of Path

    Returns
    -------
    str
    """
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()


def _csv_frame(path: Path, schema: Schema, optional: Collection[str]) -> tuple[Frame, list[str]]:
    """Return the rows of a CSV file, and the names of its unknown columns."""
    try:
        names = header(path)
        raw = csv_table(path, [name for name in names if name in schema.names])
    except (pa.ArrowException, OSError, ValueError, csv.Error) as error:
        raise unreadable(path, schema, error) from error
    unknown = unknown_names(str(path), schema, names, optional)
    return typed(path, raw, schema), unknown


def typed(path: Path, raw: Any, schema: Schema, start: int = 0) -> Frame:
    """Return rows of a file as a frame.

    Parameters
    ----------
    path : Path
    raw : pyarrow.Table
        Columns of text where the file is CSV.
    schema : Schema
    start : int
        Rows of the file before these, for messages.

    Returns
    -------
    Frame

    Raises
    ------
    InputError
        If a value has a wrong type.
    """
    convert = parsed if is_csv(path) else column_of
    columns: dict[str, Any] = {}
    for column in schema.columns:
        if column.name in raw.schema.names:
            array, table = raw.column(column.name), schema.name
            try:
                columns[column.name] = convert(array, column)
            except WrongColumn as error:
                raise wrong_column(table, column, path.name, str(array.type)) from error
            except WrongType as error:
                at = start + error.row
                raise wrong_type(table, column, path.name, at, error.value) from error
    return Frame(schema, np.arange(len(raw)), columns, Origin(((path.name, raw),)))


def unknown_names(
    place: str, schema: Schema, names: Collection[str], optional: Collection[str] = ()
) -> list[str]:
    """Refuse missing and repeated columns and return the unknown ones.

    Parameters
    ----------
    place : str
        Where the table came from.
    schema : Schema
    names : collection of str
        The columns there.
    optional : collection of str
        Required columns that may nevertheless be absent.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        If a required column is missing or a name stands twice.
    """
    missing = [
        column.name
        for column in schema.columns
        if column.required and column.name not in names and column.name not in optional
    ]
    if missing:
        raise InputError(
            f"{place} has no column {_listed(missing)}, which {schema.name} requires. "
            "Add it, or map your own column to that name.",
            table=schema.name,
            column=missing[0],
            rule="missing_column",
        )
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise InputError(
            f"{place} has the column {_listed(twice)} more than once. Keep one of them.",
            table=schema.name,
            column=twice[0],
        )
    known = set(schema.names)
    return [name for name in names if name not in known]


def warn_unknown(place: str, schema: Schema, unknown: Sequence[str]) -> None:
    """Warn once of the columns of a table that are ignored.

    Parameters
    ----------
    place : str
        Where the table came from.
    schema : Schema
    unknown : sequence of str
        May be empty.
    """
    if unknown:
        warnings.warn(
            f"{place}: ignored columns that {schema.name} does not have: {_listed(unknown)}",
            UnknownColumnWarning,
            stacklevel=2,
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:10])
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"
