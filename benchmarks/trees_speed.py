"""How fast trees are summed: our walks beside `lightgbm.Booster.predict` on one thread.

Trees of several sizes, those that training grows first and last those on which docs/performance.md
measures everything, are fitted to random numbers of which 5 % are unknown in some columns. Rows are
other ones in every call, or the processor would learn the trees' ways. One row is also scored by
the quickest call of LightGBM's C library, on a row made ready. `score` is offset, trees and
calibrator together, still beside the bare trees of LightGBM.
"""

import ctypes
from collections.abc import Callable

import lightgbm as lgb
import numpy as np

from benchmarks.turns import ROUNDS, interleaved, milliseconds, spread
from features.arrays import Floats
from models.boosting import RAW
from models.calibration import Calibration
from models.offset import Offset
from models.served import Served
from models.trees import Trees

SIZES = (
    (42, 8, 93, 93),
    (231, 6, 48, 48),
    (250, 8, 14, 14),
    (300, 31, 60, 60),
    (300, 63, 60, 20),
)
"""Trees, leaves, columns, and in how many of these some values are unknown."""

CALLS = {1: 400, 10: 200, 100: 60, 1_000: 20, 10_000: 4}
"""Rows of a call, and calls a round."""

POOL = 32_000
_FLOAT64, _ALL = 1, -1


def forest(trees: int, leaves: int, columns: int, unknown: int) -> tuple[str, Floats]:
    """Return trees fitted to random numbers, and rows of these."""
    random = np.random.default_rng(7)
    X = random.normal(size=(POOL, columns)).astype(np.float32).astype(np.float64)
    X[:, :unknown][random.random((POOL, unknown)) < 0.05] = np.nan
    known = np.nan_to_num(X)
    odds = known @ random.normal(size=columns) / columns**0.5 + known[:, 0] * known[:, 1]
    label = (odds + random.normal(size=POOL) > 0.0).astype(np.float64)
    settings = {
        "objective": "binary",
        "num_leaves": leaves,
        "learning_rate": 0.05,
        "num_threads": 1,
        "verbosity": -1,
    }
    return lgb.train(settings, lgb.Dataset(X, label), trees).model_to_string(), X


def quickest(booster: lgb.Booster, kind: int) -> Callable[[Floats], object]:
    """Return what the C library answers for one row, all but the call made ready."""
    library = lgb.basic._LIB  # type: ignore[attr-defined]  # the library itself
    ready, length, width = ctypes.c_void_p(), ctypes.c_int64(), booster.num_feature()
    status = library.LGBM_BoosterPredictForMatSingleRowFastInit(
        booster._handle,
        ctypes.c_int(kind),
        ctypes.c_int(0),
        ctypes.c_int(_ALL),
        ctypes.c_int(_FLOAT64),
        ctypes.c_int32(width),
        ctypes.c_char_p(b"num_threads=1"),
        ctypes.byref(ready),
    )
    if status:
        raise RuntimeError("LightGBM refused to make ready")
    row, out = np.empty(width), np.empty(width + 1)
    given, filled = (values.ctypes.data_as(ctypes.c_void_p) for values in (row, out))

    def call(X: Floats) -> object:
        row[:] = X[0]
        library.LGBM_BoosterPredictForMatSingleRowFast(ready, given, ctypes.byref(length), filled)
        return out

    return call


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

    ways = {
        "LightGBM": on(lambda Y: booster.predict(Y, raw_score=True, num_threads=1)),
        "trees": on(Trees(text, X.shape[1]).raw),
        "score": on(lambda Y: calibration.probability(whole.raw(Y))),
    }
    if rows == 1:
        ways["LightGBM's C"] = on(quickest(booster, RAW))
    for way in ways.values():
        way(0)
    found = interleaved(ways, times)
    theirs = found.pop("LightGBM")
    print(f"  {rows:6} rows  LightGBM {milliseconds(theirs)}", end="")
    for name, seconds in found.items():
        print(f"   {name} {milliseconds(seconds)}, {spread(theirs, seconds)} x", end="")
    print(f"   ({ROUNDS} rounds of {times})", flush=True)


def main() -> None:
    for trees, leaves, columns, unknown in SIZES:
        text, X = forest(trees, leaves, columns, unknown)
        ours, booster = Trees(text, columns), lgb.Booster(model_str=text)
        by = "our walks" if ours.is_walked else "LightGBM"
        theirs = np.asarray(booster.predict(X, raw_score=True, num_threads=1))
        same = ours.raw(X).tobytes() == theirs.tobytes()
        bits = f"{'the same' if same else 'OTHER'} bits in {POOL} rows"
        print(f"{trees} trees of {leaves} leaves over {columns} columns, by {by}, {bits}")
        for rows, times in CALLS.items():
            compare(text, X, rows, times)


if __name__ == "__main__":
    main()
