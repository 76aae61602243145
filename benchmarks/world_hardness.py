"""How hard the simulated world is: what the truth, a logistic regression and plain trees get.

Run with ``python -m benchmarks.world_hardness --creators 2000 --seeds 7 8 9``. Rows are the mature
collaborations in order of `agreed_at`, the last fifth held out.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.computing import compute
from features.reader import read
from training.labels import mature
from training.world import build

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

OBVIOUS = (
    "log_followers",
    "engagement_rate_90d",
    "growth_jump_z_180d",
    "audience_match",
    "log_goal",
    "log_fee",
    "category_match",
    "prior_goal_rate",
)
TREES = {
    "objective": "binary",
    "num_leaves": 31,
    "learning_rate": 0.05,
    "verbose": -1,
    "num_threads": 1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
}
# What the world must show: lowest and highest value of each figure.
BOUNDS = {
    "base rate": (0.15, 0.30),
    "AUC of the truth": (0.90, 0.94),
    "best single column": (0.50, 0.75),
    "logistic closes": (0.40, 0.55),
    "trees close": (0.60, 0.75),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Mature collaborations in time order."""

    X: pd.DataFrame
    reached: Flags
    truth: Floats  # the true probability


def rows_of(folder: str) -> Rows:
    """Compute features, label and truth of every mature collaboration of a world's folder."""
    tables = read(folder)
    labels = mature(tables, tables.latest + 1)
    deals = tables.collaborations
    order = labels.rows[np.argsort(deals.agreed[labels.rows], kind="stable")]
    count = dict(zip(labels.rows.tolist(), labels.count.tolist(), strict=True))
    raw = pq.read_table(f"{folder}/collaborations.parquet").to_pandas()
    raw = raw.set_index("collaboration_id").loc[[deals.ids[i] for i in order]]
    spine = raw.reset_index()[["creator_id", "agreed_at", "brief_id", "compensation", "fee"]]
    X = compute(tables, spine.rename(columns={"agreed_at": "as_of"}))
    truth = pq.read_table(f"{folder}/truth/collaborations.parquet").to_pandas()
    truth = truth.set_index("collaboration_id")["conversion_probability"].loc[raw.index]
    reached = np.array([count[i] for i in order.tolist()]) >= deals.goal[order]
    return Rows(X, reached, truth.to_numpy(np.float64))


def logistic(X: pd.DataFrame, y: Flags, new: pd.DataFrame) -> Floats:
    """Predict with a logistic regression on the obvious features."""
    model = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression())
    model.fit(X[list(OBVIOUS)], y)
    return np.asarray(model.predict_proba(new[list(OBVIOUS)])[:, 1])


def trees(X: pd.DataFrame, y: Flags, new: pd.DataFrame) -> Floats:
    """Predict with untuned trees that stop on the last fifth of their training rows."""
    cut = int(0.8 * len(X))
    data = lgb.Dataset(X.iloc[:cut], y[:cut])
    later = lgb.Dataset(X.iloc[cut:], y[cut:], reference=data)
    stop = lgb.early_stopping(50, verbose=False)
    model = lgb.train(TREES, data, 2_000, valid_sets=[later], callbacks=[stop])
    return np.asarray(model.predict(new))


def hardness(rows: Rows) -> dict[str, float]:
    """Return the figures of BOUNDS, and those behind them."""
    cut = int(0.8 * len(rows.X))
    early, late = rows.X.iloc[:cut], rows.X.iloc[cut:]
    y, later = rows.reached[:cut], rows.reached[cut:]

    def loss(probability: Floats) -> float:
        return float(log_loss(later, np.clip(probability, 1e-9, 1 - 1e-9)))

    constant = loss(np.full(len(later), y.mean()))
    truth = loss(rows.truth[cut:])

    def closed(predict: Callable[[pd.DataFrame, Flags, pd.DataFrame], Floats]) -> float:
        return (constant - loss(predict(early, y, late))) / (constant - truth)

    singles = single_columns(rows)
    return {
        "rows": float(len(rows.X)),
        "base rate": float(rows.reached.mean()),
        "AUC of the truth": float(roc_auc_score(rows.reached, rows.truth)),
        "best single column": max(singles.values()),
        "log-loss of the constant": constant,
        "log-loss of the truth": truth,
        "logistic closes": closed(logistic),
        "trees close": closed(trees),
    }


def single_columns(rows: Rows) -> dict[str, float]:
    """Return each column's AUC, in the better direction, over the rows that know it."""
    found = {}
    for name, column in rows.X.items():
        known = column.notna().to_numpy()
        y = rows.reached[known]
        if y.any() and not y.all():
            area = float(roc_auc_score(y, column[known]))
            found[str(name)] = max(area, 1 - area)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creators", type=int, default=2_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7])
    chosen = parser.parse_args()
    for seed in chosen.seeds:
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            build(folder, chosen.creators, seed)
            print(f"seed {seed}: {chosen.creators} creators written in "
                  f"{time.perf_counter() - start:.1f} s")  # fmt: skip
            rows = rows_of(folder)
        for name, value in hardness(rows).items():
            low, high = BOUNDS.get(name, (-np.inf, np.inf))
            wanted = f"  wanted {low:.2f} to {high:.2f}" if name in BOUNDS else ""
            mark = "" if low <= value <= high else "  OUTSIDE"
            print(f"  {name:26s} {value:9.3f}{wanted}{mark}")
        best = sorted(single_columns(rows).items(), key=lambda each: -each[1])[:6]
        print("  best columns:", ", ".join(f"{name} {area:.3f}" for name, area in best))


if __name__ == "__main__":
    main()
