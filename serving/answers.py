"""The answers of /v1/score and /v1/audit: who is asked about, and what which models say."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import cast

from features.arrays import Floats
from features.catalogue import NAMES, catalogue_hash
from features.deals import Briefs
from features.rules import EARLIEST, LATEST
from models.aims import Aims
from models.fake_accounts import FakeAccounts
from models.reasons import Reason, conversion_reasons, fake_followers_reasons
from models.scoring import Champions, conversion_scores
from models.story import ConversionScores
from serving import stored
from serving.contract import (
    AuditAnswer,
    AuditRequest,
    ConversionScore,
    CreatorScore,
    CreatorUnknown,
    DataUsed,
    FakeFollowersScore,
    ReasonGiven,
    ScoreAnswer,
    ScoreRequest,
)
from serving.deal import Deal, deal_of
from serving.group import EPOCH, Group, known
from serving.inline import inline_group
from serving.problems import Problem, violated
from serving.sampled import caution, frame_of, values_of
from serving.state import Snapshot

ACCOUNTS, FOLLOWERS, CONVERSION = "fake_accounts", "fake_followers", "conversion"

_MICROSECOND = timedelta(microseconds=1)
_catalogue_hash = cache(catalogue_hash)
_MATCH = NAMES.index("audience_match")
_UNKNOWN = Problem(404, "this creator is not published: publish its tables, or send its history")


def score(
    snapshot: Snapshot, request: ScoreRequest, now: datetime
) -> tuple[ScoreAnswer, Mapping[str, int]]:
    """Score the creators of a request.

    Parameters
    ----------
    snapshot : Snapshot
        Models and store.
    request : ScoreRequest
        What is asked.
    now : datetime
        The clock.

    Returns
    -------
    answer : ScoreAnswer
        In the order asked.
    counts : mapping of str to int
        Scores given by each model.

    Raises
    ------
    Problem
        404 for an unknown brief, 422 for an `as_of` that the stored features do not hold for.
    """
    places = list(enumerate(request.creators))
    named = [(place, one) for place, one in places if one.history is None]
    brought = [(place, one) for place, one in places if one.history is not None]
    store = snapshot.store if named else None
    models = snapshot.kept if store else snapshot.models
    as_of = _as_of(request, now, None if store is None else store.as_of)
    deal = deal_of(request, snapshot.store, as_of)
    published = snapshot.store.briefs if snapshot.store else Briefs.empty()
    groups = []
    if store:
        groups.append(stored.stored_group(store, named, deal))
    if brought:
        groups.append(inline_group(brought, deal, published, models.champions, as_of))
    entries: list[CreatorScore | CreatorUnknown] = [
        CreatorUnknown(one.creator_id, _UNKNOWN.body()) for one in request.creators
    ]
    counts = {FOLLOWERS: 0, CONVERSION: 0}
    for group in groups:
        for place, entry in _entries(group, request, models.champions, deal):
            entries[place] = entry
            counts[FOLLOWERS] += entry.fake_followers is not None
            counts[CONVERSION] += entry.conversion is not None
    moment = EPOCH + timedelta(microseconds=as_of)
    age = (now - moment).total_seconds() if store else None
    answer = ScoreAnswer(moment, age, dict(models.versions), _catalogue_hash(), list(entries))
    return answer, counts


def _as_of(request: ScoreRequest, now: datetime, published: int | None) -> int:
    """Return the moment to score at, microseconds."""
    if request.as_of is None:
        return (now - EPOCH) // _MICROSECOND if published is None else published
    asked = (request.as_of - EPOCH) // _MICROSECOND
    if not EARLIEST <= asked <= LATEST:
        raise violated(("/as_of", "a moment of the years 1 to 9999 in UTC"))
    if published is not None and asked != published:
        raise violated(
            ("/as_of", "creators without history are scored at the published as_of: leave it out")
        )
    return asked


def _entries(
    group: Group, request: ScoreRequest, champions: Champions, deal: Deal
) -> list[tuple[int, CreatorScore]]:
    """Return the entry of each creator of a group, with its place in the request."""
    share = group.audience.conversion_share
    aim = deal.aims(len(group.X))
    conversion = conversion_scores(champions, group.X, share, aim) if deal.row >= 0 else None
    reasons = _reasons(group, champions, conversion, aim, int(request.reasons))
    return [
        (
            place,
            CreatorScore(
                request.creators[place].creator_id,
                group.peers.tier[row],
                # Of what is stored the JSON is kept ready.
                cast("FakeFollowersScore | None", group.told[row]),
                _conversion(conversion, group.X, row),
                {name: [_given(one) for one in found[row]] for name, found in reasons.items()},
                cast("DataUsed", group.data[row]),
            ),
        )
        for row, place in enumerate(group.places)
    ]


def _conversion(scores: ConversionScores | None, X: Floats, row: int) -> ConversionScore | None:
    if scores is None:
        return None
    return ConversionScore(
        probability=known(scores.probability, row),
        low=known(scores.low, row),
        high=known(scores.high, row),
        expected=known(scores.expected, row),
        expected_low=_whole(scores.expected_low, row),
        expected_high=_whole(scores.expected_high, row),
        audience_match=known(X[:, _MATCH], row),
    )


def _reasons(
    group: Group,
    champions: Champions,
    conversion: ConversionScores | None,
    aim: Aims,
    k: int,
) -> Mapping[str, list[list[Reason]]]:
    """Return each model's reasons of each row; no model where none are asked for."""
    found: dict[str, list[list[Reason]]] = {}
    if not k:
        return found
    if champions.fake_followers is not None and group.audience.followers is not None:
        found[FOLLOWERS] = fake_followers_reasons(
            champions.fake_followers, group.X, group.audience.followers, peers=group.peers, k=k
        )
    share = group.audience.conversion_share
    if champions.conversion is not None and conversion is not None and share is not None:
        found[CONVERSION] = conversion_reasons(
            champions.conversion, group.X, share, aim, peers=group.peers, k=k
        )
    return found


def _given(reason: Reason) -> ReasonGiven:
    return ReasonGiven(
        reason.feature,
        reason.family,
        reason.value,
        reason.percentile,
        reason.contribution,
        reason.text,
    )


def _whole(values: Floats, row: int) -> int | None:
    value = known(values, row)
    return None if value is None else int(value)


def audit(snapshot: Snapshot, request: AuditRequest) -> AuditAnswer:
    """Estimate the share of an audience that looks inauthentic from accounts sampled of it.

    Parameters
    ----------
    snapshot : Snapshot
        With the account model.
    request : AuditRequest
        The accounts.

    Raises
    ------
    Problem
        503 without an account model.
    """
    model: FakeAccounts | None = snapshot.models.champions.fake_accounts
    if model is None:
        raise Problem(503, "the account model has no champion: run `credence train fake-accounts`")
    found = model.audience(values_of(request.followers))
    frame = frame_of({row.frame for row in request.followers})
    return AuditAnswer(
        n=found.n,
        share=found.share,
        share_low=found.share_low,
        share_high=found.share_high,
        level=found.level,
        version=model.version,
        frame=frame,
        caution=caution(frame),
        probabilities=found.probabilities.tolist() if request.probabilities else None,
    )
