"""How far what a quarter brought lies from what the model had learned from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints
from features.catalogue import NAMES
from training.backtest.replay import Played

BINS = 10  # of equal mass among what was learned from; unknown is one more
MILD, STRONG = 0.10, 0.25  # the usual thresholds of the index
SHOWN = 10  # features that drift most
PERMUTATIONS = 100
SURPRISING = 0.95
SCORE = "probability (score)"


@dataclass(frozen=True, slots=True)
class Shift:
    """A population stability index.

    Parameters
    ----------
    index : float
        0 for equal distributions; from MILD on they differ, from STRONG on strongly.
    chance : float
        What 95 of 100 random assignments of the same briefs to before and after stay below.
    before, after : int
        Rows on either side.
    """

    index: float
    chance: float
    before: int
    after: int


def drift(played: Sequence[Played], seed: int) -> dict[str, dict[str, Shift]]:
    """Compare each quarter's rows with those that its model learned from.

    Parameters
    ----------
    played : sequence of Played
        Quarters.
    seed : int
        Of the permutations.

    Returns
    -------
    dict of str to dict of str to Shift
        By column, then by quarter: the score first, then the `SHOWN` features that drift most in
        any of the quarters.
    """
    moved = {
        name: max(_indices(one.known.X[:, place], one.asked.X[:, place]) for one in played)
        for place, name in enumerate(NAMES)
    }
    most = sorted(moved, key=lambda name: -moved[name])[:SHOWN]
    found = {SCORE: {p.quarter.name: _of(p, p.before, p.scores.probability, seed) for p in played}}
    for name in most:
        at = NAMES.index(name)
        found[name] = {
            p.quarter.name: _of(p, p.known.X[:, at], p.asked.X[:, at], seed) for p in played
        }
    return found


def index(before: Ints, after: Ints) -> float:
    """Return the population stability index of two histograms over the same bins.

    Half a row is added to each bin, so that an empty one is no infinity.
    """
    bins = len(before)
    old, new = ((one + 0.5) / (one.sum() + 0.5 * bins) for one in (before, after))
    return float(((new - old) * np.log(new / old)).sum())


def binned(before: Floats, after: Floats) -> tuple[Ints, Ints, int]:
    """Return the bin of each value, unknown the last, and how many bins there are."""
    known = before[np.isfinite(before)]
    edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS)) if len(known) else known
    bins = len(edges) + 2
    old, new = (
        np.where(np.isfinite(one), np.searchsorted(edges, one, "right"), bins - 1)
        for one in (before, after)
    )
    return old, new, bins


def _indices(before: Floats, after: Floats) -> float:
    old, new, bins = binned(before, after)
    return index(np.bincount(old, minlength=bins), np.bincount(new, minlength=bins))


def _of(one: Played, before: Floats, after: Floats, seed: int) -> Shift:
    old, new, bins = binned(before, after)
    tables = [_by_group(one.known.group, old, bins), _by_group(one.asked.group, new, bins)]
    every, count = np.vstack(tables), len(tables[1])
    random = np.random.default_rng(seed)
    by_chance = []
    for _ in range(PERMUTATIONS):
        order = random.permutation(len(every))
        drawn = every[order[:count]].sum(axis=0)
        by_chance.append(index(every.sum(axis=0) - drawn, drawn))
    return Shift(
        index=index(tables[0].sum(axis=0), tables[1].sum(axis=0)),
        chance=float(np.quantile(by_chance, SURPRISING)),
        before=len(before),
        after=len(after),
    )


def _by_group(group: Ints, place: Ints, bins: int) -> Ints:
    """Return how many rows of each group fall into each bin, shape (groups, bins)."""
    _, number = np.unique(group, return_inverse=True)
    cells = np.bincount(number * bins + place, minlength=(int(number.max()) + 1) * bins)
    return cells.reshape(-1, bins).astype(np.int64)
