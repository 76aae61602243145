"""Raw tables to scores: seconds, where they go, and peak memory; what 50 kills leave.

    python -m benchmarks.scale_batch time --creators 50000
    python -m benchmarks.scale_batch memory
    python -m benchmarks.scale_batch kills

The champions are those of a default world (`benchmarks.scale_home`); tables are kept in --folder,
which is HOME/bench-scale by default, and used again. With --quick all are small.
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from threading import Lock
from typing import Any

import pyarrow.parquet as pq

from benchmarks.scale_home import failed, scratch, with_quick
from benchmarks.scale_tables import write_pairs, write_tables

MOST_MEMORY = 1.1
"""For 200,000 creators, times that for 50,000."""

RUNS = 3
"""Of each size: a peak depends on how threads happen to meet, by a tenth and more."""

STEPS = {
    "partitioning": [("serving.given", "partition")],
    "reading": [("serving.job", "read_tables"), ("serving.given", "read_tables")],
    "features": [
        ("serving.scoring", "states"),
        ("serving.scoring", "fit_columns"),
        ("serving.scoring", "samples"),
        ("serving.job", "data_summary"),
    ],
    "models": [("serving.scoring", "audience_scores"), ("serving.scoring", "conversion_scores")],
    "writing": [("serving.job", "write_run"), ("serving.batch", "_merge")],
}
"""Functions whose seconds are counted, by step."""


def main() -> None:
    what = {"time": times, "memory": memory, "kills": kills, "child": child}
    parser = with_quick(__doc__)
    parser.add_argument("what", choices=tuple(what))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--creators", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--part-bytes", type=int)
    asked = parser.parse_args()
    if asked.quick:
        asked.creators, asked.kills = min(asked.creators, 4_000), min(asked.kills, 5)
    if asked.what != "child":
        kept = scratch()
        asked.folder = asked.folder or kept
    what[asked.what](asked)


def made(folder: Path, creators: int) -> Path:
    """Return a folder with tables and pairs, made if it is not there."""
    here = folder / f"{creators}"
    if not (here / "pairs.parquet").exists():
        shutil.rmtree(here, ignore_errors=True)
        started = time.perf_counter()
        rows = write_tables(here / "tables", creators)
        write_pairs(here / "pairs.parquet", creators)
        print(
            f"made {rows:,} rows of {creators:,} creators in {time.perf_counter() - started:.0f} s"
        )
    return here


def times(asked: argparse.Namespace) -> None:
    """Print what one run takes."""
    measure(asked, asked.creators)


def memory(asked: argparse.Namespace) -> None:
    """Print the peak memory for so many creators and for four times as many, in turns."""
    peaks: dict[int, list[float]] = {asked.creators: [], 4 * asked.creators: []}
    for _ in range(1 if asked.quick else RUNS):
        for creators, found in peaks.items():
            found.append(measure(asked, creators))
    few, many = map(median, peaks.values())
    print(
        f"peak memory for four times the creators: {many / few:.3f} times as much"
        f" (medians of {len(peaks[asked.creators])})"
    )
    if many / few > MOST_MEMORY and not asked.quick:
        failed(f"at most {MOST_MEMORY} times the memory for four times the creators")


def measure(asked: argparse.Namespace, creators: int) -> float:
    """Print seconds, shares and peak memory of one run in a process of its own; return the last."""
    here = made(asked.folder, creators)
    out = here / "out"
    shutil.rmtree(out, ignore_errors=True)
    more = [] if asked.part_bytes is None else ["--part-bytes", str(asked.part_bytes)]
    done = subprocess.run(
        run(here, out, more),
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    found = json.loads(done.stdout)
    raw = sum(pq.read_metadata(one).num_rows for one in (here / "tables").glob("*.parquet"))
    print(
        f"{creators:,} creators, {raw:,} raw rows: {found['seconds']:.1f} s,"
        f" {raw / found['seconds']:,.0f} raw rows/s, {creators / found['seconds']:,.0f}"
        f" creators/s; {found['cpu']:.1f} CPU s, peak memory {found['peak'] / 1024:,.0f} MB"
    )
    total = sum(found["steps"].values())
    for name, seconds in found["steps"].items():
        print(f"  {name:13} {seconds:7.1f} thread-seconds  {seconds / total:5.1%}", flush=True)
    return float(found["peak"])


def run(here: Path, out: Path, more: list[str]) -> list[str]:
    os.environ["SCALE_OUT"] = str(out)
    name = "benchmarks.scale_batch"
    return [sys.executable, "-m", name, "child", "--folder", str(here), *more]


def child(asked: argparse.Namespace) -> None:
    """Score, counting the seconds of each step."""
    from importlib import import_module

    from serving import batch, given

    if asked.part_bytes is not None:
        given.PART_BYTES = asked.part_bytes
    steps: dict[str, float] = dict.fromkeys(STEPS, 0.0)
    lock = Lock()
    for step, functions in STEPS.items():
        for module, name in functions:
            owner = import_module(module)
            setattr(owner, name, counted(getattr(owner, name), step, steps, lock))
    started = time.perf_counter()
    tables, pairs = asked.folder / "tables", asked.folder / "pairs.parquet"
    batch.score(tables, pairs, Path(os.environ["SCALE_OUT"]), max_rejects=1)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - started,
                "cpu": usage.ru_utime + usage.ru_stime,
                "peak": usage.ru_maxrss,
                "steps": steps,
            }
        )
    )


def counted(
    function: Callable[..., Any], step: str, steps: dict[str, float], lock: Lock
) -> Callable[..., Any]:
    """Return the function, its seconds added to those of a step."""

    def timed(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            with lock:
                steps[step] += time.perf_counter() - started

    return timed


def kills(asked: argparse.Namespace) -> None:
    """Kill a job at random moments, and check what is left and what comes of it."""
    here = made(asked.folder, 2_000 if asked.quick else 10_000)
    out, whole = here / "killed", here / "whole"
    more = ["--part-bytes", str(2**23)]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    shutil.rmtree(whole, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    started = time.perf_counter()
    subprocess.run(run(here, whole, more), check=True, **quiet)
    longest = time.perf_counter() - started
    expected = content(whole)
    rng, times, ends = random.Random(7), 0, 0
    left: Counter[str] = Counter()
    while times < asked.kills:
        before = stamps(out)
        process = subprocess.Popen(run(here, out, more), **quiet)
        try:
            process.wait(rng.uniform(0.2, 1.0) * longest)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            times += 1
            left["with partitions finished"] += any("/records/" in name for name in stamps(out))
        else:
            assert process.returncode == 0
            ends += 1
        after = stamps(out)
        # What waits to be merged goes when all is done, even if the kill comes after that.
        done = '"finished": true' in manifest_of(out)
        kept = [name for name in before if not (done and "/.work/" in name)]
        assert all(after[name] == before[name] for name in kept)
        if done:
            assert content(out) == expected
            shutil.rmtree(out)
    subprocess.run(run(here, out, more), check=True, **quiet)
    assert content(out) == expected
    print(
        f"{times} kills, {dict(left)}, {ends + 1} ends: every end byte-equal to the uninterrupted"
        " run, and no finished file was touched by a later run"
    )


def manifest_of(out: Path) -> str:
    """Return the manifest as text, empty where there is none yet."""
    path = out / "manifest.json"
    return path.read_text() if path.exists() else ""


def content(out: Path) -> dict[str, bytes]:
    """Return the bytes of every part."""
    return {str(one.relative_to(out)): one.read_bytes() for one in out.glob("*/part-*.parquet")}


def stamps(out: Path) -> dict[str, int]:
    """Return when each finished file of scores was written."""
    found = [*out.glob("*/part-*.parquet"), *out.glob(".work/runs/*/scores/[0-9]*")]
    found += out.glob(".work/runs/*/records/*.json")
    return {str(one): one.stat().st_mtime_ns for one in found}


if __name__ == "__main__":
    main()
