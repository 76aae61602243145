"""How the log-odds of real and of fake accounts are spread, in training sources and elsewhere."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.stats import norm

from features.arrays import Floats, Ints
from models.mixture import KNOTS, REACH
from models.sample import Looks
from training.labelled import FEWEST

STEP = KNOTS[1] - KNOTS[0]
UNLIKE = 0.1  # weight of an audience that is like neither, from columns that are missing, say
MOST_KNOWN = 0.5  # weight, at most, of an audience that holds the kinds of accounts of the sources

# How far the accounts of another source stand from where those of the training sources stand, as a
# part of the way from real to fake ones: mean and deviation, for real accounts and for fake ones.
# Of Instagram and X files and of worlds, each by models of each other on the same platform, real
# accounts stood -.1 to .5 of the way further and fake ones -.4 to .1. Worth two sources.
ELSEWHERE = ((0.10, 0.20), (-0.15, 0.20))
WORTH = 2.0
LEAST_WAY = 1.0  # a model that hardly tells real from fake does not know what is far
PLACES = np.array([-1.5, -0.75, 0.0, 0.75, 1.5])  # deviations from the mean that stand for all
SHARES = norm.pdf(PLACES) / norm.pdf(PLACES).sum()


class Spread(NamedTuple):
    """The log-odds of one class of accounts, with weights that add up to 1."""

    log_odds: Floats
    weight: Floats

    @property
    def mean(self) -> float:
        """The weighted mean."""
        return float(self.weight @ self.log_odds)


def looks(known: Floats, unseen: Floats | None, fake: Floats, source: Ints) -> Looks:
    """Return how log-odds may be spread among the accounts of an audience.

    Parameters
    ----------
    known : ndarray of float64, shape (n,)
        Log-odds of labelled accounts by models that saw other accounts of their sources.
    unseen : ndarray of float64, shape (n,), or None
        The same by models that saw none of its source, where there are such models.
    fake : ndarray of float64, shape (n,)
        1 fake, 0 real.
    source : ndarray of int64, shape (n,)
        Where each account comes from.

    Returns
    -------
    Looks
        As in the sources, which count alike, and five places of either class elsewhere.
    """
    spreads = [_spread(known[fake == label], source[fake == label]) for label in (0.0, 1.0)]
    way = max(spreads[1].mean - spreads[0].mean, LEAST_WAY)
    moves = _moves(known, known if unseen is None else unseen, fake, source) / way
    rows = []
    for spread, usual, moved in zip(spreads, ELSEWHERE, moves, strict=True):
        mean, deviation = _elsewhere(usual, moved[:0] if unseen is None else moved)
        places = way * (mean + deviation * PLACES)
        rows.append([_density(spread, 0.0), *(_density(spread, place) for place in places)])
    sources = len(np.unique(source))
    like_them = min(sources / (sources + WORTH), MOST_KNOWN)
    pairs = np.zeros((len(PLACES) + 1, len(PLACES) + 1))
    pairs[1:, 1:] = (1.0 - like_them - UNLIKE) * np.outer(SHARES, SHARES)
    pairs[0, 0] = like_them
    return Looks(_tuples(rows[0]), _tuples(rows[1]), _tuples(pairs), UNLIKE)


def _tuples(rows: Sequence[Floats] | Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row.tolist()) for row in rows)


def _spread(log_odds: Floats, source: Ints) -> Spread:
    """Return the log-odds of a class, of which each source makes up the same part."""
    _, place, sizes = np.unique(source, return_inverse=True, return_counts=True)
    return Spread(log_odds, 1.0 / (len(sizes) * sizes[place]))


def _moves(known: Floats, unseen: Floats, fake: Floats, source: Ints) -> Floats:
    """Return how far real (row 0) and fake accounts of sources move for models without them."""
    found = []
    for one in np.unique(source):
        classes = [(source == one) & (fake == label) for label in (0.0, 1.0)]
        if min(own.sum() for own in classes) >= FEWEST:
            found.append([unseen[own].mean() - known[own].mean() for own in classes])
    return np.array(found).reshape(-1, 2).T


def _elsewhere(usual: tuple[float, float], moved: Floats) -> tuple[float, float]:
    """Return mean and deviation of moves, what is usual being worth two sources."""
    mean, deviation = usual
    n = WORTH + len(moved)
    middle = (WORTH * mean + moved.sum()) / n
    squares = WORTH * (deviation**2 + (mean - middle) ** 2) + ((moved - middle) ** 2).sum()
    return float(middle), float(np.sqrt(squares / n))


def _density(spread: Spread, move: float) -> Floats:
    """Return the smoothed shares of accounts at the knots, all of them moved."""
    log_odds, weight = spread
    place = (np.clip(log_odds + move, -REACH, REACH) + REACH) / STEP
    left = np.minimum(place.astype(np.int64), len(KNOTS) - 2)
    counts = np.bincount(left, weight * (left + 1 - place), len(KNOTS))
    counts += np.bincount(left + 1, weight * (place - left), len(KNOTS))
    smooth = gaussian_filter1d(counts, _width(spread) / STEP, mode="reflect")
    # As if one account more had been anywhere.
    n = 1.0 / np.sum(weight**2)
    return np.asarray((n * smooth / smooth.sum() + 1.0 / len(KNOTS)) / (n + 1.0))


def _width(spread: Spread) -> float:
    """Return the width of the kernel, by Silverman's rule for the accounts' effective number."""
    log_odds, weight = spread
    deviation = np.sqrt(weight @ (log_odds - spread.mean) ** 2)
    order = np.argsort(log_odds)
    quarters = np.interp([0.25, 0.75], np.cumsum(weight[order]), log_odds[order])
    narrow = min(deviation, (quarters[1] - quarters[0]) / 1.349) or STEP
    return float(max(0.9 * narrow * np.sum(weight**2) ** 0.2, STEP))
