"""Learns from audits how the odds of a sampled share differ from the creator's."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from features.arrays import FRAMES, Floats, Ints
from models.frames import FACTOR, PLACES, REACH, Frames, lattice
from models.share import GRID

WORTH = 10.0  # rows that the assumptions below are worth
ROUNDS = 50
SURE = 0.0025  # audited shares are kept off 0 and 1 by half a step of the share's grid

# Before any audit, mean and deviation of the log of the odds' factor: collectors that draw at
# random seldom quite do; who came last may have been bought; who likes and comments is seldom fake.
ASSUMED = {"random": (0.0, 0.25), "recent": (0.3, 0.8), "engaged": (-1.2, 0.9)}
DRIFT = (-0.1, 0.8)  # of an overtaken sample: more is bought than purged
LASTS = (400.0, 1.0)  # days assumed, with the deviation of their logarithm
LASTING = LASTS[0] * 2.0 ** np.linspace(-3.0, 3.0, 41)


@dataclass(frozen=True, slots=True)
class Seen:
    """Audited rows that see a sample.

    Parameters
    ----------
    log_likelihoods : ndarray of float64, shape (n, 201)
        What each sample says of the share it was drawn from.
    share : ndarray of float64, shape (n,)
        Audited.
    frame, age : ndarray of float64, shape (n,)
        As in `features.samples.Samples`.
    """

    log_likelihoods: Floats
    share: Floats
    frame: Floats
    age: Floats

    def take(self, rows: Ints) -> "Seen":
        """Return some of the rows."""
        return Seen(self.log_likelihoods[rows], self.share[rows], self.frame[rows], self.age[rows])

    @classmethod
    def none(cls) -> "Seen":
        """Return no row."""
        return cls(np.empty((0, len(GRID))), *np.empty((3, 0)))


def frames(seen: Seen) -> Frames:
    """Return the likeliest weights, starting from what is assumed before any audit.

    Parameters
    ----------
    seen : Seen
        Any number of rows; without one, the assumptions are returned.

    Returns
    -------
    Frames
        By expectation and maximisation: which factor each sample had by its frame, whether it was
        overtaken, and which factor time added then.
    """
    assumed = np.array([_normal(*ASSUMED[name]) for name in FRAMES])
    drifted, lasting = _normal(*DRIFT), LASTS[0]
    weights, drift = assumed.copy(), drifted.copy()
    rows = [np.flatnonzero(seen.frame == code) for code in range(len(FRAMES))]
    fits = [_fits(seen.take(some)) for some in rows]
    pairs = [_pairs(one) for one in fits]
    for _ in range(ROUNDS):
        by_drift, overtaken = WORTH * drifted, np.zeros(len(seen.share))
        for code, some in enumerate(rows):
            lasts = np.exp(-seen.age[some] / lasting)
            both = weights[code][:, None] * drift
            still = lasts[:, None] * weights[code] * fits[code]
            moved = (1.0 - lasts) * (pairs[code] @ both.ravel())
            total = still.sum(axis=1) + moved
            parts = ((1.0 - lasts) / total @ pairs[code]).reshape(both.shape) * both
            counts = (still / total[:, None]).sum(axis=0) + parts.sum(axis=1)
            weights[code] = (counts + WORTH * assumed[code]) / (len(some) + WORTH)
            by_drift += parts.sum(axis=0)
            overtaken[some] = moved / total
        drift = by_drift / by_drift.sum()
        told = np.concatenate(rows)
        lasting = _lasting(seen.age[told], overtaken[told])
    # A sample that does not say how it was drawn is like those that do.
    shares = np.array([len(some) + WORTH for some in rows])
    return Frames(np.vstack([weights, shares / shares.sum() @ weights]), drift, lasting)


def _normal(mean: float, deviation: float) -> Floats:
    """Return the weights of the lattice under a normal of the factor's logarithm."""
    edges = np.log(FACTOR) * (np.arange(-REACH, REACH) + 0.5)
    return np.diff(norm.cdf((np.r_[-np.inf, edges, np.inf] - mean) / deviation))


def _fits(seen: Seen) -> Floats:
    """Return the likelihood of each row's sample for each factor, up to a constant a row."""
    place = np.clip(seen.share, SURE, 1.0 - SURE) * (len(GRID) - 1)
    likelihoods = np.exp(seen.log_likelihoods - seen.log_likelihoods.max(axis=1, keepdims=True))
    found = np.empty((len(place), PLACES))
    for k, shifted in enumerate(lattice()):
        at = np.interp(place, np.arange(len(GRID)), shifted)
        left = np.minimum(at.astype(np.int64), len(GRID) - 2)
        rows: Ints = np.arange(len(place))
        below, above = likelihoods[rows, left], likelihoods[rows, left + 1]
        found[:, k] = below + (above - below) * (at - left)
    return np.maximum(found, 1e-12)


def _pairs(fits: Floats) -> Floats:
    """Return the likelihood by factor of the frame and factor of time, (n, 19 * 19)."""
    places = np.arange(PLACES)[:, None] + np.arange(-REACH, REACH + 1)
    return fits[:, np.clip(places, 0, PLACES - 1).ravel()]


def _lasting(age: Floats, overtaken: Floats) -> float:
    """Return after how many days samples have been overtaken, given how likely each was."""
    rate = age / LASTING[:, None]
    gone = np.log(-np.expm1(-np.maximum(rate, 1e-6)))
    told = (overtaken * gone - (1.0 - overtaken) * rate).sum(axis=1)
    assumed = norm.logpdf(np.log(LASTING), np.log(LASTS[0]), LASTS[1])
    return float(LASTING[np.argmax(told + assumed)])
