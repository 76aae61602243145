"""How fast features at a point in time are made: 500,000 rows beside polars, and one row alone.

Ours and polars compute the same 25 features from the same Parquet files, each in a fresh process
(for its peak memory) and in turns (whatever else the machine does falls on both), and must agree to
1e-9. Ours checks every row of the tables by the way, as it always does. Libraries are imported and
kernels loaded before the clock starts. The whole catalogue and the command are timed after that.

A creator alone comes from arrays in memory; beside it one `Booster.predict` of a row.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq

from benchmarks import features_polars
from benchmarks.features_tables import write_tables
from benchmarks.turns import interleaved, milliseconds, spread
from features.arrays import Floats
from features.computing import matrix
from features.deals import Briefs
from features.drivers import Asked
from features.histories import brief_rows
from features.packed import PACKED, History, Packed, unpacked
from features.reader import read, read_file
from features.schema import SPINE
from features.schema import TABLES as SCHEMAS
from features.seen import seen
from features.spine import Spine
from features.tables import Tables

TABLES = ("snapshots", "posts", "post_metrics")
TOLERANCE = 1e-9
LEAST = 5.0
"""Times as quick as polars, in no more memory."""
MOST_ALONE = 3.0
"""Of the time of one `Booster.predict`, for one creator's catalogue."""
TREES, LEAVES, COLUMNS = 300, 63, 60
PEOPLE = 23
"""Creators that take turns: a history that is always the same would be learnt."""
NAN = float("nan")


def _ours(folder: Path, names: tuple[str, ...] | None) -> Floats:
    """Return X of the spine from files."""
    tables = read(folder, only=TABLES)
    return matrix(tables, _spine(folder, tables), columns=names, threads=os.cpu_count() or 1)


def _spine(folder: Path, tables: Tables) -> Spine:
    from serving.pairs import resolve

    return resolve(read_file(folder / "spine.parquet", SPINE), tables).spine


def _polars(folder: Path) -> Floats:
    found = features_polars.features(folder)
    columns = [found[name].cast(float).to_numpy() for name in features_polars.COLUMNS]
    return np.column_stack(columns).astype(np.float64)


def _command(folder: Path) -> None:
    """Write the whole catalogue as `credence features` does."""
    from serving.frames import write_features

    write_features(folder, folder / "spine.parquet", folder / "X.parquet")


WORK: dict[str, Callable[[Path], object]] = {
    "credence": lambda folder: _ours(folder, features_polars.COLUMNS),
    "polars": _polars,
    "catalogue": lambda folder: _ours(folder, None),
    "command": _command,
}


def work(name: str, folder: Path) -> None:
    """Do one piece of work in this process and print its seconds and peak memory."""
    with tempfile.TemporaryDirectory() as few:
        # A few rows first: kernels are loaded (or compiled, once a state folder).
        write_tables(Path(few), 20)
        WORK[name](Path(few))
    start = time.perf_counter()
    found = WORK[name](folder)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if isinstance(found, np.ndarray):
        np.save(folder / f"{name}.npy", found)
    print(json.dumps({"seconds": seconds, "peak": peak}))


def _apart(name: str, folder: Path) -> dict[str, float]:
    """Do a piece of work in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.features_speed", "--work", name]
    done = subprocess.run(
        [*command, "--folder", str(folder)], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(folder: Path, rounds: int) -> bool:
    """Print seconds and peak memory of both, and whether they agree; tell whether bounds hold."""
    found: dict[str, list[dict[str, float]]] = {"credence": [], "polars": []}
    for _ in range(rounds):
        for name, runs in found.items():
            runs.append(_apart(name, folder))
    for name, runs in found.items():
        _tell(name, runs)
    seconds = {name: [run["seconds"] for run in runs] for name, runs in found.items()}
    ratios = spread(seconds["polars"], seconds["credence"])
    print(f"polars takes {ratios} times as long ({rounds} rounds in turns)")
    print(f"largest difference: {_difference(folder):.1e} (at most {TOLERANCE:g} allowed)")
    for name in ("catalogue", "command"):
        _tell(name, [_apart(name, folder)])
    times = [one / other for one, other in zip(seconds["polars"], seconds["credence"], strict=True)]
    peaks = {name: max(run["peak"] for run in runs) for name, runs in found.items()}
    return statistics.median(times) >= LEAST and peaks["credence"] <= peaks["polars"]


def _tell(name: str, runs: list[dict[str, float]]) -> None:
    seconds = [run["seconds"] for run in runs]
    peak = max(run["peak"] for run in runs)
    middle = statistics.median(seconds)
    print(
        f"{name:10} {middle:7.2f} s [{min(seconds):.2f}, {max(seconds):.2f}], "
        f"peak memory {peak:,.0f} MB, n = {len(runs)}",
        flush=True,
    )


def _difference(folder: Path) -> float:
    """Return the largest relative difference between the two results, refusing one too large."""
    ours, theirs = np.load(folder / "credence.npy"), np.load(folder / "polars.npy")
    np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE)
    apart = np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1.0)
    return float(np.nanmax(apart))


def _history(folder: Path) -> History:
    """Return the one creator of some tables as a request brings it, ready for kernels."""
    rows = {
        name: pq.read_table(folder / f"{name}.parquet").to_pylist()
        for name in ("creators", *TABLES)
    }
    laid_out = {
        name: [{key: row.get(key) for key in SCHEMAS[name].names} for row in rows.get(name, [])]
        for name in PACKED
    }
    sizes, category = (
        [[len(some) for some in laid_out.values()]],
        rows["creators"][0].get("category"),
    )
    data = bytearray(msgspec.msgpack.encode([laid_out]))
    history, _ = unpacked(Packed(data, sizes, [category]), Briefs.empty())
    assert history is not None, "a history with a flaw"
    return history


def alone(folder: Path) -> bool:
    """Print what one creator costs beside a row of trees; tell whether it is little enough."""
    import lightgbm as lgb

    random = np.random.default_rng(7)
    X = random.normal(size=(20_000, COLUMNS))
    label = (X[:, 0] + random.normal(size=len(X)) > 0).astype(np.float64)
    settings = {"objective": "binary", "num_leaves": LEAVES, "num_threads": 1, "verbosity": -1}
    booster = lgb.train(settings, lgb.Dataset(X, label), TREES)
    tables, histories, asked = [], [], []
    for seed in range(PEOPLE):
        write_tables(folder, 1, seed=seed)
        tables.append(read(folder, only=TABLES))
        histories.append(_history(folder))
    spine, nothing, unknown = (
        _spine(folder, tables[-1]),
        brief_rows(Briefs.empty()),
        np.full(1, NAN),
    )
    for row in range(len(spine)):
        moment = spine.as_of[row : row + 1].copy()
        asked.append(Asked(np.array([0]), nothing, np.array([-1]), unknown, unknown, moment))
    np.testing.assert_array_equal(
        seen(histories[-1], asked[0]).X, matrix(tables[-1], spine.take(slice(1)))
    )
    found = interleaved(
        {
            "trees": lambda turn: booster.predict(X[turn : turn + 1], num_threads=1),
            "features": lambda turn: seen(histories[turn % PEOPLE], asked[turn % len(asked)]),
            "matrix": lambda turn: matrix(
                tables[turn % PEOPLE], spine.take(slice(turn % len(asked), turn % len(asked) + 1))
            ),
        },
        1_000,
    )
    print(f"one Booster.predict of a row: {milliseconds(found['trees'])}")
    for name, what in (("features", "as a request asks"), ("matrix", "as `matrix` gives it")):
        print(
            f"one creator alone, the whole catalogue, {what}: {milliseconds(found[name])}, "
            f"ratio {spread(found[name], found['trees'])}"
        )
    each = zip(found["features"], found["trees"], strict=True)
    return statistics.median(one / other for one, other in each) <= MOST_ALONE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creators", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a small size, to see that it runs")
    parser.add_argument("--by-day", action="store_true", help="rows by time, not by creator")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--work", choices=tuple(WORK), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.work, asked.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder) / "few", Path(folder) / "many"
        fine = alone(few)
        creators, rounds = (1_000, 1) if asked.quick else (asked.creators, asked.rounds)
        write_tables(many, creators, by_day=asked.by_day)
        fine &= compare(many, rounds) or asked.quick
    if not fine:
        sys.exit(
            f"MISSED: {LEAST:g} times as quick as polars in no more memory, and one creator at most"
            f" {MOST_ALONE:g} times one Booster.predict"
        )


if __name__ == "__main__":
    main()
