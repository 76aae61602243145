"""`credence partition`: parts that together are the tables, judged as the whole would be."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import InputError
from features.reader import read
from features.schema import TABLES
from features.tables import SetAside, Tables
from serving.given import Given
from serving.hashing import parts_of
from serving.parted import WHOLE, part_folder, read_part
from serving.partition import OtherTablesError, partition
from tests.commands import credence
from tests.features.raw_rows import (
    Rows,
    drawn_rows,
    folder_of,
    rows_of,
    write_csv,
    write_parquet,
)


def write_layouts(rows: Rows, folder: Path) -> Path:
    """Write every table as three Parquet files, of which the second has another layout."""
    write_parquet(rows, folder)
    for path in sorted(folder.glob("*.parquet")):
        whole = pq.read_table(path)
        half = len(whole) // 2
        wide = pa.schema([(one.name, _wide(one.type)) for one in whole.schema])
        (folder / path.stem).mkdir()
        pq.write_table(whole.slice(0, half), folder / path.stem / "1.parquet")
        pq.write_table(whole.slice(half, 2).cast(wide), folder / path.stem / "2.parquet")
        pq.write_table(whole.slice(half + 2), folder / path.stem / "3.parquet")
        path.unlink()
    return folder


def _wide(kind: pa.DataType) -> pa.DataType:
    return {pa.string(): pa.large_string(), pa.int64(): pa.float64()}.get(kind, kind)


FORMS = {"parquet": write_parquet, "csv": write_csv, "layouts": write_layouts}


def by_place(rows: list[SetAside]) -> list[SetAside]:
    """Return what was set aside by table and place."""
    order = list(TABLES)
    return sorted(rows, key=lambda one: (order.index(one.table), one.place))


def seen(tables: Tables, creator: str) -> dict[str, object]:
    """Return all that the tables say of one creator."""
    row = tables.creators.index[creator]
    found: dict[str, object] = {}
    for name in ("snapshots", "posts", "audience", "followers", "applications", "collaborations"):
        table = getattr(tables, name)
        first, last = table.offsets[row : row + 2].tolist()
        for field in fields(table):
            values = getattr(table, field.name)
            if field.name.endswith("_offsets"):
                found[f"{name}.{field.name}"] = np.diff(values[first : last + 1]).tolist()
            elif field.name.startswith(("metric", "outcome")):
                offsets = table.metric_offsets if name == "posts" else table.outcome_offsets
                found[f"{name}.{field.name}"] = values[offsets[first] : offsets[last]].tolist()
            elif field.name not in {"offsets", "creator"}:
                found[f"{name}.{field.name}"] = list(values[first:last])
    return found


@settings(max_examples=30)
@given(drawn_rows(), st.sampled_from(sorted(FORMS)), st.integers(1, 4))
def test_parts_are_judged_as_the_whole(rows: Rows, form: str, parts: int) -> None:
    """Every bad row is told of as in the whole, and what is left of a creator is the same."""
    with TemporaryDirectory() as scratch:
        folder = FORMS[form](rows, Path(scratch) / "tables")
        whole = read(folder)
        index = partition(folder, Path(scratch) / "out", parts)
        found = [read_part(Path(scratch) / "out", index, number) for number in range(parts)]
        latest, _ = Given.of(Path(scratch) / "out").latest()

    own = [one for part in found for one in part.set_aside if one.table not in WHOLE]
    shared = [one for one in found[0].set_aside if one.table in WHOLE]
    assert by_place(own + shared) == by_place(whole.set_aside)
    for name in set(TABLES) - set(WHOLE):
        for field in ("read", "collapsed", "set_aside"):
            total = sum(getattr(part.counts[name], field) for part in found)
            assert total == getattr(whole.counts[name], field), f"{name}.{field}"
    assert sorted(name for part in found for name in part.creators.ids) == whole.creators.ids
    for part in found:
        for name in part.creators.ids:
            assert repr(seen(part, name)) == repr(seen(whole, name))
    assert latest == whole.latest
    assert dict(found[0].hashes) == dict(whole.hashes)


def ids_in(parts: int) -> list[str]:
    """Return for each part an id of a creator that belongs there."""
    names = [f"c{number}" for number in range(100)]
    where = parts_of(pa.array(names, pa.large_string()), parts).tolist()
    return [names[where.index(part)] for part in range(parts)]


def test_parts_do_not_depend_on_process_or_machine() -> None:
    """An id has one part for ever: these were computed once and written down."""
    names = ["ana", "b" * 128, None, "", "12345678", "123456789"]

    assert parts_of(pa.array(names, pa.large_string()), 1000).tolist() == PARTS
    many = pa.array(names * 2000, pa.large_string())
    assert parts_of(many, 1000).tolist() == PARTS * 2000
    assert parts_of(many.slice(1), 1000).tolist() == (PARTS * 2000)[1:]


def test_creators_of_two_parts_who_claim_one_post_hide_it_from_each_other(tmp_path: Path) -> None:
    """The first known post stands until the second; both are told of, in either part."""
    one, other = ids_in(2)
    write: Rows = {
        "creators": [{"creator_id": name, "platform": "x"} for name in (one, other)],
        "posts": [
            {"post_id": "p", "creator_id": other, "posted_at": datetime(2026, 1, 5, tzinfo=UTC)},
            {"post_id": "p", "creator_id": one, "posted_at": datetime(2026, 1, 3, tzinfo=UTC)},
            # Of nobody, so that it contradicts nothing.
            {"post_id": "p", "creator_id": "who", "posted_at": datetime(2026, 1, 1, tzinfo=UTC)},
        ],
        "post_metrics": [
            {"post_id": "p", "observed_at": datetime(2026, 1, 9, tzinfo=UTC), "likes": 3}
        ],
    }
    tables = write_parquet(write, tmp_path / "tables")

    index = partition(tables, tmp_path / "out", 2)

    first, second = (read_part(tmp_path / "out", index, number) for number in range(2))
    assert first.posts.hidden.tolist() == [1_767_571_200_000_000]
    assert first.posts.metrics[:, 0].tolist() == [3.0]
    assert len(second.posts.known) == 0
    found = [(row.place, row.rule) for row in by_place(first.set_aside + second.set_aside)]
    assert found == [(0, "conflicting_key"), (1, "conflicting_key"), (2, "unknown_reference")]


def test_a_stopped_partition_goes_on(tmp_path: Path) -> None:
    """What was sent and written before a kill is left as it is, and the end is the same."""
    tables = write_parquet(rows_of(5), tmp_path / "tables")
    partition(tables, tmp_path / "whole", 3)
    out = tmp_path / "out"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tables), str(out)], check=False, timeout=300
    )
    assert killed.returncode == -signal.SIGKILL
    before = {path: path.stat().st_mtime_ns for path in out.glob("part-00000/**/*.parquet")}
    assert before

    partition(tables, out, 3)

    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert files_of(out) == files_of(tmp_path / "whole")


def test_a_finished_partition_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked again it touches nothing; other tables or another number of parts are refused."""
    tables = write_parquet(rows_of(5), tmp_path / "tables")
    out = tmp_path / "out"
    index = partition(tables, out, 2)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}

    assert partition(tables, out, 2) == index
    with pytest.raises(OtherTablesError, match="other tables or parts"):
        partition(tables, out, 3)
    with pytest.raises(OtherTablesError, match="something else"):
        partition(tables, tables, 2)

    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    assert "all 2 parts were finished before" in capsys.readouterr().err


def test_a_part_is_a_tables_folder(tmp_path: Path) -> None:
    """Any command reads a part as it stands: the shared tables are there too."""
    tables = write_parquet(rows_of(5), tmp_path / "tables")
    index = partition(tables, tmp_path / "out", 2)

    found = read(part_folder(tmp_path / "out", 1))

    assert found.creators.ids == read_part(tmp_path / "out", index, 1).creators.ids
    assert found.present == set(TABLES) - {"accounts"}


@pytest.mark.parametrize("table", ["posts", "briefs"])
def test_a_damaged_part_is_refused(tmp_path: Path, table: str) -> None:
    """A part that is not what was written, or not there, is named with the remedy."""
    index = partition(write_parquet(rows_of(5), tmp_path / "tables"), tmp_path / "out", 2)
    here = part_folder(tmp_path / "out", 1)
    path = next(
        one for one in (here / table / "00000.parquet", here / f"{table}.parquet") if one.exists()
    )
    data = path.read_bytes()

    path.write_bytes(data[:50] + bytes([data[50] ^ 1]) + data[51:])
    with pytest.raises(InputError, match=f"{table} is damaged: partition the tables again"):
        read_part(tmp_path / "out", index, 1)
    path.unlink()
    with pytest.raises(InputError, match=f"{table} (is gone|has no part)"):
        read_part(tmp_path / "out", index, 1)


def test_a_wrong_type_names_its_row_in_the_file(tmp_path: Path) -> None:
    """A value of a wrong type ends partitioning before anything is scored, naming file and row."""
    folder_of(tmp_path, snapshots=SNAPSHOTS)

    with pytest.raises(InputError, match=r"snapshots.followers, row 3 of snapshots.csv: 'many'"):
        partition(tmp_path, tmp_path / "out", 2)


def test_the_command_says_what_it_made(tmp_path: Path, homes: Callable[[str], Path]) -> None:
    """`credence partition` writes the parts and tells how many rows they have."""
    tables = write_parquet(rows_of(5), tmp_path / "tables")
    out = tmp_path / "out"

    done = credence(
        "partition", "--tables", str(tables), "--out", str(out), "--parts", "3", home=homes("cli")
    )

    rows = sum(len(some) for some in rows_of(5).values())
    assert f"{rows} rows in 3 parts" in done.stderr
    assert sorted(path.name for path in out.glob("part-*")) == [
        "part-00000", "part-00001", "part-00002",
    ]  # fmt: skip


def files_of(out: Path) -> dict[str, bytes]:
    """Return every file of partitioned tables by its name."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


SNAPSHOTS = """creator_id,observed_at,followers
a,2026-01-01T00:00:00Z,5
a,2026-01-02T00:00:00Z,6
a,2026-01-03T00:00:00Z,many
"""
PARTS = [349, 34, 267, 267, 801, 483]

# Partitions and kills itself, as the kernel might, before the second part's record.
KILLED = """
import os, signal, sys
from pathlib import Path
from serving import partition, parts
write = parts.write_bytes
def dying(path, data):
    if path.name == "part.json" and path.parent.name == "part-00001":
        os.kill(os.getpid(), signal.SIGKILL)
    write(path, data)
partition.write_bytes = dying
partition.os.cpu_count = lambda: 1
partition.partition(Path(sys.argv[1]), Path(sys.argv[2]), 3)
"""


@pytest.mark.parametrize("left", [0, 100, -8])
def test_a_damaged_table_is_named(world: Path, tmp_path: Path, left: int) -> None:
    """A Parquet file of which a part is missing ends the command in words; mended, it goes on."""
    tables = Path(shutil.copytree(world, tmp_path / "tables"))
    path = tables / "posts.parquet"
    data = path.read_bytes()
    path.write_bytes(data[:left])

    with pytest.raises(InputError, match=r"posts\.parquet.* cannot be read as Parquet"):
        partition(tables, tmp_path / "parted", 3)

    path.write_bytes(data)
    assert partition(tables, tmp_path / "parted", 3, anew=True).parts == 3
