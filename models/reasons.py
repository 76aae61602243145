"""Why a score is what it is: contributions in log-odds, one a feature, in a marketer's words."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from features.arrays import Floats
from features.catalogue import CATALOGUE
from models.aims import Aims
from models.arithmetic import logit
from models.conversion import FAKE_SHARE, Conversion
from models.fake_followers import FakeFollowers, FakeFollowersScores
from models.references import References
from models.wording import compared, sign, titled, worded

GOAL = "goal"
USUAL_GOAL = 5.0
"""Conversions of a goal that counts as usual: what the goal's own contribution is told against."""

FOLLOWER_SAMPLE = "follower_sample"

INAUTHENTIC = "the share of followers that look inauthentic"
LIKELIHOOD = "the likelihood of reaching the goal"

CERTAIN = 1e-4
"""Risks closer to 0 or 1 than this count as this in a contribution."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One feature's part in a score.

    Parameters
    ----------
    feature, family : str
        Its names in the catalogue, or `goal`, `brand`, `category`, `market`, `fake_share`,
        `follower_sample`.
    value : float or None
        None for unknown.
    percentile : float or None
        Among peers of the same platform and tier, 0 to 100.
    contribution : float
        In log-odds; all reasons of a row and the base sum to those of the probability, or to the
        raw score of the prior.
    text : str
        The same as a sentence.
    """

    feature: str
    family: str
    value: float | None
    percentile: float | None
    contribution: float
    text: str


@dataclass(frozen=True, slots=True)
class Peers:
    """With whom each of n rows is compared.

    Parameters
    ----------
    platform : sequence of float, length n
        Position in `features.arrays.PLATFORMS`.
    tier : sequence of str or None, length n
    """

    platform: Sequence[float]
    tier: Sequence[str | None]


def conversion_reasons(
    model: Conversion, X: Floats, fake_share: Floats, aim: Aims, *, peers: Peers, k: int
) -> list[list[Reason]]:
    """Return the k strongest reasons of each row's probability.

    Parameters
    ----------
    model : Conversion
    X, fake_share, aim
        As `Conversion.score` takes them; a row without a goal has no reasons.
    peers : Peers
    k : int
        At most so many a row.

    Returns
    -------
    list of list of Reason
        Strongest first; brand, category, market and the goal are among them. With k large enough
        they and `base_log_odds` sum to the log-odds of the probability.
    """
    inputs = model.inputs(X, fake_share)
    parts = model.slope * model.served.contributions(inputs)
    effects = model.pools.effects(aim)
    start, aimed, rate = _rates(model, (X, inputs), parts, effects, aim)
    others = np.column_stack([aimed - start, *(effect * rate for effect in effects.values())])
    contributions = np.concatenate([parts[:, :-1] * rate[:, None], others], axis=1)
    contributions[np.isnan(aim.goal)] = 0.0
    values = np.column_stack([inputs, aim.goal, *map(np.exp, effects.values())])
    topics = (*_topics(model.served.columns), *_aims(tuple(effects)))
    found = _Found(topics, values, contributions)
    return _strongest(found, k, model.references, peers, LIKELIHOOD)


def base_log_odds(model: Conversion, X: Floats, fake_share: Floats, aim: Aims) -> Floats:
    """Return what all reasons of a row are added to: log-odds of a usual pair and a usual goal.

    Parameters
    ----------
    model, X, fake_share, aim
        As in `conversion_reasons`.

    Returns
    -------
    Floats, shape (n,)
    """
    inputs = model.inputs(X, fake_share)
    parts = model.slope * model.served.contributions(inputs)
    return _rates(model, (X, inputs), parts, model.pools.effects(aim), aim)[0]


def _rates(
    model: Conversion,
    read: tuple[Floats, Floats],
    parts: Floats,
    effects: Mapping[str, Floats],
    aim: Aims,
) -> tuple[Floats, Floats, Floats]:
    """Return log-odds at the base for a usual goal and for the row's, and those per log count.

    Contributions are additive in the log of the expected conversions. On the way from the base to
    the row the log-odds rise with it, so each contribution gets its part of that rise.
    """
    X, inputs = read
    spread, base = model.expected(X, inputs, aim).dispersion, model.level + parts[:, -1]
    way = parts[:, :-1].sum(axis=1) + sum(effects.values(), np.zeros(len(inputs)))
    start = model.story.log_odds(base, spread, np.full(len(inputs), USUAL_GOAL))
    aimed = model.story.log_odds(base, spread, aim.goal)
    there = model.story.log_odds(base + way, spread, aim.goal)
    still = np.abs(way) < 1e-9
    ahead = model.story.log_odds(base + 1e-3, spread, aim.goal)
    rate = np.where(still, (ahead - aimed) / 1e-3, (there - aimed) / np.where(still, 1.0, way))
    return start, aimed, rate


def fake_followers_reasons(
    model: FakeFollowers,
    X: Floats,
    scores: FakeFollowersScores,
    *,
    peers: Peers,
    k: int,
) -> list[list[Reason]]:
    """Return the k strongest reasons of each row's share.

    Parameters
    ----------
    model : FakeFollowers
    X : Floats, shape (n, len(NAMES))
        As `FakeFollowers.score` takes it.
    scores : FakeFollowersScores
        What it answered.
    peers : Peers
    k : int
        At most so many a row.

    Returns
    -------
    list of list of Reason
        Strongest first. Those of features and the base sum to the raw score of the prior;
        `follower_sample`, where there is one, is by how much the sample moved the risk's log-odds.
    """
    inputs = model.inputs(X)
    moved = _moved(model, X, scores) if scores.n_sampled.any() else [0.0] * len(X)
    found = _Found(
        (*_topics(model.served.columns), _SAMPLE),
        np.column_stack([inputs, scores.n_sampled]),
        np.column_stack([model.served.contributions(inputs)[:, :-1], moved]),
    )
    return _strongest(found, k, model.references, peers, INAUTHENTIC)


def _moved(model: FakeFollowers, X: Floats, scores: FakeFollowersScores) -> list[float]:
    """Return by how much each row's sample moved the log-odds of its risk."""
    before = np.clip(model.prior_risk(X), CERTAIN, 1.0 - CERTAIN)
    after = np.clip(scores.risk, CERTAIN, 1.0 - CERTAIN)
    risks = zip(scores.n_sampled.tolist(), before.tolist(), after.tolist(), strict=True)
    return [logit(new) - logit(old) if n else 0.0 for n, old, new in risks]


class _Topic(NamedTuple):
    """What a reason may be about, and how its value is told."""

    feature: str
    family: str
    told: Callable[[float], str]


class _Found(NamedTuple):
    """Of each topic the n rows' values and contributions, shape (n, number of topics)."""

    topics: Sequence[_Topic]
    values: Floats
    contributions: Floats


_SAMPLE = _Topic(FOLLOWER_SAMPLE, "audience", lambda n: f"The sample of {_count(n, 'follower')}")


@cache
def _topics(columns: tuple[str, ...]) -> tuple[_Topic, ...]:
    """Return what is told of a model's columns."""
    catalogue = {feature.name: feature for feature in CATALOGUE}
    return tuple(
        _topic(name, "audience", "Followers that look inauthentic", "share")
        if name == FAKE_SHARE
        else _topic(
            name, catalogue[name].family, titled(catalogue[name].text), catalogue[name].unit
        )
        for name in columns
    )


def _topic(name: str, family: str, text: str, unit: str) -> _Topic:
    return _Topic(name, family, lambda value: f"{text}: {worded(value, unit)}")


@cache
def _aims(kinds: tuple[str, ...]) -> tuple[_Topic, ...]:
    """Return what is told of the goal, and of earlier collaborations of each kind of group."""
    goal = _Topic(GOAL, "fit", lambda goal: f"The brief's goal of {_count(goal, 'conversion')}")
    return (goal, *map(_group, kinds))


def _group(kind: str) -> _Topic:
    text = f"The record of this {kind}"
    return _Topic(kind, "fit", lambda times: f"{text} ({times:.2f} times the usual conversions)")


def _strongest(
    found: _Found, k: int, references: References, peers: Peers, outcome: str
) -> list[list[Reason]]:
    """Return of every row the k topics that matter most; what adds nothing is no reason."""
    order = np.argsort(-np.abs(found.contributions), axis=1, kind="stable")[:, :k]
    row = np.arange(len(order))[:, None]
    values, contributions = (
        found.values[row, order].tolist(),
        found.contributions[row, order].tolist(),
    )
    rows = zip(order.tolist(), values, contributions, peers.platform, peers.tier, strict=True)
    return [
        [
            _worded(
                found.topics[place],
                value,
                contribution,
                *compared(references, found.topics[place].feature, value, platform, tier),
                outcome,
            )
            for place, value, contribution in zip(places, those, parts, strict=True)
            if contribution != 0.0
        ]
        for places, those, parts, platform, tier in rows
    ]


def _worded(  # noqa: PLR0917  (in the order in which they are found)
    topic: _Topic,
    value: float,
    contribution: float,
    percentile: float | None,
    place: str,
    outcome: str,
) -> Reason:
    raises = contribution > 0.0
    does = "raises" if raises else "lowers"
    known = raises and outcome == INAUTHENTIC and not math.isnan(value)
    told = sign(topic.feature, percentile) if known else ""
    return Reason(
        feature=topic.feature,
        family=topic.family,
        value=None if math.isnan(value) else value,
        percentile=percentile,
        contribution=contribution,
        text=f"{topic.told(value)}{place} {does} {outcome}{told}",
    )


def _count(number: float, noun: str) -> str:
    return f"{number:,.0f} {noun}{'' if number == 1.0 else 's'}"
