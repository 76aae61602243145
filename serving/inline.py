"""Creators that came with their history: the tables' own rules and kernels, on a request's rows."""

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

import msgspec
import numpy as np

from features.arrays import Flags
from features.computing import Samples
from features.deals import Briefs
from features.errors import InputError
from features.packed import PACKED, History, Packed, unpacked
from features.reader import from_rows
from features.seen import Seen, seen, seen_of
from features.tables import Tables
from features.tiers import tiers
from models.fake_followers import FakeFollowersScores
from models.reasons import Peers
from models.scoring import Champions, audience_scores
from serving import rows
from serving.contract import CreatorAsked, FakeFollowersScore
from serving.deal import Deal
from serving.group import Group, audience_told, data_used
from serving.light import TakesLong
from serving.problems import Problem, violated

_NOTHING = rows.History(())
_pack = msgspec.msgpack.Encoder().encode_into
_tables_of = attrgetter(*PACKED)


class _Read(NamedTuple):
    """Histories of creators at `rows` of those asked for, as scores need them."""

    rows: Sequence[int]
    set_aside: int
    seen: Seen


def inline_group(
    asked: Sequence[tuple[int, CreatorAsked]],
    deal: Deal,
    published: Briefs,
    champions: Champions,
    as_of: int,
    *,
    prompt: bool = False,
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
    prompt : bool
        Whether an event loop waits.

    Raises
    ------
    Problem
        422 for a history that the tables' rules leave nothing of.
    TakesLong
        For a history with a flaw, which is for the tables' own reader, where an event loop waits.
    """
    parts = _read(asked, deal, published, as_of, prompt=prompt)
    rows = [row for part in parts for row in part.rows]
    X = parts[0].seen.X if len(parts) == 1 else np.concatenate([part.seen.X for part in parts])
    audience = audience_scores(champions, X, _joined([part.seen.samples for part in parts]))
    peers = Peers(
        [place for part in parts for place in part.seen.platform.tolist()],
        [one for part in parts for one in tiers(part.seen.followers)],
    )
    followers = audience.followers
    return Group(
        places=[asked[row][0] for row in rows],
        X=X,
        conversion_share=audience.conversion_share,
        tiers=peers.tier,
        risks=None if followers is None else followers.risk.tolist(),
        shares=None if followers is None else followers.share.tolist(),
        levels=[] if followers is None else followers.level,
        told=_told(followers, len(X)),
        data=[
            data_used(part.seen.summary, row, part.set_aside)
            for part in parts
            for row in range(len(part.rows))
        ],
        missing=[one for part in parts for one in part.seen.summary.missing],
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


def _read(
    asked: Sequence[tuple[int, CreatorAsked]],
    deal: Deal,
    published: Briefs,
    as_of: int,
    *,
    prompt: bool,
) -> list[_Read]:
    """Return all histories without a flaw together, and each of the others by the general way."""
    creators = [creator for _, creator in asked]
    found, clean = _clean(creators, published)
    if found is not None:
        return [_Read(range(len(asked)), 0, seen(found, deal.asked(creators, as_of)))]
    if prompt:
        raise TakesLong
    parts, rows = list[_Read](), np.flatnonzero(clean).tolist()
    if rows:
        some = [creators[row] for row in rows]
        found, _ = _clean(some, published)
        assert found is not None
        parts.append(_Read(rows, 0, seen(found, deal.asked(some, as_of))))
    for row in np.flatnonzero(~clean).tolist():
        tables = _tables(*asked[row], published)
        shown = seen_of(tables, deal.asked([creators[row]], as_of))
        parts.append(_Read([row], len(tables.set_aside), shown))
    return parts


def _clean(creators: Sequence[CreatorAsked], published: Briefs) -> tuple[History | None, Flags]:
    """Return histories if each of them is without a flaw, and which of them are."""
    histories = [creator.history or _NOTHING for creator in creators]
    data = bytearray()
    try:
        _pack(histories, data)
    except OverflowError:
        return None, np.array([_packs(history) for history in histories])
    sizes = [[len(rows) for rows in _tables_of(history)] for history in histories]
    categories = [own[0].category if (own := one.creators) else None for one in histories]
    briefs = [row.brief_id for history in histories for row in history.collaborations]
    return unpacked(Packed(data, sizes, categories, briefs), published)


def _packs(history: rows.History) -> bool:
    """Tell whether every time lies in the calendar in UTC too; one at its very end may not."""
    try:
        _pack(history, bytearray())
    except OverflowError:
        return False
    return True


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
    if len(parts) == 1:
        return parts[0]
    lengths = np.concatenate([np.diff(part.offsets) for part in parts])
    return Samples(
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        values=np.concatenate([part.values for part in parts]),
        frame=np.concatenate([part.frame for part in parts]),
        age=np.concatenate([part.age for part in parts]),
    )
