"""What 100 million creators take: rates measured on 50,000, and machines, hours and storage.

    python -m benchmarks.scale_plan [--creators 50000] [--quick]

`credence partition`, then `credence score` and `credence publish` on its output, each a command of
its own; seconds of CPU, bytes and peak memory a creator, and what they come to for 100 million. The
docs' table is this. Some minutes.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scale_batch import made
from benchmarks.scale_home import scratch, with_quick
from features.home import home

MANY = 100_000_000
A_PART = 2_500
"""Creators."""

FEW = 20

CORES, MACHINES = 16, 8
_SHARED = ("bundles", "kernels", "mlflow.db", "artifacts")
_CHILD = """
import json, resource, sys, time, cli
from contextlib import suppress
start = time.perf_counter()
with suppress(SystemExit):
    cli.main(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a command: seconds of CPU, its start aside, and bytes written, a creator."""

    cpu: float
    size: float


def used(words: list[str]) -> tuple[float, float, float]:
    """Run a command, and return its seconds, its seconds of CPU and its peak memory in KiB."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, *words],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    seconds, cpu, peak = json.loads(done.stdout.splitlines()[-1])
    return seconds, cpu, peak


def size_of(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


def measured(here: Path, folder: Path, creators: int) -> dict[str, tuple[float, int]]:
    """Partition, score and publish the tables; print and return CPU and bytes of each."""
    own = folder / "home"
    own.mkdir(parents=True)
    for name in _SHARED:
        (own / name).symlink_to((home() / name).resolve())
    parted, out = folder / "parted", folder / "out"
    more = ["--out", str(parted), "--parts", str(-(-creators // A_PART))]
    pairs = ["--pairs", str(here / "pairs.parquet"), "--out", str(out)]
    commands = {
        "partition": (["--tables", str(here / "tables"), *more], parted),
        "score": (["--tables", str(parted), *pairs], out),
        "publish": (["--tables", str(parted)], own / "online"),
    }
    found = {}
    before, os.environ["CREDENCE_HOME"] = os.environ["CREDENCE_HOME"], str(own)
    for name, (words, written) in commands.items():
        seconds, cpu, peak = used([name, *words])
        found[name] = cpu, size_of(written)
        print(
            f"  {name:10} {seconds:6.1f} s, {cpu:6.1f} s of CPU,"
            f" {found[name][1] / 2**20:6,.0f} MiB written, peak memory {peak / 1024:,.0f} MB",
            flush=True,
        )
    os.environ["CREDENCE_HOME"] = before
    return found


def main() -> None:
    parser = with_quick(__doc__)
    parser.add_argument("--creators", type=int, default=50_000)
    asked = parser.parse_args()
    creators = 5_000 if asked.quick else asked.creators
    costs = {}
    with tempfile.TemporaryDirectory(dir=scratch()) as folder:
        here, few = made(scratch(), creators), made(scratch(), FEW)
        print(f"{FEW} creators, so that what a command takes to start is known:")
        start = measured(few, Path(folder) / "few", FEW)
        print(f"{creators:,} creators:")
        for name, (cpu, size) in measured(here, Path(folder) / "many", creators).items():
            costs[name] = Cost((cpu - start[name][0]) / (creators - FEW), size / creators)
    told(size_of(here / "tables") / creators, costs)


def told(size: float, costs: dict[str, Cost]) -> None:
    """Print what it comes to."""
    print(f"{MANY:,} creators:")
    sizes = {"tables": size, "partitioned": costs["partition"].size}
    sizes |= {"scores": costs["score"].size, "store": costs["publish"].size}
    for what, one in sizes.items():
        print(f"  {what:12} {one:8,.0f} B a creator {one * MANY / 1e9:10,.0f} GB")
    for what, cost in costs.items():
        hours = cost.cpu * MANY / 3600
        several = f", {60 * hours / CORES / MACHINES:,.0f} min on {MACHINES} such machines"
        print(
            f"  {what:12} {1e3 * cost.cpu:8.2f} ms of CPU    {hours:10,.1f} core-hours:"
            f" {hours / CORES:,.1f} h on {CORES} cores{several if what == 'score' else ''}"
        )


if __name__ == "__main__":
    main()
