"""Why a score is what it is: contributions in log-odds, one a feature, in a marketer's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from features.arrays import Floats
from features.catalogue import CATALOGUE
from features.spec import Feature
from models.arithmetic import logit
from models.conversion import FAKE_SHARE, Conversion
from models.fake_followers import FakeFollowers, FakeFollowersScores
from models.references import References
from models.wording import compared, sign, titled, worded

GOAL = "goal"
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
        Its names in the catalogue, or `goal`, `fake_share`, `follower_sample`.
    value : float or None
        None for unknown.
    percentile : float or None
        Among peers of the same platform and tier, 0 to 100.
    contribution : float
        In log-odds; all reasons of a row and the base sum to the raw score.
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
    model: Conversion, X: Floats, fake_share: Floats, goal: Floats, *, peers: Peers, k: int
) -> list[list[Reason]]:
    """Return the k strongest reasons of each row's probability.

    Parameters
    ----------
    model : Conversion
    X, fake_share, goal
        As `Conversion.score` takes them; a row without a goal has no reasons.
    peers : Peers
    k : int
        At most so many a row.

    Returns
    -------
    list of list of Reason
        Strongest first; the goal is one of them. With k large enough they and the base sum to
        score - cost(goal).
    """
    inputs = model.inputs(X, fake_share)
    rows = _features(model.served.columns, inputs, model.served.contributions(inputs))
    costs = model.story.cost(goal).tolist()
    for drafts, aim, cost in zip(rows, goal.tolist(), costs, strict=True):
        if np.isnan(cost):
            drafts.clear()
        else:
            text = f"The brief's goal of {_count(aim, 'conversion')}"
            drafts.append(_Draft(GOAL, "fit", text, aim, -cost))
    return _strongest(rows, k, model.references, peers, LIKELIHOOD)


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
    rows = _features(model.served.columns, inputs, model.served.contributions(inputs))
    before = np.clip(model.prior_risk(X), CERTAIN, 1.0 - CERTAIN)
    after = np.clip(scores.risk, CERTAIN, 1.0 - CERTAIN)
    risks = zip(before.tolist(), after.tolist(), strict=True)
    for drafts, n, (old, new) in zip(rows, scores.n_sampled.tolist(), risks, strict=True):
        if n:
            text = f"The sample of {_count(n, 'follower')}"
            moved = logit(new) - logit(old)
            drafts.append(_Draft(FOLLOWER_SAMPLE, "audience", text, float(n), moved))
    return _strongest(rows, k, model.references, peers, INAUTHENTIC)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A reason before it is compared and worded; `unit` is None where the text is complete."""

    feature: str
    family: str
    text: str
    value: float
    contribution: float
    unit: str | None = None


@cache
def _catalogue() -> dict[str, Feature]:
    return {feature.name: feature for feature in CATALOGUE}


def _features(columns: Sequence[str], inputs: Floats, contributions: Floats) -> list[list[_Draft]]:
    """Return the drafts of every row's features."""
    words = []
    for name in columns:
        if name == FAKE_SHARE:
            words.append((name, "audience", "Followers that look inauthentic", "share"))
        else:
            feature = _catalogue()[name]
            words.append((name, feature.family, titled(feature.text), feature.unit))
    return [
        [
            _Draft(name, family, text, value, contribution, unit)
            for (name, family, text, unit), value, contribution in zip(
                words, values, parts, strict=True
            )
        ]
        for values, parts in zip(inputs.tolist(), contributions[:, :-1].tolist(), strict=True)
    ]


def _strongest(
    rows: Sequence[Sequence[_Draft]], k: int, references: References, peers: Peers, outcome: str
) -> list[list[Reason]]:
    """Return of every row the k drafts that matter most; what adds nothing is no reason."""
    answers = []
    for drafts, platform, tier in zip(rows, peers.platform, peers.tier, strict=True):
        real = [draft for draft in drafts if draft.contribution != 0.0]
        real.sort(key=lambda draft: -abs(draft.contribution))
        answers.append(
            [
                _worded(
                    draft,
                    *compared(references, draft.feature, draft.value, platform, tier),
                    outcome,
                )
                for draft in real[:k]
            ]
        )
    return answers


def _worded(draft: _Draft, percentile: float | None, place: str, outcome: str) -> Reason:
    what = draft.text if draft.unit is None else f"{draft.text}: {worded(draft.value, draft.unit)}"
    raises = draft.contribution > 0.0
    does = "raises" if raises else "lowers"
    known = raises and outcome == INAUTHENTIC and not np.isnan(draft.value)
    told = sign(draft.feature, percentile) if known else ""
    return Reason(
        feature=draft.feature,
        family=draft.family,
        value=None if np.isnan(draft.value) else draft.value,
        percentile=percentile,
        contribution=draft.contribution,
        text=f"{what}{place} {does} {outcome}{told}",
    )


def _count(number: float, noun: str) -> str:
    return f"{number:,.0f} {noun}{'' if number == 1.0 else 's'}"
