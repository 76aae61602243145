"""The answers of /v1/score and /v1/audit: who is asked about, and what which models say."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, cast

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
    ReasonGiven,
    ScoreAnswer,
    ScoreRequest,
)
from serving.deal import deal_of
from serving.group import EPOCH, Group
from serving.inline import inline_group
from serving.problems import Problem, violated
from serving.sampled import caution, frame_of, values_of
from serving.state import Models, Snapshot

ACCOUNTS, FOLLOWERS, CONVERSION = "fake_accounts", "fake_followers", "conversion"

_RETRY_SECONDS = "60"
_MICROSECOND = timedelta(microseconds=1)
_catalogue_hash = cache(catalogue_hash)
_MATCH = NAMES.index("audience_match")
_UNKNOWN = Problem(404, "this creator is not published: publish its tables, or send its history")


class Made(NamedTuple):
    """An answer, the models that made it, and the scores of each group of creators in it."""

    answer: ScoreAnswer
    models: Models
    groups: list[tuple[Group, ConversionScores | None]]


def score(
    snapshot: Snapshot, request: ScoreRequest, now: datetime, *, prompt: bool = False
) -> Made:
    """Score the creators of a request.

    Parameters
    ----------
    snapshot : Snapshot
        Models and store.
    request : ScoreRequest
        What is asked.
    now : datetime
        The clock.
    prompt : bool
        Whether an event loop waits.

    Returns
    -------
    Made
        The answer is in the order asked.

    Raises
    ------
    Problem
        404 for an unknown brief, 422 for an `as_of` that the stored features do not hold for.
    TakesLong
        Where an event loop waits, and it takes longer than was to be seen.
    """
    creators = request.creators
    brought = [pair for pair in enumerate(creators) if pair[1].history is not None]
    store = snapshot.store if len(brought) < len(creators) else None
    models = snapshot.kept if store else snapshot.models
    as_of = _as_of(request, now, None if store is None else store.as_of)
    deal = deal_of(request, snapshot.store, as_of)
    groups = []
    if store and not brought:
        groups.append(stored.stored_group(store, range(len(creators)), creators, deal))
    elif store:
        named = [place for place, one in enumerate(creators) if one.history is None]
        groups.append(stored.stored_group(store, named, [creators[one] for one in named], deal))
    if brought:
        published = snapshot.store.briefs if snapshot.store else Briefs.empty()
        champions = models.champions
        groups.append(inline_group(brought, deal, published, champions, as_of, prompt=prompt))
    entries: list[CreatorScore | CreatorUnknown | None] = [None] * len(creators)
    scored = []
    for group in groups:
        aim = deal.standing(len(group.X)).aims if deal.row >= 0 else None
        scored.append((group, _entered(entries, group, request, models.champions, aim)))
    moment = EPOCH + timedelta(microseconds=as_of)
    age = (now - moment).total_seconds() if store else None
    for place, entry in enumerate(entries):
        if entry is None:
            entries[place] = CreatorUnknown(creators[place].creator_id, _UNKNOWN.body())
    found = cast("list[CreatorScore | CreatorUnknown]", entries)
    answer = ScoreAnswer(moment, age, dict(models.versions), _catalogue_hash(), found)
    return Made(answer, models, scored)


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


def _entered(
    entries: list[CreatorScore | CreatorUnknown | None],
    group: Group,
    request: ScoreRequest,
    champions: Champions,
    aim: Aims | None,
) -> ConversionScores | None:
    """Write the entry of each creator of a group at its place; return the conversion scores."""
    conversion = None
    if aim is not None:
        conversion = conversion_scores(champions, group.X, group.conversion_share, aim)
    told = _conversions(conversion, group.X)
    # Of what is stored the JSON is kept ready, which is as good as what it tells.
    audiences, data = cast("Any", group.told), cast("Any", group.data)
    reasons = _reasons(group, champions, conversion, aim, int(request.reasons))
    for row, place in enumerate(group.places):
        entries[place] = CreatorScore(
            request.creators[place].creator_id,
            group.tiers[row],
            audiences[row],
            told[row],
            {name: [_given(one) for one in found[row]] for name, found in reasons.items()}
            if reasons
            else {},
            data[row],
        )
    return conversion


def _conversions(scores: ConversionScores | None, X: Floats) -> Sequence[ConversionScore | None]:
    """Return what is told of each row's conversion, unknown numbers as null."""
    if scores is None:
        return [None] * len(X)
    match = _numbers(X[:, _MATCH].tolist())
    chances, lows, highs, means, firsts, lasts = [part.tolist() for part in scores]
    return [
        ConversionScore(chance, low, high, mean, int(first), int(last), fit)
        # Where the probability is unknown, as without a goal, all is.
        if chance == chance  # noqa: PLR0124 (not NaN)
        else ConversionScore(None, None, None, None if mean != mean else mean, None, None, fit)  # noqa: PLR0124 (NaN)
        for chance, low, high, mean, first, last, fit in zip(
            chances, lows, highs, means, firsts, lasts, match, strict=True
        )
    ]


def _numbers(values: list[float]) -> list[float | None]:
    """Return numbers, None for NaN."""
    return [None if x != x else x for x in values]  # noqa: PLR0124 (NaN)


def _reasons(
    group: Group,
    champions: Champions,
    conversion: ConversionScores | None,
    aim: Aims | None,
    k: int,
) -> Mapping[str, list[list[Reason]]]:
    """Return each model's reasons of each row; no model where none are asked for."""
    found: dict[str, list[list[Reason]]] = {}
    if not k:
        return found
    whole, share = group.whole, group.conversion_share
    followers = whole.followers
    if champions.fake_followers is not None and followers is not None:
        found[FOLLOWERS] = fake_followers_reasons(
            champions.fake_followers, group.X, followers, peers=whole.peers, k=k
        )
    if champions.conversion is not None and conversion and aim and share is not None:
        found[CONVERSION] = conversion_reasons(
            champions.conversion, group.X, share, aim, peers=whole.peers, k=k
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
        raise Problem(
            503,
            "the account model has no champion: run `credence train fake-accounts`",
            headers={"retry-after": _RETRY_SECONDS},
        )
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
