"""CSV files: their header, and their columns as the text they hold."""

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv


def is_csv(path: Path) -> bool:
    """Return whether the file is CSV by its suffix."""
    return path.suffix.lower() == ".csv"


def header(path: Path) -> list[str]:
    """Return the names of a CSV file's columns.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of str
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file), [])


def csv_table(path: Path, names: list[str]) -> Any:
    """Return these columns of a CSV file as text, blank as null.

    Parameters
    ----------
    path : Path
    names : list of str

    Returns
    -------
    pyarrow.Table
    """
    return pacsv.read_csv(path, **as_text(names))


def as_text(names: list[str]) -> dict[str, Any]:
    """Return how Arrow reads these columns of a CSV file as text, blank as null.

    Parameters
    ----------
    names : list of str

    Returns
    -------
    dict
        Options of `pyarrow.csv`.
    """
    return {
        "parse_options": pacsv.ParseOptions(newlines_in_values=True),
        "convert_options": pacsv.ConvertOptions(
            include_columns=names,
            column_types=dict.fromkeys(names, pa.large_string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    }
