"""Tables from which everything later was truly removed, row by row, without `features.view`.

The law is that only `features.view` compares a time with `as_of`. This module is the exception
that checks it: it shares no code with the view, so a fault of the one is seen by the other.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

import numpy as np

from features.arrays import UNKNOWN_TIME, Flags, Floats, Ints, Times
from features.deals import Applications, Briefs, Collaborations
from features.profiles import Audience, Audits, Creators, Followers, Posts, Snapshots
from features.tables import Tables

NOWHERE = -1  # row of a creator or a brief where there is none


def rewound(tables: Tables, creator: Ints, as_of: Times, brief: Ints) -> Tables:
    """Return tables in which creator i and brief i stand for row i, as they were at its moment.

    They are as training sees them: statements without a time are unknown.

    Parameters
    ----------
    tables : Tables
        Raw tables.
    creator : ndarray of int64, shape (n,)
        Rows of `tables.creators`, -1 for none.
    as_of : ndarray of int64, shape (n,)
        Microseconds; whatever became known at or after it is gone.
    brief : ndarray of int64, shape (n,)
        Rows of `tables.briefs`, -1 for none.

    Returns
    -------
    Tables
        Without applications, audits and accounts, which no feature reads.
    """
    n = len(creator)
    return replace(
        Tables.empty(),
        creators=_creators(tables.creators, creator, as_of),
        snapshots=_snapshots(tables.snapshots, creator, as_of),
        posts=_posts(tables.posts, creator, as_of),
        audience=_audience(tables.audience, creator, as_of),
        followers=_followers(tables.followers, creator, as_of),
        briefs=_briefs(tables.briefs, brief, as_of),
        collaborations=_collaborations(tables.collaborations, creator, as_of),
        applications=Applications.empty(n),
        audits=Audits.empty(n),
    )


def _owned(offsets: Ints, owners: Ints) -> tuple[Ints, Ints]:
    """Return the rows of every owner, one after the other, each with the owner's place."""
    sizes = np.where(owners == NOWHERE, 0, offsets[owners + 1] - offsets[owners])
    place = np.repeat(np.arange(len(owners)), sizes)
    first = offsets[owners] - (np.cumsum(sizes) - sizes)
    return place, np.arange(len(place)) + np.repeat(first, sizes)


def _earlier(offsets: Ints, known: Times, owners: Ints, as_of: Times) -> tuple[Ints, Ints, Ints]:
    """Return the place, the row and the new offsets of what owners had before their moment."""
    place, row = _owned(offsets, owners)
    kept = known[row] < as_of[place]
    place, row = place[kept], row[kept]
    counts = np.bincount(place, minlength=len(owners))
    return place, row, np.r_[0, np.cumsum(counts)].astype(np.int64)


def _unless(gone: Flags, values: Floats) -> Floats:
    return np.where(gone, np.nan, values)


def _still(times: Times, as_of: Times) -> Times:
    """Return times, those to come as unknown."""
    return np.where(times < as_of, times, UNKNOWN_TIME)


def _names(n: int) -> tuple[list[str], dict[str, int]]:
    ids = [str(row) for row in range(n)]
    return ids, {name: row for row, name in enumerate(ids)}


def _creators(table: Creators, rows: Ints, as_of: Times) -> Creators:
    ids, index = _names(len(rows))
    stated = table.observed_at[rows]
    gone = stated >= as_of
    return Creators(
        ids=ids,
        index=index,
        platform=table.platform[rows],
        country=table.country[rows],
        language=table.language[rows],
        category=table.category[rows],
        created_at=_still(table.created_at[rows], as_of),
        verified=_unless(gone, table.verified[rows]),
        accepts=_unless(gone, table.accepts[rows]),
        min_fee=_unless(gone, table.min_fee[rows]),
        observed_at=_still(stated, as_of),
    )


def _snapshots(table: Snapshots, owners: Ints, as_of: Times) -> Snapshots:
    _, row, offsets = _earlier(table.offsets, table.known, owners, as_of)
    return Snapshots(offsets, table.known[row], table.values[row])


def _posts(table: Posts, owners: Ints, as_of: Times) -> Posts:
    place, row, offsets = _earlier(table.offsets, table.known, owners, as_of)
    moment = as_of[place]
    _, metric, metric_offsets = _earlier(table.metric_offsets, table.metric_known, row, moment)
    return Posts(
        offsets=offsets,
        known=table.known[row],
        hidden=_still(table.hidden[row], moment),
        values=table.values[row],
        brand=table.brand[row],
        metric_offsets=metric_offsets,
        metric_known=table.metric_known[metric],
        metrics=table.metrics[metric],
    )


def _audience(table: Audience, owners: Ints, as_of: Times) -> Audience:
    _, row, offsets = _earlier(table.offsets, table.known, owners, as_of)
    return Audience(
        offsets, table.known[row], table.dimension[row], table.value[row], table.share[row]
    )


def _followers(table: Followers, owners: Ints, as_of: Times) -> Followers:
    _, row, offsets = _earlier(table.offsets, table.known, owners, as_of)
    return Followers(
        offsets, table.known[row], table.sample[row], table.frame[row], table.values[row]
    )


def _briefs(table: Briefs, rows: Ints, as_of: Times) -> Briefs:
    """Return the brief of each row: always known itself, its brand's order value only in time."""
    if (rows == NOWHERE).all():
        return Briefs.empty()
    ids, index = _names(len(rows))
    place, target = _owned(table.target_offsets, rows)
    sizes = np.bincount(place, minlength=len(rows))
    stated = table.order_value_known[rows]
    return Briefs(
        ids=ids,
        index=index,
        known=table.known[rows],
        hidden=_still(table.hidden[rows], as_of),
        brand=table.brand[rows],
        category=table.category[rows],
        type=table.type[rows],
        goal=table.goal[rows],
        budget=table.budget[rows],
        followers_min=table.followers_min[rows],
        followers_max=table.followers_max[rows],
        deliverables=table.deliverables[rows],
        publish_by=table.publish_by[rows],
        launch=table.launch[rows],
        order_value=_unless(stated >= as_of, table.order_value[rows]),
        order_value_known=_still(stated, as_of),
        brand_country=table.brand_country[rows],
        target_offsets=np.r_[0, np.cumsum(sizes)].astype(np.int64),
        target_dimension=table.target_dimension[target],
        target_value=table.target_value[target],
        target_weight=table.target_weight[target],
    )


def _collaborations(table: Collaborations, owners: Ints, as_of: Times) -> Collaborations:
    place, row, offsets = _earlier(table.offsets, table.known, owners, as_of)
    moment = as_of[place]
    _, outcome, outcome_offsets = _earlier(table.outcome_offsets, table.outcome_known, row, moment)
    return Collaborations(
        ids=_names(len(row))[0],
        offsets=offsets,
        known=table.known[row],
        hidden=_still(table.hidden[row], moment),
        agreed=table.agreed[row],
        published=_still(table.published[row], moment),
        creator=place,
        brief=np.full(len(row), NOWHERE),
        brand=table.brand[row],
        category=table.category[row],
        type=table.type[row],
        goal=table.goal[row],
        compensation=table.compensation[row],
        fee=table.fee[row],
        outcome_offsets=outcome_offsets,
        outcome_known=table.outcome_known[outcome],
        outcomes=table.outcomes[outcome],
    )


def sampled(names: Sequence[str], count: int) -> Ints:
    """Return the rows, at most `count`, whose names hash lowest: the same ones in every run."""
    marks = [blake2b(name.encode(), digest_size=8).digest() for name in names]
    return np.sort(np.array(sorted(range(len(marks)), key=marks.__getitem__)[:count], np.int64))
