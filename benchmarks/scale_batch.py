"""Raw tables to scores: seconds, where they go, and peak memory; partitioning; kills; bad rows.

    python -m benchmarks.scale_batch time --creators 50000 --folder DIR
    python -m benchmarks.scale_batch kills --folder DIR
    python -m benchmarks.scale_batch bad --folder DIR

Needs champions in CREDENCE_HOME. What is in DIR is kept and used again.
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
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.scale_tables import write_pairs, write_tables

STEPS = {
    "partitioning": [("serving.beginning", "partition")],
    "reading": [("serving.job", "read_tables"), ("serving.beginning", "read_tables")],
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["time", "kills", "bad", "child"])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--creators", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--part-bytes", type=int)
    asked = parser.parse_args()
    what = {"time": measure, "kills": kills, "bad": bad, "child": child}
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


def measure(asked: argparse.Namespace) -> None:
    """Print seconds, shares and peak memory of one run in a process of its own."""
    here = made(asked.folder, asked.creators)
    out = here / "out"
    shutil.rmtree(out, ignore_errors=True)
    more = [] if asked.part_bytes is None else ["--part-bytes", str(asked.part_bytes)]
    done = subprocess.run(run(here, out, more), check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout)
    raw = sum(pq.read_metadata(one).num_rows for one in (here / "tables").glob("*.parquet"))
    print(
        f"{asked.creators:,} creators, {raw:,} raw rows: {found['seconds']:.1f} s,"
        f" {raw / found['seconds']:,.0f} raw rows/s, {asked.creators / found['seconds']:,.0f}"
        f" creators/s; {found['cpu']:.1f} CPU s, peak memory {found['peak'] / 1024:,.0f} MB"
    )
    total = sum(found["steps"].values())
    for name, seconds in found["steps"].items():
        print(f"  {name:13} {seconds:7.1f} thread-seconds  {seconds / total:5.1%}")


def run(here: Path, out: Path, more: list[str]) -> list[str]:
    os.environ["SCALE_OUT"] = str(out)
    name = "benchmarks.scale_batch"
    return [sys.executable, "-m", name, "child", "--folder", str(here), *more]


def child(asked: argparse.Namespace) -> None:
    """Score, counting the seconds of each step."""
    from importlib import import_module

    from serving import batch, beginning

    if asked.part_bytes is not None:
        beginning.PART_BYTES = asked.part_bytes
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
    here = made(asked.folder, 2_000)
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


def bad(asked: argparse.Namespace) -> None:
    """Break 5 % of a million rows in 20 ways and check what becomes of them."""
    here = made(asked.folder, 2_400)
    tables = asked.folder / "bad" / "tables"
    shutil.rmtree(tables.parent, ignore_errors=True)
    shutil.copytree(here / "tables", tables)
    write_pairs(tables.parent / "pairs.parquet", 2_400)
    expected, rows = break_rows(tables)
    out = tables.parent / "out"
    more = ["--part-bytes", str(2**24)]
    subprocess.run(run(tables.parent, out, more), check=True, stdout=subprocess.DEVNULL)
    manifest = json.loads((out / "manifest.json").read_bytes())
    rejects = pq.read_table(out / "rejects").to_pandas()
    found = rejects.groupby(["table", "rule"]).size().to_dict()
    assert found == dict(expected), f"{found} != {dict(expected)}"
    assert manifest["scores"] == pq.read_table(out / "scores").num_rows == 2_400
    assert manifest["rejects"] == sum(expected.values()) == len(rejects)
    print(
        f"{rows:,} rows, {sum(expected.values()):,} bad ({sum(expected.values()) / rows:.1%}) of"
        f" {len(KINDS)} kinds: each told of under its rule; all {manifest['scores']:,} creators"
        " scored"
    )


KINDS = [
    ("snapshots", "creator_id", "nobody", "unknown_reference"),
    ("snapshots", "creator_id", "no id", "malformed_id"),
    ("snapshots", "creator_id", None, "missing_value"),
    ("snapshots", "observed_at", None, "missing_value"),
    ("snapshots", "followers", None, "missing_value"),
    ("snapshots", "followers", -1, "out_of_range"),
    ("snapshots", "following", -5, "out_of_range"),
    ("posts", "creator_id", "nobody", "unknown_reference"),
    ("posts", "creator_id", None, "missing_value"),
    ("posts", "post_id", "a b", "malformed_id"),
    ("posts", "posted_at", None, "missing_value"),
    ("posts", "media_type", "poem", "unknown_value"),
    ("posts", "caption_length", -2, "out_of_range"),
    ("post_metrics", "post_id", "nowhere", "unknown_reference"),
    ("post_metrics", "post_id", None, "missing_value"),
    ("post_metrics", "likes", -1, "out_of_range"),
    ("followers", "creator_id", "nobody", "unknown_reference"),
    ("followers", "following", None, "missing_value"),
    ("audience", "value", "Atlantis", "unknown_value"),
    ("audience", "share", 1.5, "out_of_range"),
]
"""Table, column, bad value, rule."""


def break_rows(tables: Path) -> tuple[Counter[tuple[str, str]], int]:
    """Break rows of every kind, and return how many by table and rule, and all rows."""
    rows = {one.stem: pq.read_table(one) for one in tables.glob("*.parquet")}
    total = sum(len(one) for one in rows.values())
    each = total // 20 // len(KINDS)
    rng = np.random.default_rng(7)
    expected: Counter[tuple[str, str]] = Counter()
    free = {name: rng.permutation(len(table)) for name, table in rows.items()}
    for table, column, value, rule in KINDS:
        taken, free[table] = free[table][:each], free[table][each:]
        mask = np.zeros(len(rows[table]), dtype=bool)
        mask[taken] = True
        values = rows[table].column(column)
        place = rows[table].column_names.index(column)
        broken = pc.if_else(pa.array(mask), pa.scalar(value, values.type), values)
        rows[table] = rows[table].set_column(place, column, broken)
        expected[table, rule] += len(taken)
    # The metrics of a post that is lost lead nowhere themselves.
    lost = pc.invert(pc.is_in(*_ids(rows)))
    own = np.zeros(len(rows["post_metrics"]), dtype=bool)
    own[free["post_metrics"]] = True
    expected["post_metrics", "unknown_reference"] += int(
        (lost.to_numpy(zero_copy_only=False) & own).sum()
    )
    for name, table in rows.items():
        pq.write_table(table, tables / f"{name}.parquet")
    return expected, total


def _ids(rows: dict[str, Any]) -> tuple[Any, Any]:
    """Return the posts that metrics are of, and those that stand."""
    posts = rows["posts"]
    column = {name: posts.column(name) for name in posts.column_names}
    good = pc.and_kleene(
        pc.is_valid(column["posted_at"]),
        pc.starts_with(column["creator_id"].fill_null("?"), "creator-"),
    )
    good = pc.and_kleene(good, pc.not_equal(column["media_type"], "poem"))
    good = pc.and_kleene(good, pc.greater_equal(column["caption_length"], 0))
    good = pc.and_kleene(good, pc.starts_with(column["post_id"], "post-"))
    return rows["post_metrics"].column("post_id").combine_chunks(), column["post_id"].filter(
        good
    ).combine_chunks()


if __name__ == "__main__":
    main()
