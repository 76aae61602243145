"""A publication anew, again at the same moment after a few changes, and at the next moment.

    python -m benchmarks.scale_publish [--creators 50000] [--quick]

After the first, one creator in a thousand gets one more snapshot; then the tables are published at
the same moment, where all others' entries are taken over, and at a moment a day later, where every
age is another. Each store is compared with one that is published where nothing was before.
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.scale_batch import made
from benchmarks.scale_home import failed, scratch, with_quick
from benchmarks.scale_tables import DAY, START
from features.home import home
from serving.moments import text
from serving.store import CURRENT, DATA

EVERY = 1_000
_SHARED = ("bundles", "kernels", "mlflow.db", "artifacts")
_TOLD = re.compile(r"(\d+) computed and (\d+) as before")


def publish(own: Path, tables: Path, as_of: int, title: str) -> bytes:
    """Publish, print what it took, and return the store's bytes."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    words = ["publish", "--tables", str(tables), "--as-of", text(as_of)]
    done = subprocess.run(
        [sys.executable, "-m", "cli", *words],
        env={**os.environ, "CREDENCE_HOME": str(own)},
        check=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told = _TOLD.search(done.stderr)
    print(
        f"{title:30} {time.perf_counter() - start:6.1f} s, {cpu:6.1f} s of CPU,"
        f" peak memory {after.ru_maxrss / 1024:,.0f} MB so far; {told and told.group()}",
        flush=True,
    )
    online = own / "online"
    return (online / (online / CURRENT).read_text().strip() / DATA).read_bytes()


def changed(tables: Path, to: Path) -> Path:
    """Return the tables with one more snapshot of one creator in a thousand."""
    shutil.copytree(tables, to)
    path = to / "snapshots.parquet"
    names = pq.read_table(to / "creators.parquet", columns=["creator_id"])["creator_id"]
    few = names.take(list(range(0, len(names), EVERY)))
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
    more = {
        "creator_id": few,
        "observed_at": pa.array([START + 361 * DAY] * len(few), pa.timestamp("us", "UTC")),
        "followers": [1234] * len(few),
    }
    rows = pa.table(
        [more.get(field.name, pa.nulls(len(few), field.type)) for field in schema], schema=schema
    )
    pq.write_table(pa.concat_tables([pq.read_table(path), rows]), path)
    return to


def main() -> None:
    parser = with_quick(__doc__)
    parser.add_argument("--creators", type=int, default=50_000)
    asked: argparse.Namespace = parser.parse_args()
    here = made(scratch(), 2_000 if asked.quick else asked.creators)
    as_of = START + 365 * DAY
    same = True
    with tempfile.TemporaryDirectory(dir=scratch()) as folder:
        tables = changed(here / "tables", Path(folder) / "tables")
        own = Path(folder) / "home"
        own.mkdir()
        for name in _SHARED:
            (own / name).symlink_to((home() / name).resolve())
        publish(own, here / "tables", as_of, "anew")
        found = publish(own, tables, as_of, "again, a thousandth changed")
        shutil.rmtree(own / "online")
        same &= found == publish(own, tables, as_of, "that, anew")
        found = publish(own, tables, as_of + DAY, "a day later")
        shutil.rmtree(own / "online")
        same &= found == publish(own, tables, as_of + DAY, "that, anew")
    if not same:
        failed("a store is byte for byte what it is where nothing was published before")
    print("both stores are byte for byte what they are where nothing was published before")


if __name__ == "__main__":
    main()
