"""What a request offers: the brief, from the store or its own rows, and each creator's terms."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from features.arrays import COMPENSATION, Floats
from features.deals import Briefs
from features.errors import InputError
from features.histories import brief_rows
from features.reader import brief_of
from features.view import undisputed
from features.view_deal import BriefRows
from models.aims import Aims
from serving.contract import CreatorAsked, ScoreRequest
from serving.problems import Problem, violated
from serving.store import Store

_NONE = Briefs.empty()


@dataclass(frozen=True, slots=True, eq=False)
class Deal:
    """A brief among `briefs`, at `row`; -1 for a request without one. `arrays` are for kernels."""

    briefs: Briefs
    row: int
    arrays: BriefRows

    def aims(self, n: int) -> Aims:
        """Return what the brief asks of n creators."""
        return Aims.of(self.briefs, np.full(n, self.row))


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
        return Deal(brought, 0, brief_rows(brought))
    if store is None:
        published, arrays = _NONE, brief_rows(_NONE)
    else:
        published, arrays = store.briefs, store.brief_rows
    if request.brief_id is None:
        return Deal(published, -1, arrays)
    row = published.index.get(request.brief_id, -1)
    if row < 0 or not undisputed(published.hidden[row], as_of):
        raise Problem(404, "no such brief is published: publish its tables, or send it as brief")
    return Deal(published, row, arrays)


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
