"""How fast trees are summed: our tables beside `lightgbm.Booster.predict` on one thread.

Trees of several sizes, those that training grows first, are fitted to random numbers of which 5 %
are unknown. Rows are other ones in every call, or the processor would learn the trees' ways.
`score` is offset, trees and calibrator together, still beside the bare trees of LightGBM.
"""

from collections.abc import Callable

import lightgbm as lgb
import numpy as np

from benchmarks.turns import ROUNDS, interleaved, milliseconds, spread
from features.arrays import Floats
from models.calibration import Calibration
from models.offset import Offset
from models.served import Served
from models.trees import Trees

SIZES = ((250, 8, 14), (400, 8, 100), (300, 31, 60))
"""Trees, leaves, columns."""

CALLS = {1: 400, 100: 100, 1_000: 40, 10_000: 10}
"""Rows of a call, and calls a round."""

POOL = 32_000


def forest(trees: int, leaves: int, columns: int) -> tuple[str, Floats]:
    """Return trees fitted to random numbers, and rows of these."""
    random = np.random.default_rng(7)
    X = random.normal(size=(POOL, columns))
    X[random.random(X.shape) < 0.05] = np.nan
    known = np.nan_to_num(X)
    odds = known @ random.normal(size=columns) / columns**0.5 + known[:, 0] * known[:, 1]
    label = (odds + random.normal(size=POOL) > 0.0).astype(np.float64)
    settings = {
        "objective": "binary",
        "num_leaves": leaves,
        "max_bin": 63,
        "feature_fraction": 0.5,
        "learning_rate": 0.05,
        "num_threads": 1,
        "verbosity": -1,
    }
    return lgb.train(settings, lgb.Dataset(X, label), trees).model_to_string(), X


def linear(columns: int) -> Offset:
    """Return a linear form over every column."""
    ones = np.ones(columns)
    names = tuple(f"column_{place}" for place in range(columns))
    return Offset(names, 0.1, 0.0 * ones, ones, 0.1 * ones, 0.1 * ones)


def compare(text: str, X: Floats, rows: int, times: int) -> None:
    """Print the three ways' times for so many rows a call."""
    booster = lgb.Booster(model_str=text)
    offset, calibration = linear(X.shape[1]), Calibration(0.1, 0.9)
    whole = Served(offset.columns, offset, text)

    def on(step: Callable[[Floats], object]) -> Callable[[int], object]:
        return lambda turn: step(X[turn % (POOL // rows) * rows :][:rows])

    found = interleaved(
        {
            "LightGBM": on(lambda Y: booster.predict(Y, raw_score=True, num_threads=1)),
            "trees": on(Trees(text, X.shape[1]).raw),
            "score": on(lambda Y: calibration.probability(whole.raw(Y))),
        },
        times,
    )
    theirs = found.pop("LightGBM")
    print(f"  {rows:6} rows  LightGBM {milliseconds(theirs)}", end="")
    for name, seconds in found.items():
        print(f"   {name} {milliseconds(seconds)}, {spread(theirs, seconds)} x", end="")
    print(f"   ({ROUNDS} rounds of {times})", flush=True)


def main() -> None:
    for trees, leaves, columns in SIZES:
        text, X = forest(trees, leaves, columns)
        by = "tables" if Trees(text, columns).has_tables else "LightGBM"
        print(f"{trees} trees of {leaves} leaves over {columns} columns, by {by}")
        for rows, times in CALLS.items():
            compare(text, X, rows, times)


if __name__ == "__main__":
    main()
