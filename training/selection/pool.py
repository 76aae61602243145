"""Who could have been chosen: for every brief the chosen, those who applied, and others.

All of a brief are looked at as of one moment, that of its first agreement. Features move with the
clock (days left until publishing, earlier collaborations, growth): seen at their own agreement for
the chosen and at the application for the rest, they would tell the two apart by the calendar. The
first agreement is the last moment at which nothing of the choice can be seen in anybody's history.
What was offered (compensation, fee) is known for the chosen only and stays out.
"""

from dataclasses import dataclass

import numpy as np

from features.arrays import DAY, UNKNOWN_TIME, Flags, Floats, Ints, Times
from features.computing import Spine, matrix
from features.tables import Tables
from features.view import undisputed, visible
from training.selection.eligible import Others, others

THREADS = 2
SETTLING = 30 * DAY  # after its first agreement a brief may still choose
MOST = 9_000  # rows of the chosen and of applicants; features of more would cost seconds
OTHERS_PER_BRIEF = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Pairs of brief and creator, those of a brief side by side.

    Parameters
    ----------
    brief, creator : ndarray of int64, shape (n,)
        Rows of the tables.
    as_of : ndarray of int64, shape (n,)
        The brief's moment, microseconds.
    chosen, applied : ndarray of bool, shape (n,)
        Whether they came to an agreement, and whether the creator had applied; the chosen of a
        brief with applications count as applicants.
    deal : ndarray of int64, shape (n,)
        The chosen's row of `tables.collaborations`, else -1.
    weight : ndarray of float64, shape (n,)
        How many creators the row stands for: 1 where chosen or applied, more where it was drawn
        from the eligible who neither applied nor were chosen.
    X : ndarray of float64, shape (n, len(NAMES))
        The catalogue's columns, nothing offered.
    """

    brief: Ints
    creator: Ints
    as_of: Times
    chosen: Flags
    applied: Flags
    deal: Ints
    weight: Floats
    X: Floats

    def __len__(self) -> int:
        return len(self.brief)

    def take(self, rows: Ints | Flags) -> "Pool":
        """Return some of the pairs."""
        return Pool(
            brief=self.brief[rows],
            creator=self.creator[rows],
            as_of=self.as_of[rows],
            chosen=self.chosen[rows],
            applied=self.applied[rows],
            deal=self.deal[rows],
            weight=self.weight[rows],
            X=self.X[rows],
        )


@dataclass(frozen=True, slots=True)
class _Known:
    """Pairs that the tables name."""

    brief: Ints
    creator: Ints
    deal: Ints  # -1: applied, not chosen


def pool(
    tables: Tables,
    as_of: int,
    seed: int,
    *,
    most: int | None = MOST,
    start: int = 0,
    stop: int | None = None,
) -> Pool:
    """Return the pool of the briefs that had chosen by `as_of`.

    Parameters
    ----------
    tables : Tables
        Raw tables; without applications, the pool is the chosen and other eligible creators.
    as_of : int
        Moment of training, microseconds; a brief must have begun to choose a month before it.
    seed : int
        Of the draw of briefs and of others.
    most : int, optional
        About so many pairs of chosen and applicants at most, whole briefs at a time; all of them
        where it is None.
    start : int
        Only briefs whose first agreement was at or after it, microseconds.
    stop : int, optional
        Only those whose first agreement was before it.

    Returns
    -------
    Pool
    """
    random = np.random.default_rng(seed)
    moments = _moments(tables, as_of, start, as_of if stop is None else stop)
    known = _sampled(_known(tables, as_of, moments), most, random)
    briefs = np.unique(known.brief)
    taken = known.brief * len(tables.creators.ids) + known.creator
    paid = np.full(len(moments), np.nan)
    hired = known.deal >= 0
    paid[known.brief[hired]] = tables.collaborations.compensation[known.deal[hired]]
    drawn = others(
        tables, briefs, moments, taken=taken, paid=paid, wanted=OTHERS_PER_BRIEF, random=random
    )
    return _pool(tables, known, drawn, moments)


def _moments(tables: Tables, as_of: int, start: int, stop: int) -> Times:
    """Return the first agreement of every brief that has settled its choice, else UNKNOWN_TIME."""
    deals, briefs = tables.collaborations, tables.briefs
    first = np.full(len(briefs.ids), UNKNOWN_TIME)
    seen = visible(deals.known, deals.hidden, as_of) & (deals.brief >= 0)
    np.minimum.at(first, deals.brief[seen], deals.agreed[seen])
    never = np.full_like(first, UNKNOWN_TIME)
    settled = visible(first, never, min(as_of - SETTLING, stop))
    settled &= ~visible(first, never, start)
    settled &= undisputed(briefs.hidden, first)
    return np.where(settled, first, UNKNOWN_TIME)


def _known(tables: Tables, as_of: int, moments: Times) -> _Known:
    """Return the chosen, then the applicants who were not, each pair once, sorted."""
    deals, asked = tables.collaborations, tables.applications
    hired = np.flatnonzero(visible(deals.known, deals.hidden, as_of) & (deals.brief >= 0))
    hired = hired[np.argsort(deals.agreed[hired], kind="stable")]
    came = np.flatnonzero(visible(asked.known, asked.hidden, as_of) & (asked.brief >= 0))
    owner = np.repeat(np.arange(len(asked.offsets) - 1), np.diff(asked.offsets))
    brief = np.r_[deals.brief[hired], asked.brief[came]]
    creator = np.r_[deals.creator[hired], owner[came]]
    deal = np.r_[hired, np.full(len(came), -1)]
    settled = moments[brief] != UNKNOWN_TIME
    brief, creator, deal = brief[settled], creator[settled], deal[settled]
    # The first of equal pairs stays: the chosen before the applicant, the first agreement first.
    _, kept = np.unique(brief * len(tables.creators.ids) + creator, return_index=True)
    return _Known(brief[kept], creator[kept], deal[kept])


def _sampled(known: _Known, most: int | None, random: np.random.Generator) -> _Known:
    """Return the pairs of so many briefs, drawn at random, that there are about `most`."""
    if most is None or len(known.brief) <= most:
        return known
    briefs = np.unique(known.brief)
    count = max(int(len(briefs) * most / len(known.brief)), 1)
    kept = np.isin(known.brief, random.permutation(briefs)[:count])
    return _Known(known.brief[kept], known.creator[kept], known.deal[kept])


def _pool(tables: Tables, known: _Known, drawn: Others, moments: Times) -> Pool:
    """Put known and drawn pairs together, with their features."""
    asked = np.isin(known.brief, tables.applications.brief)
    brief = np.r_[known.brief, drawn.brief]
    creator = np.r_[known.creator, drawn.creator]
    deal = np.r_[known.deal, np.full(len(drawn.brief), -1)]
    applied = np.r_[asked, np.zeros(len(drawn.brief), np.bool_)]
    weight = np.r_[np.ones(len(known.brief)), drawn.weight]
    order = np.lexsort((creator, brief))
    brief, creator, deal = brief[order], creator[order], deal[order]
    X = matrix(
        tables, Spine.of(creator, moments[brief], brief=brief), threads=THREADS, training=True
    )
    return Pool(
        brief=brief,
        creator=creator,
        as_of=moments[brief],
        chosen=deal >= 0,
        applied=applied[order],
        deal=deal,
        weight=weight[order],
        X=X,
    )
