"""For 100,000 creators: batch, service and Dask give the same scores to the last bit.

    python -m benchmarks.scale_parity [--creators 100000] [--quick]

`credence score`, the same on a real local Dask cluster of two workers, and `credence publish` with
a real `credence serve` that is asked about every pair, 500 creators a request. Every score of the
service is compared with the batch job's by its bits, the Dask job's files by their bytes.
"""

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.scale_batch import content, made
from benchmarks.scale_home import failed, scratch, with_quick
from benchmarks.serve_servers import Cores, Server, started
from features.home import home

MOST = 500
"""Creators of a request."""

FIELDS = {
    "conversion_probability": ("conversion", "probability"),
    "conversion_low": ("conversion", "low"),
    "conversion_high": ("conversion", "high"),
    "expected_conversions": ("conversion", "expected"),
    "expected_conversions_low": ("conversion", "expected_low"),
    "expected_conversions_high": ("conversion", "expected_high"),
    "fake_share": ("fake_followers", "share"),
    "fake_share_low": ("fake_followers", "share_low"),
    "fake_share_high": ("fake_followers", "share_high"),
    "fake_risk": ("fake_followers", "risk"),
}
"""Columns of scores, and where the service says the same."""

_SHARED = ("bundles", "kernels", "mlflow.db", "artifacts")


def command(*words: str) -> None:
    """Run a command of credence and print its seconds."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "cli", *words], check=True, stderr=subprocess.DEVNULL, timeout=3600
    )
    print(f"  credence {words[0]}: {time.perf_counter() - start:.0f} s", flush=True)


def on_dask(here: Path) -> None:
    """Score on a cluster of two processes that is there already."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", memory_limit=0,
        dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0",
    ) as cluster:  # fmt: skip
        score(here, "dask", "--scheduler", cluster.scheduler_address)


def score(here: Path, name: str, *more: str) -> None:
    shutil.rmtree(here / name, ignore_errors=True)
    command(
        "score", "--tables", str(here / "tables"), "--pairs", str(here / "pairs.parquet"),
        "--out", str(here / name), *more,
    )  # fmt: skip


def asked(rows: Any) -> Iterator[tuple[Any, bytes]]:
    """Yield rows of scores of one brief, and a request about them."""
    for brief, some in rows.groupby("brief_id"):
        for start in range(0, len(some), MOST):
            part = some.iloc[start : start + MOST]
            creators = [{"creator_id": one} for one in part.creator_id]
            yield part, json.dumps({"brief_id": brief, "creators": creators}).encode()


def served(server: Server, rows: Any) -> int:
    """Ask about every row, and return how many numbers differ from the batch job's."""
    connection = http.client.HTTPConnection(*server.address, timeout=300)
    differ = 0
    for part, body in asked(rows):
        connection.request("POST", "/v1/score", body, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        scores = answer["scores"]
        assert [one["creator_id"] for one in scores] == part.creator_id.tolist()
        for column, (block, name) in FIELDS.items():
            found = np.array([one[block][name] for one in scores], np.float64)
            differ += int((found.view(np.int64) != bits(part[column])).sum())
        differ += int((np.array([one["fake_followers"]["level"] for one in scores])
                       != part.level.to_numpy(str)).sum())  # fmt: skip
    connection.close()
    return differ


def bits(column: Any) -> Any:
    return column.to_numpy(np.float64, na_value=np.nan).view(np.int64)


def service(here: Path) -> int:
    """Publish and serve the tables, and return how many numbers differ from the batch job's."""
    rows = pq.read_table(here / "batch" / "scores").to_pandas()
    with tempfile.TemporaryDirectory(dir=here) as own:
        for name in _SHARED:
            (Path(own) / name).symlink_to((home() / name).resolve())
        os.environ["CREDENCE_HOME"] = own
        command("publish", "--tables", str(here / "tables"))
        words = [sys.executable, "-m", "cli", "serve", "--port", "PORT"]
        with started(
            "credence", words, log=Path(own) / "log", cores=Cores.of_this_machine(), environment={}
        ) as server:
            server.wait(next(asked(rows))[1])
            start = time.perf_counter()
            differ = served(server, rows)
            print(f"  {len(rows):,} pairs asked for: {time.perf_counter() - start:.0f} s")
    return differ


def main() -> None:
    parser = with_quick(__doc__)
    parser.add_argument("--creators", type=int, default=100_000)
    given = parser.parse_args()
    here = made(scratch(), min(given.creators, 2_000) if given.quick else given.creators)
    score(here, "batch")
    on_dask(here)
    same = content(here / "batch") == content(here / "dask")
    differ = service(here)
    n = pq.read_table(here / "batch" / "scores").num_rows
    print(
        f"{n:,} creators: Dask's files {'byte-equal' if same else 'DIFFER'}; {differ} of"
        f" {n * (len(FIELDS) + 1):,} numbers and levels of the service differ"
    )
    if differ or not same:
        failed("batch = service = Dask to the last bit")


if __name__ == "__main__":
    main()
