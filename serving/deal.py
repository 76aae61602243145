"""What a request offers: the brief, from the store or its own rows, and each creator's terms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
import numpy as np

from features.arrays import COMPENSATION, Floats
from features.deals import Briefs
from features.drivers import Asked
from features.errors import InputError
from features.histories import brief_rows
from features.reader import brief_of
from features.view import undisputed
from features.view_deal import BriefRows
from models.aims import Aims
from serving.contract import CreatorAsked, ScoreRequest
from serving.problems import Problem, violated
from serving.store import Store

FEW, MOST_KEPT = 100, 4096
"""Creators up to which standings are kept, and how many of them; then all are made anew."""

_NONE = Briefs.empty()


class Standing(NamedTuple):
    """What is the same in every request that asks n stored creators about a brief."""

    aims: Aims
    asked: Asked
    """Without terms."""


@dataclass(slots=True, eq=False)
class Deal:
    """A brief among `briefs`, at `row`; -1 for a request without one. `arrays` are for kernels.

    `kept` are its standings and those of other published briefs, by row and n, for the moment `at`.
    """

    briefs: Briefs
    row: int
    arrays: BriefRows
    kept: dict[tuple[int, int], Standing]
    at: int

    def standing(self, n: int) -> Standing:
        """Return what is the same for n creators, whoever they are."""
        found = self.kept.get((self.row, n))
        if found is None:
            brief, unknown = np.full(n, self.row), np.full(n, np.nan)
            moment = np.full(n, self.at)
            asked = Asked(np.arange(n), self.arrays, brief, unknown, unknown, moment)
            found = Standing(Aims.of(self.briefs, brief), asked)
            if n <= FEW:
                if len(self.kept) >= MOST_KEPT:
                    self.kept.clear()
                self.kept[self.row, n] = found
        return found

    def asked(self, creators: Sequence[CreatorAsked], as_of: int) -> Asked:
        """Return what fit features are asked of so many states, in their order."""
        asked = self.standing(len(creators)).asked
        if as_of != self.at:
            # Creators that bring their history are scored at a moment of their own.
            asked = Asked(*asked[:-1], np.array([as_of] * len(creators)))
        for one in creators:
            if one.compensation is not None or one.fee is not None:
                compensation, fee = terms(creators)
                return asked._replace(compensation=compensation, fee=fee)
        return asked


def deal_of(request: ScoreRequest, store: Store | None, as_of: int) -> Deal:
    """Return the brief that a request is about.

    Parameters
    ----------
    request : ScoreRequest
        Names a brief, brings one, or neither.
    store : Store or None
        With the briefs that are published.
    as_of : int
        The moment to score at, microseconds.

    Raises
    ------
    Problem
        404 for a name that is not published, 422 for rows that break the tables' rules.
    """
    if request.brief is not None:
        brought = _brought(request)
        return Deal(brought, 0, brief_rows(brought), {}, as_of)
    if store is None:
        return _without(request, as_of)
    published = store.briefs
    if request.brief_id is None:
        return Deal(published, -1, store.brief_rows, store.standings, store.as_of)
    row = published.index.get(request.brief_id, -1)
    if row < 0 or not undisputed(published.hidden[row], as_of):
        raise _unknown()
    return Deal(published, row, store.brief_rows, store.standings, store.as_of)


def _without(request: ScoreRequest, as_of: int) -> Deal:
    """Return that there is no brief where none is published."""
    if request.brief_id is not None:
        raise _unknown()
    return Deal(_NONE, -1, brief_rows(_NONE), {}, as_of)


def _unknown() -> Problem:
    return Problem(404, "no such brief is published: publish its tables, or send it as brief")


def _brought(request: ScoreRequest) -> Briefs:
    """Return the brief that came with the request."""
    brief = msgspec.structs.asdict(request.brief) if request.brief else {}
    brand = msgspec.structs.asdict(request.brand) if request.brand else None
    try:
        return brief_of(brief, brand)
    except InputError as error:
        where = "/brand" if error.table == "brands" else "/brief"
        column = f"/{error.column}" if error.column else ""
        raise violated((where + column, "breaks a rule of its table")) from None


def terms(creators: Sequence[CreatorAsked]) -> tuple[Floats, Floats]:
    """Return what each creator is offered.

    Parameters
    ----------
    creators : sequence of CreatorAsked, length n

    Returns
    -------
    compensation : Floats, shape (n,)
        Position in COMPENSATION, NaN unknown.
    fee : Floats, shape (n,)
        Money, NaN unknown; no zero below zero.
    """
    kinds = [
        np.nan if one.compensation is None else COMPENSATION.index(one.compensation)
        for one in creators
    ]
    fees = [np.nan if one.fee is None else one.fee for one in creators]
    return np.array(kinds, dtype=np.float64), np.array(fees, dtype=np.float64) + 0.0
