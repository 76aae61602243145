"""The compiled loops over rows: each row on its own, so that it is the same in any batch."""

from typing import NamedTuple, cast

import numpy as np

from features.arrays import Codes, Flags, Floats, Ints, Times
from features.audience import audience_columns
from features.catalogue import BASE_FAMILIES, FIT_FAMILIES
from features.compiled import kernel, kernel_part
from features.engagement import engagement_columns, log_impressions
from features.engagement_variation import variation_columns
from features.fit import fit_columns
from features.fit_offer import offer_columns
from features.fit_past import past_columns
from features.growth import growth_columns
from features.growth_causes import cause_columns
from features.growth_jumps import jump_columns
from features.growth_size import size_columns
from features.growth_year import year_columns
from features.posting import posting_columns
from features.view import View, is_stated
from features.view_audience import AudienceRows, FollowerRows, breakdown_seen, sample_seen
from features.view_creator import (
    FACT_FOLLOWERS,
    CreatorRows,
    Histories,
    Moment,
    Parts,
    Prepared,
    prepared,
    view_at,
)
from features.view_deal import (
    CREATOR_ACCEPTS,
    CREATOR_COUNTRY,
    CREATOR_FOLLOWERS,
    CREATOR_IMPRESSIONS,
    CREATOR_MIN_FEE,
    BriefRows,
    CollaborationRows,
    Deal,
    brief_codes,
    brief_seen,
    collaborations_seen,
    targets_of,
)
from features.view_summary import summarise

# Where each module's columns end.
_ENDS = np.cumsum([len(family.features) for family in BASE_FAMILIES])
SIZE, GROWTH, JUMPS, CAUSES, YEAR, ENGAGEMENT, VARIATION, POSTING, AUDIENCE = map(int, _ENDS)
FIT, OFFER, PAST = map(int, np.cumsum([len(family.features) for family in FIT_FAMILIES]))

# What kernels that call these pass for `training` and the start of a span: for each constant of
# Python's own numba would compile them anew.
SERVED, START = cast("bool", np.bool_(False)), cast("int", np.int64(0))


class StateArrays(NamedTuple):
    """The arrays of `features.states.States` that fit features need."""

    creator: Floats
    category: Codes
    breakdown_offsets: Ints
    breakdown: Floats
    collaboration_offsets: Ints
    collaborations: Floats
    collaboration_codes: Codes


class Moments(NamedTuple):
    """A creator (-1 unknown) and a moment a row."""

    creator: Ints
    as_of: Times


class Wanted(NamedTuple):
    """Which base features and creator facts are filled in, and the parts of a view they read.

    `modules` tells in which of BASE_FAMILIES any feature is.
    """

    features: Flags
    modules: Flags
    facts: bool
    parts: Parts


class BaseColumns(NamedTuple):
    """What `base_rows` fills in, one row each."""

    wanted: Wanted
    X: Floats
    creator: Floats
    category: Codes


class Asked(NamedTuple):
    """What each row asks: a state (-1 none), a brief (-1 none), an offer, a moment."""

    state: Ints
    briefs: BriefRows
    brief: Ints
    compensation: Floats
    fee: Floats
    as_of: Times


@kernel_part
def _describe(facts: Floats, rows: CreatorRows, creator: int, view: View, stated: bool) -> None:
    """Fill in the entries CREATOR_... of a state."""
    facts[CREATOR_FOLLOWERS] = view.now[FACT_FOLLOWERS]
    facts[CREATOR_IMPRESSIONS] = log_impressions(view, 90.0)
    facts[CREATOR_COUNTRY] = rows.country[creator]
    if stated:
        facts[CREATOR_ACCEPTS] = rows.accepts[creator]
        facts[CREATOR_MIN_FEE] = rows.min_fee[creator]


@kernel_part
def _same_creator(spine: Moments, first: int, stop: int) -> int:
    """Return the first row of first:stop of another creator than the first."""
    row = first + 1
    while row < stop and spine.creator[row] == spine.creator[first]:
        row += 1
    return row


@kernel_part
def _prepared(tables: Histories, spine: Moments, first: int, stop: int, parts: Parts) -> Prepared:
    """Return what the views of rows first:stop, all of one creator, have in common."""
    earliest = latest = spine.as_of[first]
    for row in range(first + 1, stop):
        earliest = min(earliest, spine.as_of[row])
        latest = max(latest, spine.as_of[row])
    return prepared(tables, spine.creator[first], earliest, latest, parts)


@kernel_part
def _fill_in_growth(view: View, wanted: Wanted, X: Floats) -> None:
    """Fill in the wanted features of the following, module by module; X is unknown elsewhere."""
    some, of = wanted.modules, wanted.features
    if some[0]:
        size_columns(view, of[:SIZE], X[:SIZE])
    if some[1]:
        growth_columns(view, of[SIZE:GROWTH], X[SIZE:GROWTH])
    if some[2]:
        jump_columns(view, of[GROWTH:JUMPS], X[GROWTH:JUMPS])
    if some[3]:
        cause_columns(view, of[JUMPS:CAUSES], X[JUMPS:CAUSES])
    if some[4]:
        year_columns(view, of[CAUSES:YEAR], X[CAUSES:YEAR])


@kernel_part
def _fill_in_posts(view: View, wanted: Wanted, X: Floats) -> None:
    """Fill in the wanted features of posts and audience, likewise."""
    some, of = wanted.modules, wanted.features
    if some[5]:
        engagement_columns(view, of[YEAR:ENGAGEMENT], X[YEAR:ENGAGEMENT])
    if some[6]:
        variation_columns(view, of[ENGAGEMENT:VARIATION], X[ENGAGEMENT:VARIATION])
    if some[7]:
        posting_columns(view, of[VARIATION:POSTING], X[VARIATION:POSTING])
    if some[8]:
        audience_columns(view, of[POSTING:AUDIENCE], X[POSTING:AUDIENCE])


@kernel
def base_rows(
    tables: Histories, spine: Moments, out: BaseColumns, training: bool, span: tuple[int, int]
) -> None:
    """Fill in base features and creator facts of the rows of `span`; unknown creators keep NaN.

    Rows of one creator that follow one another share what is the same at every moment.
    """
    wanted = out.wanted
    end = span[0]
    while end < span[1]:
        row = end
        end = _same_creator(spine, row, span[1])
        creator = spine.creator[row]
        if creator < 0:
            continue
        ready = _prepared(tables, spine, row, end, wanted.parts)
        while row < end:
            as_of = spine.as_of[row]
            view = view_at(tables, ready, Moment(creator, as_of, training), wanted.parts)
            _fill_in_growth(view, wanted, out.X[row])
            _fill_in_posts(view, wanted, out.X[row])
            if wanted.facts:
                stated = is_stated(tables.creators.observed_at[creator], as_of, training)
                _describe(out.creator[row], tables.creators, creator, view, stated)
                out.category[row] = tables.creators.category[creator]
            row += 1


@kernel_part
def _copy(source: Floats | Codes, target: Floats | Codes, first: int) -> None:
    """Copy a matrix to `target` from row `first` on: numba compiles a slice for seconds."""
    for i in range(source.shape[0]):
        for j in range(source.shape[1]):
            target[first + i, j] = source[i, j]


@kernel
def state_rows(
    audience: AudienceRows, worked: CollaborationRows, spine: Moments, counts: Ints, to: StateArrays
) -> None:
    """Count the breakdown and collaboration entries of each state, and fill them in if `to` is."""
    counting = len(to.category) == 0
    for row in range(len(spine.creator)):
        creator = spine.creator[row]
        if creator < 0:
            continue
        breakdown = breakdown_seen(audience, creator, spine.as_of[row])
        seen, codes = collaborations_seen(worked, creator, spine.as_of[row])
        if counting:
            counts[row, 0] = len(breakdown)
            counts[row, 1] = len(seen)
        else:
            _copy(breakdown, to.breakdown, to.breakdown_offsets[row])
            _copy(seen, to.collaborations, to.collaboration_offsets[row])
            _copy(codes, to.collaboration_codes, to.collaboration_offsets[row])


@kernel
def fit_rows(
    states: StateArrays, asked: Asked, out: Floats, training: bool, span: tuple[int, int]
) -> None:
    """Fill in the fit features of the rows of `span`; one without a state keeps NaN."""
    for row in range(span[0], span[1]):
        state = asked.state[row]
        if state >= 0:
            first, last = states.breakdown_offsets[state], states.breakdown_offsets[state + 1]
            begin, end = (
                states.collaboration_offsets[state],
                states.collaboration_offsets[state + 1],
            )
            briefs = asked.briefs
            brief = asked.brief[row]
            deal = Deal(
                states.creator[state],
                states.category[state],
                states.breakdown[first:last],
                states.collaborations[begin:end],
                states.collaboration_codes[begin:end],
                brief_seen(briefs, brief, asked.as_of[row], training),
                brief_codes(briefs, brief),
                targets_of(briefs, brief),
                asked.compensation[row],
                asked.fee[row],
            )
            fit_columns(deal, out[row, :FIT])
            offer_columns(deal, out[row, FIT:OFFER])
            past_columns(deal, out[row, OFFER:PAST])


@kernel
def sample_rows(followers: FollowerRows, spine: Moments, bounds: Ints) -> None:
    """Fill in the rows start:stop of each row's last visible follower sample."""
    for row in range(len(spine.creator)):
        if spine.creator[row] >= 0:
            first, last = sample_seen(followers, spine.creator[row], spine.as_of[row])
            bounds[row, 0] = first
            bounds[row, 1] = last


@kernel
def summary_rows(tables: Histories, worked: CollaborationRows, spine: Moments, seen: Ints) -> None:
    """Fill in the columns of `features.summary`; an unknown creator keeps its row."""
    for row in range(len(spine.creator)):
        creator = spine.creator[row]
        if creator >= 0:
            summarise(tables, worked, creator, spine.as_of[row], seen[row])
