"""The first half of partitioning: every row of a table to the part of its creator, on disk."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from features.columns import Schema
from features.csvfiles import is_csv
from features.frame import Frame, joined
from features.ledger import Ledger
from features.settle import arrow_finder, settle
from features.sources import sha256, typed
from serving.hashing import parts_of
from serving.parted import write_places
from serving.parts import write, write_bytes
from serving.routing import CHILDREN, claims, owners
from serving.spill import BUDGET, Spill, spilled
from serving.streaming import PLACE, Seen, blocks

_DONE = ".done"
_CLAIMS, RIVALS = "claims", "rivals"

Kind = TypeVar("Kind")


class Sent(msgspec.Struct, frozen=True):
    """What came of sending a table: its files with their rows, and its runs of one layout."""

    files: list[tuple[str, int]]
    layouts: list[bytes]
    """Arrow schemas."""
    briefed: bool = False
    """Whether any row names a brief."""

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(rows for _, rows in self.files)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A table that was sent into a folder."""

    schema: Schema
    folder: Path
    sent: Sent

    def frames(self, part: int, whole: bool = False) -> Iterator[tuple[int, Any, Frame]]:
        """Yield the rows of one part by group, typed in their first key column or as a whole."""
        for group in range(len(self.sent.layouts)):
            rows = spilled(self.folder / f"{group:05d}" / f"{part:05d}")
            if rows is not None:
                known = rows.drop_columns(PLACE) if whole else rows.select([self.schema.key[0]])
                yield group, rows, typed(Path(self.sent.files[0][0]), known, self.schema)


def once(folder: Path, kind: type[Kind], work: Callable[[Path], Kind]) -> Kind:
    """Do a step whose files go into a folder, or tell what came of it when it was done before.

    Parameters
    ----------
    folder : Path
    kind : type
        Of the result.
    work : callable
        Takes the folder, empty.

    Returns
    -------
    Kind
    """
    done = folder / _DONE
    if done.exists():
        return msgspec.json.decode(done.read_bytes(), type=kind)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    result = work(folder)
    write_bytes(done, msgspec.json.encode(result))
    return result


def send(
    paths: Sequence[Path],
    schema: Schema,
    parts: int,
    folder: Path,
    *,
    briefs: Any | None = None,
    budget: int = BUDGET,
    progress: Callable[[int], object] = lambda _: None,
) -> Sent:
    """Send the rows of a table to parts by the column that decides: a creator, else a parent's id.

    Parameters
    ----------
    paths : sequence of Path
        The table's files.
    schema : Schema
    parts : int
    folder : Path
        Gets the rows: `GROUP/PART`.
    briefs : pyarrow.LargeStringArray, optional
        Ids of the briefs that stand, if there are any.
    budget : int
        Bytes of rows that wait in memory to be written.
    progress : callable
        Told of rows done.

    Returns
    -------
    Sent
    """
    seen = Seen([], [])
    spills: dict[int, Spill] = {}
    column = "creator_id" if "creator_id" in schema.names else schema.key[0]
    keys = Spill(folder / _CLAIMS, budget) if schema.name in CHILDREN else None
    briefed = False
    for block in blocks(paths, schema, seen):
        spill = spills.setdefault(block.group, Spill(folder / f"{block.group:05d}", budget))
        spill.add(block.rows, parts_of(block.frame.text(column), parts))
        if keys is not None:
            claimed = claims(block.frame, parts, briefs)
            keys.add(claimed, parts_of(claimed["id"].combine_chunks(), parts))
        briefed |= block.frame.text("brief_id").null_count < len(block.frame)
        progress(len(block.frame))
    for one in [*spills.values(), *([keys] if keys else [])]:
        one.close()
    return Sent(seen.files, [layout.serialize().to_pybytes() for layout in seen.layouts], briefed)


def route(
    parent: Arrived | None,
    child: Arrived | None,
    creators: Arrived,
    parts: int,
    folder: Path,
    *,
    budget: int = BUDGET,
) -> None:
    """Send rows that refer to others on to the part that these are in, and rivals to theirs.

    Parameters
    ----------
    parent, child : Arrived or None
        A table of CHILDREN and the one that refers to it; None for an absent one.
    creators : Arrived
    parts : int
    folder : Path
        Gets the child's rows, `GROUP/PART`, and `rivals/PART`.
    budget : int
        Bytes of rows that wait in memory to be written.
    """
    groups = range(len(child.sent.layouts) if child else 0)
    onward = [Spill(folder / f"{group:05d}", budget) for group in groups]
    rivals = Spill(folder / RIVALS, budget)
    standing = lru_cache(lambda part: _standing(creators, part))
    for bucket in range(parts):
        found = None if parent is None else spilled(parent.folder / _CLAIMS / f"{bucket:05d}")
        ids, owner = pa.array([], pa.large_string()), np.zeros(0, dtype=np.int64)
        if found is not None:
            ids, owner, claimed = owners(found, standing)
            rivals.add(claimed.drop_columns("part"), claimed["part"].to_numpy())
        for group, rows, frame in child.frames(bucket) if child else ():
            texts = frame.text(frame.schema.key[0])
            place = arrow_finder(ids)(texts)
            # What refers to nothing is judged in any part, always the same.
            part = np.where(place < 0, parts_of(texts, parts), np.append(owner, -1)[place])
            onward[group].add(rows, part)
    for spill in [*onward, rivals]:
        spill.close()


def write_part(table: Arrived, number: int, here: Path) -> str:
    """Write the rows of one part in the order of their table, and where they stood.

    Parameters
    ----------
    table : Arrived
    number : int
        Of the part.
    here : Path
        The part's folder.

    Returns
    -------
    str
        SHA-256 of the files' bytes.
    """
    name, places, paths = table.schema.name, [], []
    for group, written in enumerate(table.sent.layouts):
        layout = pa.ipc.read_schema(pa.py_buffer(written))
        rows = spilled(table.folder / f"{group:05d}" / f"{number:05d}")
        if rows is None and group:
            continue
        if rows is None:
            rows = layout.append(pa.field(PLACE, pa.int64())).empty_table()
        place = rows.column(PLACE).to_numpy()
        if len(place) and (np.diff(place) < 0).any():
            rows = rows.take(pa.array(np.argsort(place)))
        places.append(rows.column(PLACE).combine_chunks())
        csv = is_csv(Path(table.sent.files[0][0]))
        paths.append(here / (f"{name}.csv" if csv else f"{name}/{group:05d}.parquet"))
        write_rows(paths[-1], rows.drop_columns(PLACE))
    write_places(here, name, pa.concat_arrays(places))
    return sha256(paths)


def write_rows(path: Path, rows: Any) -> None:
    """Write rows as CSV or Parquet, by the name of the file."""

    def fill(file: IO[bytes]) -> None:
        if is_csv(path):
            pacsv.write_csv(rows, file)
        else:
            pq.write_table(rows, file, compression="zstd")

    write(path, fill)


def _standing(creators: Arrived, part: int) -> Any:
    """Return the ids of the creators that stand in a part."""
    frames = [frame for _, _, frame in creators.frames(part, whole=True)]
    if not frames:
        return pa.array([], pa.large_string())
    return settle(joined(frames), {}, Ledger()).frame.text("creator_id")
