"""How good the first few of each brief are, by any order of its creators."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.arrays import Flags, Floats, Ints
from models.manifest import Metric
from training.metrics import bounded, draw

DEPTHS = (1, 3, 5)
FEWEST = 2  # judged collaborations without which a brief has no order


@dataclass(frozen=True, slots=True)
class Tally:
    """A ratio of sums over briefs: what counts above, what it is counted by below.

    Parameters
    ----------
    over, under : ndarray of float64, shape (briefs,)
        Of each brief; a mean has ones below.
    """

    over: Floats
    under: Floats

    def __len__(self) -> int:
        return len(self.over)

    def estimates(self, seed: int) -> Floats:
        """Return the ratio on all briefs, then on every bootstrap draw of them, NaN for 0 / 0."""
        briefs = len(self)
        weights = np.vstack([np.ones(briefs), *draw(np.arange(briefs), seed)])
        over, under = weights @ self.over, weights @ self.under
        return _over(over, under)


def value(one: Tally, seed: int) -> Metric:
    """Return a ratio with its interval; n counts briefs."""
    return _metric(one.estimates(seed), len(one)) if len(one) else Metric(None, None, None, 0)


def difference(one: Tally, other: Tally, seed: int) -> Metric:
    """Return one ratio less another of the same briefs, with its paired interval."""
    if not len(one):
        return Metric(None, None, None, 0)
    return _metric(one.estimates(seed) - other.estimates(seed), len(one))


def quotient(one: Tally, other: Tally, seed: int) -> Metric:
    """Return one ratio over another of the same briefs, with its paired interval."""
    if not len(one):
        return Metric(None, None, None, 0)
    above, below = one.estimates(seed), other.estimates(seed)
    return _metric(_over(above, below), len(one))


def _over(above: Floats, below: Floats) -> Floats:
    """Return a ratio, NaN where nothing is below."""
    out: Floats = np.full(len(above), np.nan)
    np.divide(above, below, out=out, where=below > 0.0)
    return out


def _metric(estimates: Floats, n: int) -> Metric:
    return bounded(float(estimates[0]), estimates[1:].tolist(), n)


@dataclass(frozen=True, slots=True)
class Lists:
    """The rows of every brief that has an order, by brief.

    Parameters
    ----------
    row : ndarray of int64, shape (n,)
        Which rows.
    brief : ndarray of int64, shape (n,)
        Rising number of each one's brief, from 0 on.
    size : ndarray of int64, shape (briefs,)
        Rows of each brief, at least `FEWEST`.
    """

    row: Ints
    brief: Ints
    size: Ints

    @classmethod
    def of(cls, brief: Ints, eligible: Flags) -> "Lists":
        """Return the lists of eligible rows, without the briefs that have too few of them."""
        rows = np.flatnonzero(eligible)
        _, number, size = np.unique(brief[rows], return_inverse=True, return_counts=True)
        kept = size[number] >= FEWEST
        rows, number = rows[kept], number[kept]
        _, number = np.unique(number, return_inverse=True)
        order = np.argsort(number, kind="stable")
        return cls(rows[order], number[order], size[size >= FEWEST])

    def expected(self, score: Floats, gain: Floats) -> Floats:
        """Return the gain to be expected at each place of each list, equal scores in any order.

        Parameters
        ----------
        score : ndarray of float64
            One a row of the whole; larger comes first, NaN last.
        gain : ndarray of float64
            Likewise.

        Returns
        -------
        ndarray of float64, shape (n,)
            By brief, then by place. That is the exact mean over all orders of equal scores, so
            that a constant score is the random order.
        """
        own = np.where(np.isnan(score), -np.inf, score)[self.row]
        order = np.lexsort((-own, self.brief))
        brief, ranked, gained = self.brief[order], own[order], gain[self.row][order]
        new = (np.diff(brief, prepend=-1) != 0) | (ranked != np.roll(ranked, 1))
        tie = np.cumsum(new) - 1
        return np.asarray((np.bincount(tie, gained) / np.bincount(tie))[tie], np.float64)

    def places(self) -> Ints:
        """Return the place of each entry of `expected` in its list, from 0 on."""
        starts = np.cumsum(self.size) - self.size
        return np.arange(len(self.row)) - np.repeat(starts, self.size)

    def top(self, expected: Floats, depth: int, discount: Floats | None = None) -> Floats:
        """Return what the first `depth` places of each list bring, shape (briefs,)."""
        weight = np.where(self.places() < depth, 1.0, 0.0)
        if discount is not None:
            weight = weight * discount
        return np.bincount(self.brief, weight * expected, len(self.size)).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Order:
    """How a ranker sorts: by one score for goals reached, by one for conversions."""

    hit: Floats
    conversions: Floats


def tallies(
    brief: Ints, hit: Floats, conversions: Floats, fee: Floats, orders: Mapping[str, Order]
) -> dict[str, dict[str, Tally]]:
    """Measure every order of the creators of each brief.

    Parameters
    ----------
    brief : ndarray of int64, shape (n,)
        Rows of a brief are ranked together.
    hit, conversions, fee : ndarray of float64, shape (n,)
        What came of each, and what it cost; NaN where that is unknown.
    orders : mapping of str to Order
        By ranker.

    Returns
    -------
    dict of str to dict of str to Tally
        By measure, such as "ndcg_at_3", and ranker. At most so many creators as a brief has are
        taken; NDCG leaves out briefs without any conversion, cost everything without a fee.
    """
    lists = Lists.of(brief, np.ones(len(brief), np.bool_))
    paid = Lists.of(brief, np.isfinite(fee))
    cost = np.nan_to_num(fee)
    found: dict[str, dict[str, Tally]] = {}
    for depth in DEPTHS:
        for name, order in orders.items():
            gains = lists.expected(order.conversions, conversions)
            reached = lists.top(lists.expected(order.hit, hit), depth)
            measured = {
                "precision": Tally(reached / np.minimum(lists.size, depth), np.ones(len(reached))),
                "conversions": Tally(lists.top(gains, depth), np.ones(len(reached))),
                "ndcg": _ndcg(lists, gains, conversions, depth),
                "cost_per_conversion": Tally(
                    paid.top(paid.expected(order.conversions, cost), depth),
                    paid.top(paid.expected(order.conversions, conversions), depth),
                ),
            }
            for measure, tally in measured.items():
                found.setdefault(f"{measure}_at_{depth}", {})[name] = tally
    return found


def _ndcg(lists: Lists, gains: Floats, conversions: Floats, depth: int) -> Tally:
    """Return the discounted gain over that of the best order, of briefs that have any."""
    discount = 1.0 / np.log2(lists.places() + 2.0)
    best = lists.top(lists.expected(conversions, conversions), depth, discount)
    some = best > 0.0
    value = lists.top(gains, depth, discount)[some] / best[some]
    return Tally(value, np.ones(len(value)))
