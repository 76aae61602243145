"""Fits the prior of a share around held-out scores: one heap, or two if they earn their place."""

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import betaln, digamma, expit, log_expit, logit

from features.arrays import Floats
from models.prior import Heap, Prior

SURE = 0.0025  # audited shares are kept off 0 and 1 by half a step of the share's grid
FEWEST = 100  # audits; fewer do not show two heaps
CONCENTRATIONS = (1.0, 300.0)  # sampled followers that a history may be worth
# Of two heaps: logs of the concentrations, then intercept and slope of either mean, of the weight.
START = (3.0, 2.0, -1.0, 0.5, 0.0, 0.5, 2.0, 2.0)
BOUNDS = (
    *[tuple(np.log(CONCENTRATIONS))] * 2,
    *[(-8.0, 8.0), (0.0, 2.0)] * 2,
    (-8.0, 8.0), (0.0, 8.0),
)  # fmt: skip


def prior(share: Floats, score: Floats) -> Prior:
    """Return the prior that makes audited shares likeliest.

    Parameters
    ----------
    share : ndarray of float64, shape (n,)
        Audited shares.
    score : ndarray of float64, shape (n,)
        Held-out log-odds of their means.

    Returns
    -------
    Prior
        Two heaps only where they are likelier by more than their further numbers are worth (BIC).
    """
    one = Heap(concentration(share, expit(score)))
    if len(share) < FEWEST:
        return Prior(one)
    found = _two(share, score)
    gained = _log_likelihood(found, share, score) - _log_likelihood(Prior(one), share, score)
    return found if gained > 0.5 * (len(BOUNDS) - 1) * np.log(len(share)) else Prior(one)


def concentration(share: Floats, expected: Floats) -> float:
    """Return the concentration around held-out means that makes the shares likeliest.

    Parameters
    ----------
    share : ndarray of float64, shape (n,)
        Audited shares.
    expected : ndarray of float64, shape (n,)
        Held-out means.

    Returns
    -------
    float
        1 to 300.
    """
    score = logit(np.clip(expected, SURE, 1.0 - SURE))

    def loss(log_size: float) -> float:
        return -_log_likelihood(Prior(Heap(float(np.exp(log_size)))), share, score)

    low, high = np.log(CONCENTRATIONS)
    return float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x))


def _two(share: Floats, score: Floats) -> Prior:
    def loss(numbers: Floats) -> tuple[float, Floats]:
        likelihood, slopes = _slopes(_of(numbers), share, score)
        return -likelihood / len(share), -slopes / len(share)

    return _of(minimize(loss, START, jac=True, method="L-BFGS-B", bounds=BOUNDS).x)


def _of(numbers: Floats) -> Prior:
    sizes, rest = np.exp(numbers[:2]).tolist(), numbers[2:].tolist()
    return Prior(Heap(sizes[0], *rest[:2]), Heap(sizes[1], *rest[2:4]), (rest[4], rest[5]))


def _log_likelihood(model: Prior, share: Floats, score: Floats) -> float:
    low = _log_density(model.low, share, score)
    if model.high is None:
        return float(low.sum())
    odds = model.weight[0] + model.weight[1] * score
    high = _log_density(model.high, share, score)
    return float(np.logaddexp(log_expit(-odds) + low, log_expit(odds) + high).sum())


def _slopes(model: Prior, share: Floats, score: Floats) -> tuple[float, Floats]:
    """Return the log-likelihood of two heaps and its slopes in the order of BOUNDS."""
    assert model.high is not None
    odds = model.weight[0] + model.weight[1] * score
    low = log_expit(-odds) + _log_density(model.low, share, score)
    high = log_expit(odds) + _log_density(model.high, share, score)
    part = expit(high - low)
    size_low, *mean_low = _heap_slopes(model.low, share, score, 1.0 - part)
    size_high, *mean_high = _heap_slopes(model.high, share, score, part)
    moved = part - expit(odds)
    weight = (moved.sum(), moved @ score)
    slopes = np.array([size_low, size_high, *mean_low, *mean_high, *weight])
    return float(np.logaddexp(low, high).sum()), slopes


def _heap_slopes(
    heap: Heap, share: Floats, score: Floats, part: Floats
) -> tuple[float, float, float]:
    """Return the slopes in the log of the concentration and in the mean's intercept and slope."""
    seen = np.clip(share, SURE, 1.0 - SURE)
    mean = _mean(heap, score)
    a, b = mean * heap.concentration, (1.0 - mean) * heap.concentration
    both = digamma(heap.concentration)
    by_a, by_b = np.log(seen) - digamma(a) + both, np.log1p(-seen) - digamma(b) + both
    inside = (mean > SURE) & (mean < 1.0 - SURE)
    by_mean = part * inside * a * (1.0 - mean) * (by_a - by_b)
    return float(part @ (a * by_a + b * by_b)), float(by_mean.sum()), float(by_mean @ score)


def _log_density(heap: Heap, share: Floats, score: Floats) -> Floats:
    seen, mean = np.clip(share, SURE, 1.0 - SURE), _mean(heap, score)
    a, b = mean * heap.concentration, (1.0 - mean) * heap.concentration
    return np.asarray((a - 1.0) * np.log(seen) + (b - 1.0) * np.log1p(-seen) - betaln(a, b))


def _mean(heap: Heap, score: Floats) -> Floats:
    return np.clip(expit(heap.intercept + heap.slope * score), SURE, 1.0 - SURE)
