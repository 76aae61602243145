"""Creators that came with their history: the tables' own rules and kernels, on a request's rows."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from features.arrays import Floats
from features.computing import Samples, Spine, States, fit_columns, samples, states
from features.deals import Briefs
from features.errors import InputError
from features.reader import from_rows
from features.summary import DataSummary, data_summary
from features.tables import Tables
from features.tiers import tiers
from models.fake_followers import FakeFollowersScores
from models.reasons import Peers
from models.scoring import Champions, audience_scores
from serving.contract import CreatorAsked, FakeFollowersScore
from serving.deal import Deal, terms
from serving.group import Group, audience_told, data_used
from serving.problems import Problem, violated


class _Read(NamedTuple):
    """One creator's history as features need it."""

    tables: Tables
    state: States
    samples: Samples
    summary: DataSummary
    X: Floats


def inline_group(
    asked: Sequence[tuple[int, CreatorAsked]],
    deal: Deal,
    published: Briefs,
    champions: Champions,
    as_of: int,
) -> Group:
    """Return the features and audience scores of creators that came with their history.

    Parameters
    ----------
    asked : sequence of (int, CreatorAsked), length n
        Places in the request and the creators that stand there.
    deal : Deal
        The brief.
    published : Briefs
        Where the briefs of their collaborations are looked up.
    champions : Champions
        Models to score audiences with.
    as_of : int
        Microseconds.

    Raises
    ------
    Problem
        422 for a history that the tables' rules leave nothing of.
    """
    read = [_read(place, creator, deal, published, as_of) for place, creator in asked]
    X = np.concatenate([one.X for one in read])
    audience = audience_scores(champions, X, _joined([one.samples for one in read]))
    peers = Peers(
        [float(one.tables.creators.platform[0]) for one in read],
        tiers(np.concatenate([one.state.followers for one in read])),
    )
    followers = audience.followers
    return Group(
        places=[place for place, _ in asked],
        X=X,
        conversion_share=audience.conversion_share,
        tiers=peers.tier,
        risks=None if followers is None else followers.risk.tolist(),
        shares=None if followers is None else followers.share.tolist(),
        levels=[] if followers is None else followers.level,
        told=_told(followers, len(X)),
        data=[data_used(one.summary, 0, len(one.tables.set_aside)) for one in read],
        missing=[one.summary.missing[0] for one in read],
        whole=_Whole(followers, peers),
    )


def _told(followers: FakeFollowersScores | None, n: int) -> list[FakeFollowersScore | None]:
    """Return what is answered about each audience."""
    if followers is None:
        return [None] * n
    return [audience_told(followers, row) for row in range(n)]


class _Whole(NamedTuple):
    """The audiences of several creators."""

    followers: FakeFollowersScores | None
    peers: Peers


def _read(place: int, creator: CreatorAsked, deal: Deal, published: Briefs, as_of: int) -> _Read:
    """Return one creator, its history validated as a folder of tables would be."""
    tables = _tables(place, creator, published)
    spine = Spine.of(np.zeros(1, dtype=np.int64), as_of)
    state = states(tables, spine.creator, as_of)
    compensation, fee = terms([creator])
    fit = fit_columns(
        state,
        np.zeros(1, dtype=np.int64),
        deal.briefs,
        np.array([deal.row]),
        compensation=compensation,
        fee=fee,
        as_of=as_of,
    )
    X = np.concatenate([state.base, fit], axis=1)
    return _Read(tables, state, samples(tables, spine), data_summary(tables, spine), X)


def _tables(place: int, creator: CreatorAsked, published: Briefs) -> Tables:
    history = msgspec.structs.asdict(creator.history) if creator.history else {}
    rows = {
        table: [msgspec.structs.asdict(row) for row in found]
        for table, found in history.items()
        if found
    }
    above = f"/creators/{place}/history"
    try:
        tables = from_rows(rows, briefs=published)
    except InputError as error:
        raise _broken(above, error) from None
    if not tables.creators.ids:
        raise violated((f"{above}/creators", "rows of one creator contradict each other"))
    return tables


def _broken(above: str, error: InputError) -> Problem:
    """Return the 422 for what the reader refuses although the types let it pass."""
    steps = (error.table, error.row, error.column)
    known = [str(step) for step in steps if step is not None]
    return violated(("/".join([above, *known]), "breaks a rule of its table"))


def _joined(parts: Sequence[Samples]) -> Samples:
    """Return the samples of several creators, one after the other."""
    lengths = np.concatenate([np.diff(part.offsets) for part in parts])
    return Samples(
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        values=np.concatenate([part.values for part in parts]),
        frame=np.concatenate([part.frame for part in parts]),
        age=np.concatenate([part.age for part in parts]),
    )
