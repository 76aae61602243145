"""Why a score is what it is: contributions in log-odds, one a feature, in a marketer's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from features.arrays import Floats
from features.catalogue import CATALOGUE
from features.spec import Feature
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
    start, aimed, rate = _rates(model, inputs, parts, effects, aim)
    rows = _features(model.served.columns, inputs, parts * rate[:, None])
    goals = zip(aim.goal.tolist(), (aimed - start).tolist(), strict=True)
    for row, (drafts, (goal, moved)) in enumerate(zip(rows, goals, strict=True)):
        if np.isnan(goal):
            drafts.clear()
            continue
        text = f"The brief's goal of {_count(goal, 'conversion')}"
        drafts.append(_Draft(GOAL, "fit", text, goal, moved))
        for kind, effect in effects.items():
            drafts.append(_group(kind, float(effect[row]), float(rate[row])))
    return _strongest(rows, k, model.references, peers, LIKELIHOOD)


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
    return _rates(model, inputs, parts, model.pools.effects(aim), aim)[0]


def _rates(
    model: Conversion, inputs: Floats, parts: Floats, effects: Mapping[str, Floats], aim: Aims
) -> tuple[Floats, Floats, Floats]:
    """Return log-odds at the base for a usual goal and for the row's, and those per log count.

    Contributions are additive in the log of the expected conversions. On the way from the base to
    the row the log-odds rise with it, so each contribution gets its part of that rise.
    """
    spread, base = model.dispersion(inputs), model.level + parts[:, -1]
    way = parts[:, :-1].sum(axis=1) + sum(effects.values(), np.zeros(len(inputs)))
    start = model.story.log_odds(base, spread, np.full(len(inputs), USUAL_GOAL))
    aimed = model.story.log_odds(base, spread, aim.goal)
    there = model.story.log_odds(base + way, spread, aim.goal)
    still = np.abs(way) < 1e-9
    ahead = model.story.log_odds(base + 1e-3, spread, aim.goal)
    rate = np.where(still, (ahead - aimed) / 1e-3, (there - aimed) / np.where(still, 1.0, way))
    return start, aimed, rate


def _group(kind: str, effect: float, rate: float) -> "_Draft":
    """Return the reason that lies in earlier collaborations of a brand, category or market."""
    value = float(np.exp(effect))
    text = f"Earlier collaborations in this {kind} brought {value:.2f} times the usual"
    if kind == "brand":
        text = f"Earlier collaborations of this brand brought {value:.2f} times the usual"
    return _Draft(kind, "fit", text, value, effect * rate)


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
