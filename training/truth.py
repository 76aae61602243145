"""How near a model's held-out predictions come to what a simulated world really did.

Only listings read the truth, never training.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from scipy.stats import binom

from features.arrays import Flags, Floats
from models.levels import LIMIT
from models.manifest import Metric
from training.held_out import HeldOut
from training.metrics import MEASURES, measure

SEED = 7

# How training/world/audiences.py audits: so many followers looked at, so often mistaken.
LOOKED_AT = np.arange(200, 601, 25)
MISTAKEN = 0.01
# Shares are recorded by month: a burst between two records leaves the truth this unsure.
UNSURE = 0.01


@dataclass(frozen=True, slots=True)
class Comparison:
    """Constant, model and truth on the same rows; `gap` is the part of the way the model went."""

    rows: str
    constant: Metric
    model: Metric
    truth: Metric
    gap: Metric
    auc: Metric
    brier: Metric
    slope: Metric


def compare(name: str, held: HeldOut, tables: Path) -> list[Comparison]:
    """Compare held-out predictions with the truth, known and unseen creators apart.

    Parameters
    ----------
    name : str
        "fake_followers" or "conversion".
    held : HeldOut
        Rows of the training.
    tables : Path
        The tables folder they came from.

    Returns
    -------
    list of Comparison
        Empty where the folder holds no truth about them.
    """
    folder = tables / "truth"
    needed = {"conversion": "collaborations", "fake_followers": "fake_shares"}
    if name not in needed or not (folder / f"{needed[name]}.parquet").is_file():
        return []
    truth = _chances(held, folder) if name == "conversion" else _risks(held, folder)
    there = np.isfinite(truth)
    strange = np.isfinite(held.apart)
    parts = {
        "known": (there & held.known, held.prediction),
        "unseen": (there & ~held.known, held.prediction),
    }
    if strange.any():
        parts = {"later": (there, held.prediction), "unseen": (there & strange, held.apart)}
    return [_compared(rows, held, truth, *part) for rows, part in parts.items() if part[0].any()]


def _compared(rows: str, held: HeldOut, truth: Floats, mask: Flags, said: Floats) -> Comparison:
    y, p, t = held.label[mask], said[mask], truth[mask]
    _, groups = np.unique(np.asarray(held.group)[mask], return_inverse=True)

    def true_loss(y: Floats, p: Floats, weight: Floats) -> float:  # noqa: ARG001  (one shape)
        return MEASURES["log_loss"](y, t, weight)

    def closed(y: Floats, p: Floats, weight: Floats) -> float:
        constant = MEASURES["log_loss_constant"](y, p, weight)
        saved = constant - MEASURES["log_loss"](y, p, weight)
        return saved / (constant - true_loss(y, p, weight))

    own = ("log_loss_constant", "log_loss", "auc", "brier", "calibration_slope")
    measures = {"truth": true_loss, "gap": closed, **{name: MEASURES[name] for name in own}}
    found = measure(y, p, groups, SEED, measures)
    return Comparison(
        rows,
        constant=found["log_loss_constant"],
        model=found["log_loss"],
        truth=found["truth"],
        gap=found["gap"],
        auc=found["auc"],
        brier=found["brier"],
        slope=found["calibration_slope"],
    )


def _chances(held: HeldOut, folder: Path) -> Floats:
    """Return the true probability of each collaboration, NaN where the world has none."""
    table = pq.read_table(folder / "collaborations.parquet")
    chances = table["conversion_probability"].to_pylist()
    true = dict(zip(table["collaboration_id"].to_pylist(), chances, strict=True))
    return np.array([true.get(row, np.nan) for row in held.row_id], dtype=np.float64)


def _risks(held: HeldOut, folder: Path) -> Floats:
    """Return the probability that an audit finds the limit, given the true share of its day.

    The share between two months is taken as linear; an audit looks at 200 to 600 followers.
    """
    table = pq.read_table(folder / "fake_shares.parquet").sort_by(
        [("creator_id", "ascending"), ("as_of", "ascending")]
    )
    owners = np.array(table["creator_id"].to_pylist())
    times = table["as_of"].cast("int64").to_numpy().astype(np.float64)
    shares = table["fake_share"].to_numpy()
    asked = np.array(held.creator_id, dtype=owners.dtype)
    starts, stops = (np.searchsorted(owners, asked, side) for side in ("left", "right"))
    true = np.array(
        [
            np.interp(moment, times[start:stop], shares[start:stop]) if stop > start else np.nan
            for moment, start, stop in zip(held.as_of, starts, stops, strict=True)
        ]
    )
    seen = MISTAKEN + (1 - 2 * MISTAKEN) * true
    fewest = np.ceil(LIMIT * LOOKED_AT) - 1
    risks = np.mean(binom.sf(fewest, LOOKED_AT, seen[:, np.newaxis]), axis=1)
    return np.where(np.isfinite(true), np.clip(risks, UNSURE, 1 - UNSURE), np.nan)
