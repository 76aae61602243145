"""What held-out rows say of a model: figures of all, of known and of unseen rows."""

from collections.abc import Mapping

import lightgbm as lgb
import numpy as np

from features.arrays import Flags, Floats
from models.manifest import Metric
from models.served import Served
from training.held_out import HeldOut
from training.metrics import MEASURES, Measure, measure

# Slices get the figures that people ask for; the bootstrap of all of them takes seconds.
HEADLINE = ("log_loss", "log_loss_constant", "auc", "brier", "calibration_slope")
# What the parts of the held-out rows are called, by prefix of their figures; the headline first.
PARTS = {"": "held out", "known_": "known", "unseen_": "unseen"}
LATER = {"": "later time", "unseen_": "unseen creators"}
SOURCES = {"unseen_": "leave one source out", "known_": "within sources"}
WITHOUT = "without_"  # before the name of a source that was left out


def parts(name: str) -> Mapping[str, str]:
    """Return what a model's parts of held-out rows are called, the headline first."""
    return {"fake_accounts": SOURCES, "conversion": LATER}.get(name, PARTS)


def judge(held: HeldOut, seed: int, prefix: str = "") -> dict[str, Metric]:
    """Measure a model on its held-out rows.

    Parameters
    ----------
    held : HeldOut
        The rows with their predictions.
    seed : int
        Of the bootstrap, which draws groups.
    prefix : str
        Put before every name.

    Returns
    -------
    dict of str to Metric
        All measures of all rows; under `known_` and `unseen_` the headline of rows whose creators
        were known and were not, or, with a twin apart, of what that one says of its strangers.
    """
    _, group = np.unique(np.asarray(held.group, dtype=np.str_), return_inverse=True)
    headline = {name: MEASURES[name] for name in HEADLINE}
    everyone = np.ones(len(group), np.bool_)
    slices: list[tuple[str, Flags, Floats, Mapping[str, Measure]]] = [
        ("", everyone, held.prediction, MEASURES)
    ]
    strange = np.isfinite(held.apart)
    if strange.any():
        slices.append(("unseen_", strange, held.apart, headline))
    else:
        slices.append(("known_", held.known, held.prediction, headline))
        slices.append(("unseen_", ~held.known, held.prediction, headline))
    found: dict[str, Metric] = {}
    for part, rows, p, measures in slices:
        figures = measure(held.label[rows], p[rows], group[rows], seed, measures)
        found |= {f"{prefix}{part}{name}": figure for name, figure in figures.items()}
    return found


def importance(served: Served) -> dict[str, float]:
    """Return what each column brings: gain in the trees, else its coefficient in the offset.

    Parameters
    ----------
    served : Served
        The fitted score.

    Returns
    -------
    dict of str to float
        Share of all gains (or of all absolute coefficients), largest first.
    """
    weight = np.zeros(len(served.columns))
    if served.booster:
        weight = lgb.Booster(model_str=served.booster).feature_importance("gain")
    elif served.offset.columns:
        weight = np.abs(served.offset.weight)
    total = weight.sum() or 1.0
    order = np.argsort(-weight, kind="stable")
    return {served.columns[place]: float(weight[place] / total) for place in order}
