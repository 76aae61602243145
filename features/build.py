"""Frames of all raw tables to `Tables`, each after those it refers to."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pyarrow as pa

from features.arrays import UNKNOWN_TIME
from features.assemble import (
    accounts_of,
    audience_of,
    audits_of,
    creators_of,
    followers_of,
    nested,
    posts_of,
    snapshots_of,
)
from features.assemble_deals import applications_of, briefs_of, collaborations_of
from features.convert import TEXT
from features.deals import OUTCOMES, Applications, Briefs, Collaborations
from features.frame import Frame
from features.ledger import Ledger
from features.profiles import (
    METRICS,
    Accounts,
    Audience,
    Audits,
    Creators,
    Followers,
    Posts,
    Snapshots,
)
from features.settle import (
    Parent,
    Rivals,
    Settled,
    indexed_finder,
    settle,
    sorted_finder,
)
from features.tables import Tables
from features.textindex import TextIndex
from features.texts import Finder

Load = Callable[[str, Mapping[str, Finder]], Frame | None]
Rows = Callable[[str], Settled | None]

ASKED = (
    "creators",
    "brands",
    "briefs",
    "posts",
    "snapshots",
    "post_metrics",
    "collaborations",
    "outcomes",
    "audience",
    "followers",
    "audits",
    "applications",
    "accounts",
)
"""The order in which `build` asks for tables: the ids of one are known before the next but one."""

LOOKED_UP = ("creators", "posts", "collaborations")
"""Tables of whose ids, where others refer to them, nothing but the row is asked."""


def build(
    load: Load,
    ledger: Ledger,
    briefs: Briefs | None = None,
    rivals: Mapping[str, Rivals] | None = None,
) -> Tables:
    """Return the tables that `load` gives by name.

    Parameters
    ----------
    load : callable
        Name of a table, and what finds the ids of `LOOKED_UP` that are known by then, to its
        frame; None where the table is absent.
    ledger : Ledger
        Counts and bad rows are added to it.
    briefs : Briefs, optional
        Known already: references to a brief among them are resolved, others are kept.
    rivals : mapping, optional
        For a part of all tables: by table, the keys of differing rows in other parts.

    Returns
    -------
    Tables

    Raises
    ------
    InputError
        If the ledger is strict and a row is bad.
    """
    parents: dict[str, Parent] = {}
    present: set[str] = set()

    def rows(name: str) -> Settled | None:
        known = {table: parents[table].find for table in LOOKED_UP if table in parents}
        frame = load(name, known)
        if frame is None:
            return None
        present.add(name)
        return settle(frame, parents, ledger, (rivals or {}).get(name))

    creators = _creators(rows, parents)
    size = len(creators.ids)
    briefs = _briefs(rows, parents, briefs)
    posts = _posts(rows, parents, size)
    snapshots = _snapshots(rows, size)
    posts = _measured(posts, rows, parents)
    collaborations = _collaborations(rows, parents, briefs, size)
    audience = rows("audience")
    followers, audits = rows("followers"), rows("audits")
    applications, accounts = rows("applications"), rows("accounts")
    return Tables(
        creators=creators,
        snapshots=snapshots,
        posts=posts,
        audience=audience_of(audience, size) if audience else Audience.empty(size),
        followers=followers_of(followers, size) if followers else Followers.empty(size),
        briefs=briefs,
        collaborations=collaborations,
        applications=applications_of(applications, briefs, size)
        if applications
        else Applications.empty(size),
        audits=audits_of(audits, size) if audits else Audits.empty(size),
        accounts=accounts_of(accounts) if accounts else Accounts.empty(),
        set_aside=ledger.set_aside,
        counts=ledger.counts,
        latest=UNKNOWN_TIME if ledger.latest is None else ledger.latest,
        hashes=ledger.hashes,
        present=frozenset(present),
    )


def _creators(rows: Rows, parents: dict[str, Parent]) -> Creators:
    settled = rows("creators")
    if settled is None:
        return Creators.empty()
    creators = creators_of(settled)
    parents["creators"] = Parent(TextIndex(pa.array(creators.ids, TEXT)).find)
    return creators


def _briefs(rows: Rows, parents: dict[str, Parent], given: Briefs | None) -> Briefs:
    brands = rows("brands")
    settled = rows("briefs")
    if settled is not None:
        given = briefs_of(settled, brands.frame if brands else None)
        parents["briefs"] = Parent(TextIndex(pa.array(given.ids, TEXT)).find)
    elif given is not None:
        parents["briefs"] = Parent(sorted_finder(given.ids), open=True)
    return Briefs.empty() if given is None else given


def _posts(rows: Rows, parents: dict[str, Parent], creators: int) -> Posts:
    settled = rows("posts")
    if settled is None:
        return Posts.empty(creators)
    posts, order = posts_of(settled, creators)
    parents["posts"] = Parent(indexed_finder(settled.frame.index("post_id"), order))
    return posts


def _snapshots(rows: Rows, creators: int) -> Snapshots:
    settled = rows("snapshots")
    return Snapshots.empty(creators) if settled is None else snapshots_of(settled, creators)


def _measured(posts: Posts, rows: Rows, parents: dict[str, Parent]) -> Posts:
    metrics = rows("post_metrics")
    if parents.pop("posts", None) is None or metrics is None:
        return posts
    offsets, known, values = nested(metrics, "post_id", len(posts.known), METRICS)
    return replace(posts, metric_offsets=offsets, metric_known=known, metrics=values)


def _collaborations(
    rows: Rows, parents: dict[str, Parent], briefs: Briefs, creators: int
) -> Collaborations:
    settled, collaborations = rows("collaborations"), Collaborations.empty(creators)
    if settled is not None:
        collaborations, ids = collaborations_of(settled, briefs, creators)
        parents["collaborations"] = Parent(TextIndex(ids).find)
    outcomes = rows("outcomes")
    if settled is None or outcomes is None:
        return collaborations
    size = len(collaborations.ids)
    offsets, known, values = nested(outcomes, "collaboration_id", size, OUTCOMES)
    return replace(collaborations, outcome_offsets=offsets, outcome_known=known, outcomes=values)
