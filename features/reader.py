"""Raw tables and single table files from disk."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from features.arrays import Flags, Ints
from features.assemble import accounts_of
from features.build import ASKED, build
from features.columns import Schema
from features.csvfiles import csv_table, header, is_csv
from features.errors import InputError
from features.frame import Frame
from features.ledger import Ledger
from features.rows import brief_of, from_rows
from features.rules import Broken, broken
from features.schema import ACCOUNTS, TABLES
from features.settle import settle
from features.sources import Source, find, source
from features.tables import Accounts, SetAside, Tables
from features.texts import Finder

__all__ = ["File", "brief_of", "from_rows", "read", "read_accounts", "read_file"]


def read(
    folder: Path | str, *, strict: bool = False, only: Collection[str] | None = None
) -> Tables:
    """Return the raw tables of a folder.

    Parameters
    ----------
    folder : path
        Holds for each table `NAME.parquet`, a folder `NAME/` of Parquet parts, or `NAME.csv`;
        creators must be there.
    strict : bool
        Whether a bad row raises instead of being set aside.
    only : collection of str, optional
        Read only these tables, and creators; the others count as absent.

    Returns
    -------
    Tables

    Raises
    ------
    InputError
        If the folder or its creators are missing, a file cannot be read, a required column is
        missing, a value has a wrong type or, when strict, a row is bad.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder. Give a folder that holds creators.parquet and further "
            "tables, such as `credence world --out DIR` writes."
        )
    if not find(folder, "creators"):
        raise InputError(
            f"{folder} holds no table creators. Add creators.parquet, creators/ or creators.csv "
            "with at least the columns creator_id and platform.",
            table="creators",
        )
    wanted = set(TABLES) if only is None else {*only, "creators"}
    if unknown := sorted(wanted - set(TABLES)):
        raise InputError(f"unknown table {unknown[0]!r}: expected any of {', '.join(TABLES)}.")
    there = {name: paths for name in ASKED if name in wanted and (paths := find(folder, name))}
    ledger, names = Ledger(strict), list(there)

    def load(name: str, finders: Mapping[str, Finder]) -> Frame | None:
        if name not in there:
            return None
        found = coming.pop(name).result()
        begin(names.index(name) + 1, finders)
        ledger.hashes[name] = found.sha256
        return found.frame

    def begin(place: int, finders: Mapping[str, Finder]) -> None:
        for name in names[place : place + 1]:
            coming[name] = beside.submit(source, there[name], TABLES[name], (), finders)

    # One table is decoded while the one before it is checked and put in order.
    coming: dict[str, Future[Source]] = {}
    with ThreadPoolExecutor(1, "reading") as beside:
        begin(0, {})
        return build(load, ledger)


@dataclass(frozen=True)
class File:
    """One table file whose rows keep their order and their places.

    `frame` holds every row that was read, good or bad; `good` marks those that keep the rules
    of a single row; `set_aside` tells of the others, `bad_rows` their places in the file.
    """

    path: Path
    frame: Frame
    good: Flags
    set_aside: list[SetAside]
    sha256: str

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def bad_rows(self) -> Ints:
        """Places in the file of the rows in `set_aside`, in the same order."""
        return np.flatnonzero(~self.good)

    def has(self, column: str) -> bool:
        """Return whether the file has the column."""
        return column in self.frame.columns

    def reject(self, rows: Ints, column: str, rule: str, reason: str) -> list[SetAside]:
        """Return the record of further rows as bad.

        Parameters
        ----------
        rows : ndarray of int64
            Places in the file.
        column : str
            The column at fault.
        rule : str
        reason : str
            Without any input value.

        Returns
        -------
        list of SetAside
        """
        ledger = Ledger()
        ledger.put_aside(self.frame, [Broken(np.sort(rows), column, rule, reason)])
        return ledger.set_aside

    @cached_property
    def raw(self) -> Any:
        """The file as it is, all its columns included: a pyarrow.Table, of text if it is CSV."""
        if is_csv(self.path):
            return csv_table(self.path, header(self.path))
        return pq.read_table(self.path)


def read_file(
    path: Path | str, schema: Schema, *, optional: Collection[str] = (), strict: bool = False
) -> File:
    """Return one table file, row by row as it stands.

    Parameters
    ----------
    path : path
        Parquet, or CSV by its suffix `.csv`.
    schema : Schema
        Such as `features.schema.FOLLOWERS`, `SPINE` or `PAIRS`.
    optional : collection of str
        Required columns that may nevertheless be absent.
    strict : bool
        Whether a bad row raises.

    Returns
    -------
    File

    Raises
    ------
    InputError
        If the file is missing or cannot be read, a required column is missing, a value has a
        wrong type or, when strict, a row is bad.
    """
    found = source([Path(path)], schema, optional)
    return file_of(Path(path), found.frame, found.sha256, strict)


def file_of(path: Path, frame: Frame, sha256: str, strict: bool = False) -> File:
    """Return rows of a table file, judged each on its own.

    Parameters
    ----------
    path : Path
    frame : Frame
        All rows of the file, or some.
    sha256 : str
        Of the file's bytes.
    strict : bool
        Whether a bad row raises.

    Returns
    -------
    File
    """
    ledger = Ledger(strict)
    findings = broken(frame)
    ledger.put_aside(frame, findings)
    good = np.ones(len(frame), dtype=np.bool_)
    for finding in findings:
        good[finding.rows] = False
    return File(path, frame, good, ledger.set_aside, sha256)


def read_accounts(
    paths: Sequence[Path | str], *, strict: bool = False
) -> tuple[Accounts, list[SetAside], str]:
    """Return labelled accounts of one or several files.

    Parameters
    ----------
    paths : sequence of path
    strict : bool
        Whether a bad row raises instead of being set aside.

    Returns
    -------
    Accounts
        Of all files together.
    list of SetAside
    str
        SHA-256 of the files' bytes.

    Raises
    ------
    InputError
        As `read_file`.
    """
    found = source([Path(path) for path in paths], ACCOUNTS)
    ledger = Ledger(strict)
    settled = settle(found.frame, {}, ledger)
    return accounts_of(settled), ledger.set_aside, found.sha256
