"""What held-out rows say of a model: figures of all, of known and of unseen rows."""

from collections.abc import Mapping

import lightgbm as lgb
import numpy as np

from features.arrays import Flags, Ints
from models.manifest import Metric
from models.served import Served
from training.held_out import HeldOut
from training.metrics import MEASURES, Measure, measure

# Slices get the figures that people ask for; the bootstrap of all of them takes seconds.
HEADLINE = ("log_loss", "log_loss_constant", "auc", "brier", "calibration_slope")
# What the parts of the held-out rows are called, by prefix of their figures; the headline first.
PARTS = {"": "held out", "known_": "known", "unseen_": "unseen"}
SOURCES = {"unseen_": "leave one source out", "known_": "within sources"}
WITHOUT = "without_"  # before the name of a source that was left out


def parts(name: str) -> Mapping[str, str]:
    """Return what a model's parts of held-out rows are called, the headline first."""
    return SOURCES if name == "fake_accounts" else PARTS


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
        All measures of all rows; the headline of known and of unseen rows, under `known_` and
        `unseen_`.
    """
    _, group = np.unique(np.asarray(held.group, dtype=np.str_), return_inverse=True)
    headline = {name: MEASURES[name] for name in HEADLINE}
    slices: tuple[tuple[str, Flags, Mapping[str, Measure]], ...] = (
        ("", np.ones(len(group), np.bool_), MEASURES),
        ("known_", held.known, headline),
        ("unseen_", ~held.known, headline),
    )
    found: dict[str, Metric] = {}
    for part, rows, measures in slices:
        figures = _measured(held, group, rows, measures, seed)
        found |= {f"{prefix}{part}{name}": figure for name, figure in figures.items()}
    return found


def _measured(
    held: HeldOut, group: Ints, rows: Flags, measures: Mapping[str, Measure], seed: int
) -> dict[str, Metric]:
    return measure(held.label[rows], held.prediction[rows], group[rows], seed, measures)


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
