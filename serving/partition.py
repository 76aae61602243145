"""`credence partition`: tables to parts by creator, each of them a tables folder of its own.

Rows are streamed, so that memory does not grow with the tables. First every row is sent to the
file of its part; then rows that refer to a post or a collaboration are sent on to where that is;
then each part is put in the order of its rows and written. A step that was finished before a stop
is not done again.
"""

import os
import shutil
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from features.csvfiles import is_csv
from features.errors import InputError
from features.frame import Frame
from features.ledger import Ledger
from features.parquet import ParquetFile
from features.schema import TABLES
from features.settle import settle
from features.sources import find, sha256, source
from serving.parted import (
    RECORD,
    RIVALS,
    SHARED,
    WHOLE,
    Index,
    Part,
    Table,
    load_index,
    part_folder,
    save_index,
)
from serving.parts import clear_end, held, write_bytes
from serving.routing import CHILDREN
from serving.sending import Arrived, Sent, once, route, send, write_part, write_rows
from serving.spill import BUDGET, spilled

WORK = ".work"
PLAN = "plan.json"

Paths = dict[str, list[Path]]


class OtherTablesError(InputError):
    """A folder holds other tables, or other parts of them."""


def partition(
    tables: Path, out: Path, parts: int, *, anew: bool = False, budget: int | None = None
) -> Index:
    """Partition a tables folder by creator.

    Parameters
    ----------
    tables : Path
        A tables folder.
    out : Path
        Gets the parts; what an earlier run finished is kept.
    parts : int
    anew : bool
        Whether a half-finished partition of something else is replaced instead of refused.
    budget : int, optional
        Bytes of rows of a table that wait in memory to be written; by default 64 KiB a part, for
        less at once would cost the time of many small files.

    Returns
    -------
    Index

    Raises
    ------
    InputError
        If an input cannot be used, or `out` holds, or is being filled by, another job.
    """
    paths = table_files(tables)
    with held(out), clear_end(out):
        hashes = hashes_of(paths)
        if finished := load_index(out):
            same = {name: table.sha256 for name, table in finished.tables.items()} == hashes
            if same and finished.parts == parts:
                print(f"{out}: all {parts} parts were finished before", file=sys.stderr)
                return finished
            raise OtherTablesError(f"{out} holds other tables or parts: choose another folder")
        _begin(out, {"parts": parts, "tables": hashes}, anew)
        room = max(BUDGET, parts * 2**16) if budget is None else budget
        whole = {name: source(paths[name], TABLES[name]).frame for name in WHOLE if name in paths}
        sent = _send(paths, whole.get("briefs"), parts, out / WORK, room)
        _write(sent, _share(whole, paths, out / SHARED), out, parts)
        files = {name: one.sent.files for name, one in sent.items()}
        for name, frame in whole.items():
            files[name] = [(file, len(rows)) for file, rows in frame.origin.parts]
        index = Index(parts, {name: Table(hashes[name], files[name]) for name in paths})
        save_index(out, index)
        shutil.rmtree(out / WORK)
    return index


def table_files(tables: Path) -> Paths:
    """Return the files of every table of a folder, creators among them."""
    paths = {name: found for name in TABLES if (found := find(tables, name))}
    if "creators" not in paths:
        raise InputError(
            f"{tables} holds no table creators. Add creators.parquet, creators/ or creators.csv "
            "with at least the columns creator_id and platform.",
            table="creators",
        )
    return paths


def hashes_of(paths: Paths) -> dict[str, str]:
    """Return the SHA-256 of each table's bytes."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(paths, pool.map(sha256, paths.values()), strict=True))


def _begin(out: Path, plan: Mapping[str, Any], anew: bool) -> None:
    """Begin a partition, or go on with the one that was begun here."""
    path = out / WORK / PLAN
    wanted = msgspec.json.encode(plan)
    if path.exists() and path.read_bytes() == wanted:
        print(f"{out}: going on where an earlier run stopped", file=sys.stderr)
        return
    if any(one.name != ".lock" for one in out.iterdir()):
        if not anew and not path.exists():
            raise OtherTablesError(f"{out} holds something else: choose another folder")
        if not anew:
            raise OtherTablesError(
                f"{out} was begun with other tables or parts: give the first command again, or "
                "choose another folder"
            )
        for one in out.iterdir():
            if one.name != ".lock":
                shutil.rmtree(one) if one.is_dir() else one.unlink()
    write_bytes(path, wanted)


def _send(
    paths: Paths, briefs: Frame | None, parts: int, work: Path, budget: int
) -> dict[str, Arrived]:
    """Send every row of the creators' tables to its part."""
    ids = None if briefs is None else settle(briefs, {}, Ledger()).frame.text("brief_id")
    owned = [name for name in paths if name not in WHOLE]
    with tqdm(total=_rows(paths, owned), delay=2, unit=" rows", file=sys.stderr) as progress:

        def one(name: str) -> Arrived:
            folder, schema = work / name, TABLES[name]
            sent = once(
                folder,
                Sent,
                lambda folder: send(
                    paths[name],
                    schema,
                    parts,
                    folder,
                    briefs=ids,
                    budget=budget,
                    progress=progress.update,
                ),
            )
            return Arrived(schema, folder, sent)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            sent = dict(zip(owned, pool.map(one, owned), strict=True))
    for parent, child in CHILDREN.items():
        if parent in sent or child in sent:
            folder = work / f"{child}-routed"
            pair = sent.get(parent), sent.get(child)
            once(folder, type(None), partial(_route, pair, sent["creators"], parts, budget))
            if pair[1] is not None:
                sent[child] = Arrived(TABLES[child], folder, pair[1].sent)
    return sent


def _route(
    pair: tuple[Arrived | None, Arrived | None],
    creators: Arrived,
    parts: int,
    budget: int,
    folder: Path,
) -> None:
    route(*pair, creators, parts, folder, budget=budget)


def _rows(paths: Paths, names: list[str]) -> int | None:
    """Return the rows of these tables, None where a file does not say."""
    files = [path for name in names for path in paths[name]]
    if any(is_csv(path) for path in files):
        return None
    try:
        return sum(int(pq.read_metadata(path).num_rows) for path in files)
    except (OSError, pa.ArrowException):
        return None  # told of in words where it is read


def _table(rows: Any) -> Any:
    """Return the rows of a file as an Arrow table; those of Parquet are not in memory."""
    if isinstance(rows, ParquetFile):
        with pq.ParquetFile(rows.path) as file:
            return file.read(columns=list(rows.present))
    return rows


def _share(frames: Mapping[str, Frame], paths: Paths, folder: Path) -> dict[str, str]:
    """Write the tables that are not of one creator, and return the SHA-256 of each."""
    hashes: dict[str, str] = {}
    for name, frame in frames.items():
        inner = folder if paths[name][0].parent.name != name else folder / name
        files = [(inner / file, rows) for file, rows in frame.origin.parts]
        for path, rows in files:
            if not path.exists():
                write_rows(path, _table(rows))
        hashes[name] = sha256([path for path, _ in files])
    return hashes


def _write(sent: dict[str, Arrived], shared: Mapping[str, str], out: Path, parts: int) -> None:
    """Write every part that is not there yet."""
    missing = [one for one in range(parts) if not (part_folder(out, one) / RECORD).exists()]
    with (
        tqdm(total=len(missing), delay=2, unit=" parts", file=sys.stderr) as progress,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        for _ in pool.map(partial(_write_one, sent, shared, out), missing):
            progress.update()


def _write_one(sent: dict[str, Arrived], shared: Mapping[str, str], out: Path, number: int) -> None:
    here = part_folder(out, number)
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir()
    hashes = {name: write_part(table, number, here) for name, table in sent.items()}
    for parent, child in CHILDREN.items():
        found = spilled(out / WORK / f"{child}-routed" / RIVALS / f"{number:05d}")
        if found is not None:
            write_rows(here / RIVALS / f"{parent}.parquet", found)
    for path in (out / SHARED).iterdir() if shared else ():
        if path.stem != "accounts" or not number:
            (here / path.name).symlink_to(Path("..", SHARED, path.name))
    write_bytes(here / RECORD, msgspec.json.encode(Part({**hashes, **shared})))
