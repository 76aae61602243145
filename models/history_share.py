"""The share that a history alone tells, from X to what is read off it, in one compiled pass."""

from typing import NamedTuple

import numpy as np

from features.arrays import Floats, Ints
from features.compiled import kernel, straight
from models.calibration import on_curve
from models.offset import Form, total
from models.prior import log_masses
from models.share import read_off
from models.walks import Laid, summed


class Fitted(NamedTuple):
    """An audience model's numbers, for compiled loops.

    Parameters
    ----------
    places : Ints, shape (p,)
        Where in the catalogue the columns of the score stand.
    offset : Form
        The linear part of the score, over these columns.
    line : Floats, shape (2,)
        Intercept and slope of its calibration.
    knots : Floats, shape (2, k)
        The calibration's curve.
    heaps, weight : Floats
        Of `models.prior.Prior`.
    logs : Floats, shape (2, 200)
        Of `models.share.grid_logs`.
    limit : float
        The share whose exceedance is the risk.
    """

    places: Ints
    offset: Form
    line: Floats
    knots: Floats
    heaps: Floats
    weight: Floats
    logs: Floats
    limit: float


@straight
@kernel
def history_share(fitted: Fitted, walked: Laid, X: Floats, trees: Floats, out: Floats) -> None:
    """Write mean, low, high and the tail of the share of each row of X, shape (4, n).

    `trees` are their sums, asked for where `walked` holds none; none of either are no trees.
    """
    n, p = len(X), len(fitted.places)
    inputs = np.empty((n, p))
    for i in range(n):
        for j in range(p):
            inputs[i, j] = X[i, fitted.places[j]]
    if len(walked.starts) > 0:
        trees = np.empty(n)
        summed(inputs, walked, trees)
    score = np.empty(n)
    for i in range(n):
        raw = total(inputs, i, fitted.offset) + trees[i]
        score[i] = on_curve(fitted.line[0] + fitted.line[1] * raw, fitted.knots)
    masses = np.empty((n, fitted.logs.shape[1] + 1))
    log_masses(score, fitted.heaps, fitted.weight, fitted.logs, masses)
    read_off(masses, fitted.limit, out)
