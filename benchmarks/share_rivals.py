"""Textbook estimates of a share from scored followers, for many audiences at once.

Each works on audiences as counts in bins of their log-odds, so that a bootstrap over followers is a
multinomial draw. The rules are those of the quantification literature: count above one half (CC),
adjusted count (ACC: Forman 2008), its probabilistic form (PACC: Bella et al. 2010), EM on the prior
(Saerens et al. 2002), and two mixtures of score distributions: bins at the least Hellinger distance
(HDy: Gonzalez-Castro et al. 2013), kernel densities of greatest likelihood (KDEy: Moreo 2025).
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d
from scipy.special import expit

Floats = npt.NDArray[np.float64]

REACH, BINS = 8.0, 256
MIDDLE: Floats = REACH * ((2 * np.arange(BINS) + 1) / BINS - 1.0)
SHARES: Floats = np.arange(201) / 200
ROUNDS = 200  # of EM; it has converged to .001 long before
COARSE = 16  # bins of the Hellinger distance
REPLICATES = 40

Rival = Callable[[Floats, Floats, Floats], Floats]


def counts(log_odds: Floats) -> Floats:
    """Count accounts in bins of their log-odds."""
    place = ((log_odds + REACH) * (BINS / (2.0 * REACH))).astype(np.int64)
    return np.bincount(np.clip(place, 0, BINS - 1), minlength=BINS).astype(np.float64)


def classify_and_count(found: Floats, real: Floats, fake: Floats) -> Floats:  # noqa: ARG001  (one shape)
    return np.asarray(found[:, MIDDLE > 0].sum(1) / found.sum(1))


def adjusted_count(found: Floats, real: Floats, fake: Floats) -> Floats:
    return _adjusted(found, real, fake, (MIDDLE > 0).astype(np.float64))


def probabilistic_count(found: Floats, real: Floats, fake: Floats) -> Floats:
    return _adjusted(found, real, fake, expit(MIDDLE))


def em(found: Floats, real: Floats, fake: Floats) -> Floats:  # noqa: ARG001  (one shape)
    share = np.full(len(found), 0.5)
    ratio = np.exp(MIDDLE)
    for _ in range(ROUNDS):
        odds = (share / (1.0 - share))[:, None] * ratio
        share = np.sum(found * odds / (1.0 + odds), axis=1) / found.sum(1)
        share = np.clip(share, 1e-6, 1.0 - 1e-6)
    return share


def hellinger(found: Floats, real: Floats, fake: Floats) -> Floats:
    def coarse(given: Floats) -> Floats:
        wide = given.reshape(*given.shape[:-1], COARSE, -1).sum(-1)
        return np.asarray(wide / wide.sum(-1, keepdims=True))

    mixed = SHARES[:, None] * coarse(fake) + (1.0 - SHARES[:, None]) * coarse(real)
    return np.asarray(SHARES[np.argmax(np.sqrt(coarse(found)) @ np.sqrt(mixed).T, axis=1)])


def kernel_density(found: Floats, real: Floats, fake: Floats) -> Floats:
    mixed = SHARES[:, None] * _smooth(fake) + (1.0 - SHARES[:, None]) * _smooth(real)
    return np.asarray(SHARES[np.argmax(found @ np.log(mixed).T, axis=1)])


RIVALS: dict[str, Rival] = {
    "count above .5": classify_and_count,
    "adjusted count": adjusted_count,
    "adjusted, PACC": probabilistic_count,
    "EM on the prior": em,
    "Hellinger, HDy": hellinger,
    "kernels, KDEy": kernel_density,
}


def with_interval(
    rival: Rival, found: Floats, real: Floats, fake: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Return estimates and the 5th and 95th percentile of a bootstrap over followers."""
    sizes = found.sum(1).astype(np.int64)
    draws = [
        rival(rng.multinomial(sizes, found / sizes[:, None]).astype(np.float64), real, fake)
        for _ in range(REPLICATES)
    ]
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    return rival(found, real, fake), low, high


def _adjusted(found: Floats, real: Floats, fake: Floats, score: Floats) -> Floats:
    low, high = (float(given @ score / given.sum()) for given in (real, fake))
    return np.asarray(np.clip((found @ score / found.sum(1) - low) / (high - low), 0.0, 1.0))


def _smooth(given: Floats) -> Floats:
    """Return a density by Silverman's rule, never quite 0."""
    mean = given @ MIDDLE / given.sum()
    deviation = np.sqrt(given @ (MIDDLE - mean) ** 2 / given.sum())
    width = 0.9 * deviation * given.sum() ** -0.2 * BINS / (2.0 * REACH)
    smooth = gaussian_filter1d(given, width, mode="reflect")
    return np.asarray(smooth / smooth.sum() + 1e-6)
