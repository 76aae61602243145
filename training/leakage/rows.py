"""Audits the rows of a training: their labels in time, their features rewound, single columns."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from features.arrays import UNKNOWN_TIME, Flags, Floats, Ints, Times
from features.catalogue import NAMES
from features.computing import Spine, matrix, samples
from features.tables import Tables
from training.dataset import Rows
from training.gates import FEWEST_A_CLASS, LEAK
from training.labels import HORIZON
from training.leakage.findings import Finding, refuse
from training.leakage.rewind import NOWHERE, rewound, sampled
from training.refusals import ERRORS, auc_error

REWOUND = 200  # rows whose features are computed anew
# Briefs (creators, for audits) with a hit, and without, below which one column may tell the label
# by luck. Rows of one brief share its columns and do not count apart.
FEWEST = 30
SPLITS = (0.5, 0.75, 0.9)  # quantiles at which outcomes are told apart beside the label
NEVER_TELLS = ("log_goal",)  # the goal is half of the label, and no outcome


def audit_collaborations(tables: Tables, rows: Rows, as_of: int) -> None:
    """Refuse collaborations that know what came after their agreement.

    Parameters
    ----------
    tables : Tables
        The raw tables they come from.
    rows : Rows
        From `training.dataset.collaborations`, young ones or not.
    as_of : int
        Moment of training, microseconds.

    Raises
    ------
    LeakageError
        If a label was known too early or is not known yet, if a feature looks ahead, or if one
        column all but is the outcome.
    """
    table = tables.collaborations
    place = {name: row for row, name in enumerate(table.ids)}
    own = np.array([place[name] for name in rows.row_id], np.int64)
    spine = Spine.of(
        table.creator[own],
        table.agreed[own],
        brief=table.brief[own],
        compensation=table.compensation[own],
        fee=table.fee[own],
    )
    label = (rows.value >= rows.goal).astype(np.float64)
    refuse(
        "conversion",
        [
            *_settled(rows, table.published[own]),
            *_in_time(rows, spine.as_of, rows.known <= rows.as_of, as_of),
            *_rewound(tables, rows, spine),
            *_own_outcome(rows, label, rows.share == 1.0),
        ],
    )


def audit_audits(tables: Tables, rows: Rows, as_of: int, limit: float) -> None:
    """Refuse audits that know what came after them.

    Parameters
    ----------
    tables : Tables
        The raw tables they come from.
    rows : Rows
        From `training.dataset.audits`: each is seen up to the audit, exclusively.
    as_of : int
        Moment of training, microseconds.
    limit : float
        Share from which on an audience is a hit.

    Raises
    ------
    LeakageError
        As for collaborations.
    """
    spine = Spine.of(rows.creator, rows.known)
    label = (rows.value >= limit).astype(np.float64)
    refuse(
        "fake_followers",
        [
            *_in_time(rows, spine.as_of, rows.known < rows.as_of, as_of),
            *_rewound(tables, rows, spine),
            *_own_outcome(rows, label, np.ones(len(rows), np.bool_)),
        ],
    )


def _in_time(rows: Rows, moment: Times, early: Flags, as_of: int) -> Iterator[Finding]:
    """Check that features are seen at their moment, before the label, and this before training."""
    checks = (
        (
            "moment",
            rows.as_of != moment,
            "are seen at another moment than that of the agreement (for audits: of the audit)",
            "build X with the as_of of `training.dataset`",
        ),
        (
            "label_before_features",
            early,
            "have a label that was known when their features were seen, not after",
            "correct agreed_at, published_at or the outcomes' observed_at, or leave the rows out",
        ),
        (
            "label_after_training",
            rows.known >= as_of,
            "have a label that was not known before the moment of training",
            "take labels of what is visible at as_of only",
        ),
    )
    for check, bad, what, remedy in checks:
        yield from _told(check, rows, bad, what, remedy)


def _settled(rows: Rows, published: Times) -> Iterator[Finding]:
    """Check that a whole label was not known before day 30 after publishing."""
    unpublished = published == UNKNOWN_TIME
    # An unknown time is the largest number: adding to it would wrap around.
    day30 = np.where(unpublished, UNKNOWN_TIME, np.where(unpublished, 0, published) + HORIZON)
    yield from _told(
        "settled_too_early",
        rows,
        (rows.share == 1.0) & (rows.known < day30),
        "have a whole label that was known before day 30 after publishing",
        "let younger ones enter with the share that has arrived, or not at all",
    )


def _told(check: str, rows: Rows, bad: Flags, what: str, remedy: str) -> Iterator[Finding]:
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        yield Finding(
            check,
            f"{int(bad.sum()):,} of {len(rows):,} rows {what}; first row {first}, expected none:"
            f" {remedy}.",
        )


def _rewound(tables: Tables, rows: Rows, spine: Spine) -> Iterator[Finding]:
    """Compute the features of some rows from tables in which what came later never happened."""
    some = sampled(rows.row_id, REWOUND)
    if not len(some):
        return
    brief = spine.brief[some]
    past = rewound(tables, spine.creator[some], spine.as_of[some], brief)
    there = Spine.of(
        np.arange(len(some)),
        spine.as_of[some],
        brief=np.where(brief == NOWHERE, NOWHERE, np.arange(len(some))),
        compensation=spine.compensation[some],
        fee=spine.fee[some],
    )
    differ = ~_same(rows.X[some], matrix(past, there, training=True))
    for column in np.flatnonzero(differ.any(axis=0)).tolist():
        yield _looks_ahead(NAMES[column], differ[:, column], some)
    unlike = _samples_differ(rows, some, past, there)
    if unlike.any():
        yield _looks_ahead("the follower sample", unlike, some)


def _same(one: Floats, other: Floats) -> Flags:
    same: Flags = (one == other) | (np.isnan(one) & np.isnan(other))
    return same


def _samples_differ(rows: Rows, some: Ints, past: Tables, there: Spine) -> Flags:
    """Tell which rows see another follower sample than they could have seen."""
    found, held = samples(past, there), rows.samples
    differ = ~(_same(held.frame[some], found.frame) & _same(held.age[some], found.age))
    for place, row in enumerate(some.tolist()):
        own = held.place[row]
        kept = held.values[held.offsets[own] : held.offsets[own + 1]]
        seen = found.values[found.offsets[place] : found.offsets[place + 1]]
        differ[place] |= kept.tobytes() != seen.tobytes()
    return differ


def _looks_ahead(name: str, differ: Flags, some: Ints) -> Finding:
    return Finding(
        "looks_ahead",
        f"{name} differs in {int(differ.sum())} of {len(differ)} rows once everything known at or"
        f" after their as_of is removed; first row {int(some[differ][0])}, expected equal bits:"
        " read rows through `features.view` only, or compute X from the tables given.",
    )


def _own_outcome(rows: Rows, label: Floats, whole: Flags) -> Iterator[Finding]:
    """Check that no column, nor its being unknown, tells the label or large outcomes from small."""
    asked = _questions(label[whole], rows.value[whole], rows.group[whole])
    for name, every in zip(NAMES, rows.X.T, strict=True):
        if name in NEVER_TELLS:
            continue
        column = every[whole]
        for question in asked:
            auc = separation(question.label, column)
            if auc - ERRORS * auc_error(auc, question.hits, question.misses) > LEAK:
                yield Finding(
                    "own_outcome",
                    f"{name} tells {question.what} with an AUC of {auc:.3f} ({len(column):,} rows),"
                    f" at most {LEAK} is believed of what is known beforehand: take it out, or"
                    " correct the times of what it is made of.",
                )
                break


class _Question(NamedTuple):
    """Outcomes told apart: how, into which classes, and how many groups have one of either."""

    what: str
    label: Floats
    hits: int
    misses: int


def _questions(label: Floats, value: Floats, group: Ints) -> list[_Question]:
    """Return the ways to tell outcomes apart for which there are enough groups."""
    asked = [("hits from misses", label)]
    bounds = np.quantile(value, SPLITS, method="higher") if len(value) else value
    asked += [
        (f"outcomes from {bound:g} on from smaller ones", (value >= bound) * 1.0)
        for bound in np.unique(bounds)
    ]
    found = []
    for what, one in asked:
        hits, misses = (len(np.unique(group[one == side])) for side in (1.0, 0.0))
        if min(hits, misses) >= FEWEST:
            found.append(_Question(what, one, hits, misses))
    return found


def separation(label: Floats, column: Floats) -> float:
    """Return how well a column, or its being known, tells labels apart: an AUC from .5 on.

    As the gate on raw features does, by the sum of ranks in a tenth of the time.
    """
    known = np.isfinite(column)
    areas = _area(label[known], rankdata(column[known])), _area(label, rankdata(known))
    return max(max(area, 1.0 - area) for area in areas)


def _area(label: Floats, ranks: Floats) -> float:
    hits = label.sum()
    pairs = hits * (len(label) - hits)
    if min(hits, len(label) - hits) < FEWEST_A_CLASS:
        return 0.5
    return float((ranks @ label - hits * (hits + 1.0) / 2.0) / pairs)
