"""`credence features` for 500,000 rows of creators and moments: seconds and peak memory.

    python -m benchmarks.scale_features [--creators 50000] [--quick]

Ten moments a creator, 5 million posts and 9 million snapshots, Parquet to Parquet. Tables as they
are; then by parts, for so many creators and for half of them: there memory may grow with the
columns of the spine alone. Outputs by parts and as a whole must be equal.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.features_tables import DATES, write_tables
from benchmarks.scale_home import failed, with_quick

MOST_MEMORY = 1.25
"""For twice the rows, by parts: the spine and its places are held, 50 bytes a row."""


def child(folder: Path, by_parts: bool, out: str) -> None:
    from serving import frames, given

    if by_parts:
        given.AT_ONCE = -1
    start = time.perf_counter()
    frames.write_features(folder, folder / "spine.parquet", folder / out)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    found = {"seconds": time.perf_counter() - start, "peak": usage.ru_maxrss / 1024}
    print(json.dumps({**found, "cpu": usage.ru_utime + usage.ru_stime}))


def measured(folder: Path, rows: int, by_parts: bool, out: str) -> float:
    """Print what a run in a process of its own took, and return its peak memory."""
    more = ["--folder", str(folder), "--out", out, *(["--by-parts"] if by_parts else [])]
    command = [sys.executable, "-m", "benchmarks.scale_features", *more]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{rows:9,} rows, {'by parts' if by_parts else 'as a whole':10} {found['seconds']:6.1f} s,"
        f" {rows / found['seconds']:8,.0f} rows/s, {found['cpu']:6.1f} s of CPU,"
        f" peak memory {found['peak']:6,.0f} MB",
        flush=True,
    )
    return float(found["peak"])


def main() -> None:
    parser = with_quick(__doc__)
    parser.add_argument("--creators", type=int, default=50_000)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    parser.add_argument("--by-parts", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.folder:
        child(asked.folder, asked.by_parts, asked.out)
        return
    creators = 2_000 if asked.quick else asked.creators
    with tempfile.TemporaryDirectory() as scratch:
        half, whole = Path(scratch) / "half", Path(scratch) / "whole"
        write_tables(half, creators // 2)
        write_tables(whole, creators)
        rows = creators * DATES
        measured(whole, rows, False, "whole.parquet")
        few = measured(half, rows // 2, True, "parts.parquet")
        many = measured(whole, rows, True, "parts.parquet")
        one, other = (pq.ParquetFile(whole / name) for name in ("whole.parquet", "parts.parquet"))
        same = all(
            a.equals(b) for a, b in zip(one.iter_batches(), other.iter_batches(), strict=True)
        )
    print(f"memory by parts for twice the rows: {many / few:.2f} times; outputs equal: {same}")
    if not same or (many / few > MOST_MEMORY and not asked.quick):
        failed(f"equal outputs, and at most {MOST_MEMORY} times the memory for twice the rows")


if __name__ == "__main__":
    main()
