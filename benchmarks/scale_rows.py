"""Stored feature rows through two models of 300 trees of 63 leaves, Parquet to Parquet.

    python -m benchmarks.scale_rows [--rows 1000000] [--rounds 3] [--quick]

The peer streams with pyarrow and asks `Booster.predict` on two threads. Ours has the same reading
and writing around the trees that a batch job walks (`models.trees`), blocks scored in two threads.
Each run is a fresh process, in turns; probabilities must agree to 1e-12. Making the rows and
growing the trees takes a minute, once.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import lightgbm as lgb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.scale_home import failed, scratch, with_quick
from benchmarks.trees_speed import forest
from benchmarks.turns import spread
from features.arrays import Floats
from models.trees import Trees

LEAST = 1.7
"""Times the peer's rows a second."""

TREES, LEAVES, COLUMNS = 300, 63, 60
UNKNOWN = (20, 60)
"""Of each model, in how many columns some values are unknown."""

THREADS = 2
BLOCK = 65_536
"""Rows read at once: from 16,384 to 262,144 the peer is equally quick."""

_OUT = pa.schema([("row", pa.int64()), *((f"model_{n}", pa.float64()) for n in range(2))])


def make(folder: Path, rows: int) -> Path:
    """Write rows and trees where they are not there, and return the file of rows."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{rows}.parquet"
    for number, unknown in enumerate(UNKNOWN):
        if not (folder / f"{number}.txt").exists():
            text, _ = forest(TREES, LEAVES, COLUMNS, unknown)
            (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    if not path.exists():
        random = np.random.default_rng(11)
        names = [f"f{n}" for n in range(COLUMNS)]
        schema = pa.schema([("row", pa.int64()), *((name, pa.float64()) for name in names)])
        draft = path.with_suffix(".draft")
        with pq.ParquetWriter(draft, schema) as writer:
            for start in range(0, rows, BLOCK):
                n = min(BLOCK, rows - start)
                X = random.normal(size=(n, COLUMNS)).astype(np.float32).astype(np.float64)
                X[random.random(X.shape) < 0.05] = np.nan
                columns = [pa.array(column, from_pandas=True) for column in X.T]
                writer.write_table(pa.table([np.arange(start, start + n), *columns], schema=schema))
        draft.replace(path)
    return path


def matrix(batch: Any) -> Floats:
    """Return the features of a block, unknown ones NaN."""
    X = np.empty((batch.num_rows, COLUMNS))
    for place in range(COLUMNS):
        X[:, place] = batch.column(place + 1).to_numpy(zero_copy_only=False)
    return X


def table(batch: Any, scores: list[Floats]) -> Any:
    return pa.table([batch.column(0), *scores], schema=_OUT)


def peer(path: Path) -> Iterator[Any]:
    """Yield scores by LightGBM, block by block."""
    models = [
        lgb.Booster(model_file=str(path.parent / f"{n}.txt"), params={"num_threads": THREADS})
        for n in range(2)
    ]
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BLOCK):
            X = matrix(batch)
            yield table(batch, [np.asarray(one.predict(X, num_threads=THREADS)) for one in models])


def ours(path: Path) -> Iterator[Any]:
    """Yield scores by our walks, two blocks in work at once and one read meanwhile."""
    texts = [(path.parent / f"{n}.txt").read_text(encoding="utf-8") for n in range(2)]
    models = [Trees(text, COLUMNS) for text in texts]

    def score(batch: Any) -> Any:
        X = matrix(batch)
        return table(batch, [1.0 / (1.0 + np.exp(-one.raw(X))) for one in models])

    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(THREADS) as pool, pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BLOCK // 4):
            waiting.append(pool.submit(score, batch))
            if len(waiting) > 2 * THREADS:
                yield waiting.popleft().result()
        for future in waiting:
            yield future.result()


WAYS: dict[str, Callable[[Path], Iterator[Any]]] = {"credence": ours, "pyarrow + LightGBM": peer}


def work(name: str, path: Path) -> None:
    """Score the file one way in this process, and print seconds and peak memory."""
    Trees((path.parent / "0.txt").read_text(encoding="utf-8"), COLUMNS).raw(np.zeros((9, COLUMNS)))
    start = time.perf_counter()
    with pq.ParquetWriter(path.parent / f"{name}.out", _OUT) as writer:
        for found in WAYS[name](path):
            writer.write_table(found)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak": peak}))


def apart(name: str, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.scale_rows", "--work", name, "--path", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def difference(folder: Path) -> float:
    """Return by how much the two outputs differ at most; their rows must be the same."""
    one, other = (pq.read_table(folder / f"{name}.out") for name in WAYS)
    assert one.column("row").equals(other.column("row"))
    return max(
        float(np.abs(one.column(name).to_numpy() - other.column(name).to_numpy()).max())
        for name in _OUT.names[1:]
    )


def compare(path: Path, rows: int, rounds: int) -> None:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, runs in found.items():
            runs.append(apart(name, path))
    for name, runs in found.items():
        seconds = median(run["seconds"] for run in runs)
        peak = max(run["peak"] for run in runs)
        print(f"{name:20} {rows / seconds:10,.0f} rows/s, peak memory {peak:,.0f} MB")
    times = [[run["seconds"] for run in found[name]] for name in WAYS]
    ratios = [other / one for one, other in zip(*times, strict=True)]
    print(f"rows a second, ours to theirs: {spread(times[1], times[0])} ({rounds} rounds in turns)")
    print(f"largest difference of a probability: {(differ := difference(path.parent)):.1e}")
    if differ > 1e-12 or median(ratios) < LEAST:
        failed(f"the same probabilities at {LEAST} times the peer's rows a second")


def main() -> None:
    parser = with_quick(__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", choices=tuple(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.work, asked.path)
        return
    rows = min(asked.rows, 100_000) if asked.quick else asked.rows
    path = make(scratch() / "rows", rows)
    compare(path, rows, 1 if asked.quick else asked.rounds)


if __name__ == "__main__":
    main()
