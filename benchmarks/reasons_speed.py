"""How fast trees are explained: our contributions beside LightGBM's `pred_contrib` on one thread.

The trees are those of `benchmarks.trees_speed`. `pred_contrib` is timed as its package gives it
and, for one row, by the quickest call of its C library, on a row made ready. Before that the
contributions of 200 rows are compared. Last, conversion scores with reasons beside those without,
offset and calibration included, on models whose trees are of one of these sizes.
"""

import time
from collections.abc import Callable, Mapping

import lightgbm as lgb
import numpy as np

from benchmarks.trees_speed import POOL, forest, linear, quickest
from benchmarks.turns import ROUNDS, interleaved, milliseconds, spread
from features.arrays import Floats
from models.boosting import CONTRIBUTIONS
from models.contributions import Contributions
from models.served import Served
from models.tree_text import read
from models.trees import Trees

SIZES = ((42, 8, 93, 93), (231, 6, 48, 48), (300, 8, 14, 14), (300, 63, 60, 20))
"""Trees, leaves, columns, and in how many of these some values are unknown."""

CALLS = {1: 200, 100: 5, 10_000: 1}
"""Rows of a call, and calls a round; so many for 8 leaves, an eighth for more."""

THEIRS = 1_000
"""Most rows that LightGBM is given: beyond, its time is in proportion to them."""

COMPARED = 200


def compare(text: str, X: Floats) -> None:
    """Print what ours takes to prepare, and by how much it differs from LightGBM's."""
    start = time.process_time()
    ours = Contributions(read(text, X.shape[1]), X.shape[1])
    prepared = time.process_time() - start
    theirs = np.asarray(lgb.Booster(model_str=text).predict(X[:COMPARED], pred_contrib=True))
    differ = np.abs(ours.of(X[:COMPARED]) - theirs).max()
    print(
        f"  prepared in {1e3 * prepared:.0f} ms of the processor, {ours.size / 2**20:.1f} MiB;"
        f" differs by at most {differ:.1e} in {COMPARED} rows",
        flush=True,
    )


def race(text: str, X: Floats, rows: int, times: int) -> None:
    """Print the ways' times a row for so many rows a call."""
    booster, trees = lgb.Booster(model_str=text), Trees(text, X.shape[1])
    ways: dict[str, Callable[[Floats], object]] = {
        "LightGBM": lambda Y: booster.predict(Y[:THEIRS], pred_contrib=True, num_threads=1),
        "ours": trees.contributions,
    }
    if rows == 1:
        ways["LightGBM's C"] = quickest(booster, CONTRIBUTIONS)
    for way in ways.values():
        way(X[:1])
    found = interleaved({name: on(way, X, rows) for name, way in ways.items()}, times)
    each = {
        name: [1e3 * one / min(rows, rows if name == "ours" else THEIRS) for one in seconds]
        for name, seconds in found.items()
    }
    ours = each.pop("ours")
    print(f"  {rows:6} rows, a thousand of them: ours {milliseconds(ours)}", end="")
    for name, seconds in each.items():
        print(f"   {name} {milliseconds(seconds)}, {spread(seconds, ours)} x", end="")
    print(f"   ({ROUNDS} rounds of {times})", flush=True)


def on(way: Callable[[Floats], object], X: Floats, rows: int) -> Callable[[int], object]:
    """Return a way's call on other rows each turn."""
    return lambda turn: way(X[turn % (POOL // rows) * rows :][:rows])


def whole(text: str, X: Floats, times: int) -> None:
    """Print what a row's contributions, the offset's among them, take beside its raw score."""
    form = linear(X.shape[1])
    served = Served(form.columns, form, text)
    ways: Mapping[str, Callable[[Floats], object]] = {
        "score": served.raw,
        "contributions": served.contributions,
    }
    for way in ways.values():
        way(X[:1])
    found = interleaved({name: on(way, X, 1) for name, way in ways.items()}, times)
    print(
        f"  offset and trees, 1 row: score {milliseconds(found['score'])}, contributions"
        f" {milliseconds(found['contributions'])},"
        f" {spread(found['contributions'], found['score'])} x",
        flush=True,
    )


def main() -> None:
    for trees, leaves, columns, unknown in SIZES:
        text, X = forest(trees, leaves, columns, unknown)
        by = "our own kernel" if Trees(text, columns).is_explained else "LightGBM"
        print(f"{trees} trees of {leaves} leaves over {columns} columns, by {by}")
        compare(text, X)
        for rows, times in CALLS.items():
            race(text, X, rows, times if leaves <= 8 else -(-times // 8))
        whole(text, X, CALLS[1])


if __name__ == "__main__":
    main()
