"""`credence score` in partitions: the same bytes whatever did the work and whatever stopped it."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tqdm import tqdm

from features.errors import InputError
from serving import given
from serving.batch import TooManyRejectsError, score
from serving.partition import partition
from tests.serving.jobs import parts, rejects, scores, some_pairs

SIZE = 7
"""Rows of a part."""

# Scores in partitions and kills itself before the file named last is written.
KILLED = """
import os, signal, sys
from pathlib import Path
from serving import given, batch, job, merging, parts
given.PART_BYTES = 1_000_000
replace = Path.replace
def dying(self, target):
    if str(target).endswith(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
Path.replace = dying
batch.score(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), part_rows=7)
"""


@dataclass(frozen=True)
class Case:
    """Tables with bad rows, as they are and in five parts, pairs of them, and their scores."""

    tables: Path
    parted: Path
    pairs: Path
    whole: Path


@pytest.fixture(scope="module")
def case(home: Path, world: Path, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Return a world in which some rows are bad, some twice, and one pair is of nobody."""
    base = tmp_path_factory.mktemp("scale")
    found = Case(base / "tables", base / "parted", base / "pairs.csv", base / "whole")
    shutil.copytree(world, found.tables, ignore=shutil.ignore_patterns("truth"))
    for name in ("posts", "snapshots", "followers"):
        path = found.tables / f"{name}.parquet"
        rows = pq.read_table(path)
        place = rows.column_names.index("creator_id")
        lost = rows.slice(0, 9).set_column(place, "creator_id", [["nobody"] * 9])
        pq.write_table(pa.concat_tables([lost, rows, rows.slice(40, 5)]), path)
    with some_pairs(world, found.pairs).open("a") as file:
        file.write("nobody,,,,\n")
    partition(found.tables, found.parted, 5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CREDENCE_HOME", str(home))
        score(found.tables, found.pairs, found.whole, part_rows=SIZE)
    return found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Partition even small tables."""
    monkeypatch.setattr(given, "PART_BYTES", 1_000_000)


def same(out: Path, case: Case) -> None:
    """Check that two outputs are equal, the counts of their manifests too."""
    assert parts(out) == parts(case.whole)
    found, expected = (
        json.loads((one / "manifest.json").read_bytes()) for one in (out, case.whole)
    )
    assert {**found, "seconds": 0} == {**expected, "seconds": 0}
    assert sorted(path.name for path in out.iterdir()) == ["manifest.json", "rejects", "scores"]


def test_bad_rows_are_told_of_where_they_stood(case: Case) -> None:
    """Every bad row is in the rejects with its table and rule; those without a key name a place."""
    found = rejects(case.whole)

    assert [row["table"] for row in found] == ["pairs"] + ["snapshots"] * 9 + ["posts"] * 9 + [
        "followers"
    ] * 9
    assert found[0]["key"] == "row 61 of pairs.csv"
    assert [row["key"] for row in found[-9:]] == [
        f"row {place} of followers.parquet" for place in range(1, 10)
    ]


def test_small_partitions_give_the_same_bytes(
    at_home: Path, case: Case, tmp_path: Path, small: None
) -> None:
    """Tables that are partitioned on the way are scored as those that are not."""
    score(case.tables, case.pairs, tmp_path / "out", part_rows=SIZE)

    same(tmp_path / "out", case)


def test_partitioned_tables_give_the_same_bytes(at_home: Path, case: Case, tmp_path: Path) -> None:
    """The output of `credence partition` is scored as the tables themselves."""
    score(case.parted, case.pairs, tmp_path / "out", part_rows=SIZE)

    same(tmp_path / "out", case)


def test_many_runs_are_merged_in_groups(
    at_home: Path, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs beyond what is merged at once are merged twice, to the same bytes."""
    monkeypatch.setattr("serving.merging.FAN", 2)
    monkeypatch.setattr("serving.merging.BATCH", 3)

    score(case.parted, case.pairs, tmp_path / "out", part_rows=SIZE)

    same(tmp_path / "out", case)


STEPS = (
    "snapshots/.done",
    "post_metrics-routed/.done",
    "part-00001/part.json",
    "partition.json",
    "scores/00001-00000",
    "records/00001.json",
    "scores/part-00003.parquet",
    "manifest.json",
)
"""What a job writes, in its order."""


def test_a_job_killed_anywhere_goes_on(
    at_home: Path, case: Case, tmp_path: Path, small: None
) -> None:
    """Killed (kill -9) before one file after the other, it ends with the same bytes."""
    out = tmp_path / "out"
    command = [sys.executable, "-c", KILLED, str(case.tables), str(case.pairs), str(out)]
    finished: dict[Path, int] = {}
    for last in STEPS:
        killed = subprocess.run([*command, last], check=False, timeout=300, capture_output=True)
        assert killed.returncode == -signal.SIGKILL, f"{last}: {killed.stderr.decode()}"
        assert {path: path.stat().st_mtime_ns for path in finished} == finished, last
        finished |= {path: path.stat().st_mtime_ns for path in out.glob("scores/part-*.parquet")}
    score(case.tables, case.pairs, out, part_rows=SIZE)

    assert finished
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    same(out, case)


def test_too_many_rejects_stop_partitions_too(at_home: Path, case: Case, tmp_path: Path) -> None:
    """The limit is on a table of all partitions; allowed more, the job goes on to the same end."""
    out = tmp_path / "out"

    with pytest.raises(TooManyRejectsError, match="pairs: 1 of 61 rows were set aside"):
        score(case.parted, case.pairs, out, part_rows=SIZE, max_rejects=0.01)
    score(case.parted, case.pairs, out, part_rows=SIZE, max_rejects=0.1)

    same(out, case)


def test_a_full_disk_is_said_and_survived(at_home: Path, case: Case, tmp_path: Path) -> None:
    """Where a file cannot grow the job ends in words, and goes on once it can."""
    limit = (2**12, resource.RLIM_INFINITY)
    command = [
        sys.executable, "-m", "cli", "score", "--tables", str(case.tables),
        "--pairs", str(case.pairs), "--out", str(tmp_path / "out"),
    ]  # fmt: skip

    def confine() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)

    done = subprocess.run(
        command, preexec_fn=confine, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 1, done.stderr
    assert "no space left" in done.stderr
    assert "the same command goes on" in done.stderr

    score(case.tables, case.pairs, tmp_path / "out")

    assert scores(tmp_path / "out").equals(scores(case.whole))


def test_a_vanished_or_damaged_part_is_said_and_survived(
    at_home: Path, case: Case, tmp_path: Path
) -> None:
    """A part that is gone or damaged ends the job in words; put back, the job goes on."""
    tables = tmp_path / "tables"
    shutil.copytree(case.parted, tables, symlinks=True)
    path = tables / "part-00003" / "snapshots" / "00000.parquet"
    data = path.read_bytes()
    path.write_bytes(data[:-100])
    with pytest.raises(InputError, match="snapshots is damaged: partition the tables again"):
        score(tables, case.pairs, tmp_path / "out", part_rows=SIZE)
    shutil.rmtree(path.parent)
    with pytest.raises(InputError, match="snapshots is gone"):
        score(tables, case.pairs, tmp_path / "out", part_rows=SIZE)

    path.parent.mkdir()
    path.write_bytes(data)
    score(tables, case.pairs, tmp_path / "out", part_rows=SIZE)

    same(tmp_path / "out", case)


def test_processes_beside_give_the_same_bytes(at_home: Path, case: Case, tmp_path: Path) -> None:
    """--workers scores in processes of its own, to the same bytes."""
    score(case.parted, case.pairs, tmp_path / "out", part_rows=SIZE, workers=2)

    same(tmp_path / "out", case)


def test_no_cluster_at_the_address_is_bad_input(
    at_home: Path, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address where nothing answers is named."""
    monkeypatch.setattr("serving.cluster.TIMEOUT", "1s")

    with pytest.raises(InputError, match=r"--scheduler tcp://127\.0\.0\.1:1: no cluster answers"):
        score(case.parted, case.pairs, tmp_path / "out", scheduler="tcp://127.0.0.1:1")


@pytest.fixture
def cluster(at_home: Path) -> Iterator[tuple[str, Callable[[], list[int]]]]:
    """Start a real scheduler and two workers that nobody restarts; give address and pids."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", memory_limit=0,
            dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0",
            silence_logs="CRITICAL",
        ) as running,
        Client(running, set_as_default=False) as client,
    ):  # fmt: skip
        yield running.scheduler_address, lambda: list(client.run(os.getpid).values())


def test_a_lost_worker_costs_only_its_partitions(
    cluster: tuple[str, Callable[[], list[int]]],
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed at its work, a worker is replaced by the other one; the bytes are the same."""
    address, pids = cluster
    victim = pids()[0]
    killed: list[int] = []
    update = tqdm.update

    def updated(self: Any, n: float = 1) -> object:
        if not killed and n:
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)
        return update(self, n)

    monkeypatch.setattr(tqdm, "update", updated)

    score(case.parted, case.pairs, tmp_path / "out", part_rows=SIZE, scheduler=address)

    assert killed
    same(tmp_path / "out", case)
