"""How often what was promised came true, over bins of equal mass, each with its interval."""

from typing import NamedTuple

import numpy as np
from scipy.stats import beta

from features.arrays import Flags, Floats, Ints
from training.held_out import HeldOut
from training.metrics import BINS, draw

FEWEST = 20  # rows a bin: a rate of fewer is not worth a point


class Bin(NamedTuple):
    """Rows with about the same prediction.

    Parameters
    ----------
    n : int
        Rows.
    predicted : float
        Mean probability.
    observed : float
        Share of them that came true.
    low, high : float
        Its 90 % interval.
    """

    n: int
    predicted: float
    observed: float
    low: float
    high: float


def reliability(held: HeldOut, rows: Flags, seed: int) -> list[Bin]:
    """Compare predictions with what came of them.

    Parameters
    ----------
    held : HeldOut
        Rows with their predictions.
    rows : ndarray of bool, shape (n,)
        Those to look at.
    seed : int
        Of the bootstrap.

    Returns
    -------
    list of Bin
        At most ten, by rising prediction; none of fewer than twenty rows. An interval is the wider
        of two at either end: the bootstrap's by group, which knows that rows of one creator are
        alike, and Jeffreys', which knows that no hit in twenty rows is not a rate of nil.
    """
    label, prediction = held.label[rows], held.prediction[rows]
    count = min(BINS, len(label) // FEWEST)
    if not count:
        return []
    edges = np.quantile(prediction, np.arange(1, count) / count)
    # Equal predictions share a bin, so some of the bins may be empty.
    _, place = np.unique(np.searchsorted(edges, prediction, "right"), return_inverse=True)
    n, hits, total = (np.bincount(place, weight) for weight in (None, label, prediction))
    _, group = np.unique(np.asarray(held.group, dtype=np.str_)[rows], return_inverse=True)
    low, high = _interval(label, place, group, seed)
    exact = np.asarray(beta.ppf([[0.05], [0.95]], hits + 0.5, n - hits + 0.5))
    low, high = np.fmin(low, exact[0]), np.fmax(high, exact[1])
    columns = (n, total / n, hits / n, low, high)
    return [Bin(int(rows), *map(float, rest)) for rows, *rest in np.column_stack(columns).tolist()]


def _interval(label: Floats, place: Ints, group: Ints, seed: int) -> tuple[Floats, Floats]:
    """Return the middle 90 % of each bin's rate over bootstrap draws of groups."""
    drawn = [
        (np.bincount(place, weight), np.bincount(place, weight * label))
        for weight in draw(group, seed)
    ]
    n, hits = (np.array(part) for part in zip(*drawn, strict=True))
    rate = np.divide(hits, n, out=np.full_like(hits, np.nan), where=n > 0.0)
    low, high = np.nanquantile(rate, [0.05, 0.95], axis=0)
    return low, high
