"""Reasons of a score."""

import dataclasses

import numpy as np
import pytest
from scipy.special import logit as scipy_logit

from features.catalogue import CATALOGUE, NAMES
from models.arithmetic import logit
from models.reasons import (
    CERTAIN,
    Peers,
    Reason,
    base_log_odds,
    conversion_reasons,
    fake_followers_reasons,
)
from models.wording import titled
from tests.models.fitted import aims, conversion, fake_followers, matrix, samples

N = 12
X = matrix(N, seed=8)
ASKED = samples([0, 300] * (N // 2))
SHARE = np.linspace(0.05, 0.5, N)
GOAL = np.arange(1.0, N + 1.0)
AIM = aims(GOAL)
PEERS = Peers([0.0] * N, ["micro"] * N)
EVERY = 100


def of_conversion(k: int = EVERY) -> list[list[Reason]]:
    return conversion_reasons(conversion(), X, SHARE, AIM, peers=PEERS, k=k)


def of_followers(k: int = EVERY) -> list[list[Reason]]:
    scores = fake_followers().score(X, ASKED)
    return fake_followers_reasons(fake_followers(), X, scores, peers=PEERS, k=k)


def total(reasons: list[Reason]) -> float:
    return sum(reason.contribution for reason in reasons)


def test_conversion_reasons_sum_to_the_score() -> None:
    """All reasons, brand and goal among them, and the base make the probability's log-odds."""
    base = base_log_odds(conversion(), X, SHARE, AIM)
    probability = conversion().score(X, SHARE, AIM).probability
    found = [total(reasons) for reasons in of_conversion()]
    np.testing.assert_allclose(base + found, scipy_logit(probability), rtol=0, atol=1e-9)


def test_a_better_column_is_a_better_reason() -> None:
    """A column that raises the expected count raises the log-odds, whatever the goal."""
    parts = conversion().served.contributions(conversion().inputs(X, SHARE))
    for row, reasons in enumerate(of_conversion()):
        for reason in reasons:
            if reason.feature in conversion().served.columns:
                part = parts[row, conversion().served.columns.index(reason.feature)]
                assert np.sign(reason.contribution) == np.sign(part)


def test_follower_reasons_sum_to_the_prior_and_the_sample() -> None:
    """Features and base make the prior's score; the sample's reason is how it moved the risk."""
    model = fake_followers()
    inputs = model.inputs(X)
    base = model.served.contributions(inputs)[:, -1]
    found = of_followers()
    features = [total([r for r in row if r.feature != "follower_sample"]) for row in found]
    np.testing.assert_allclose(base + features, model.served.raw(inputs), rtol=0, atol=1e-9)
    scores = model.score(X, ASKED)
    for row, reasons in enumerate(found):
        sample = [r for r in reasons if r.feature == "follower_sample"]
        assert len(sample) == (ASKED.offsets[row + 1] > ASKED.offsets[row])
        if sample:
            risks = np.clip([model.prior_risk(X)[row], scores.risk[row]], CERTAIN, 1.0 - CERTAIN)
            moved = logit(float(risks[1])) - logit(float(risks[0]))
            assert sample[0].contribution == pytest.approx(moved, abs=1e-9)
            assert sample[0].value == 300.0


def test_strongest_first_and_one_a_feature() -> None:
    """The k strongest of all, in order of their size, no feature twice."""
    for few, every in zip(of_conversion(k=2), of_conversion(), strict=True):
        assert few == every[:2]
        sizes = [abs(reason.contribution) for reason in every]
        assert sizes == sorted(sizes, reverse=True)
        assert len({reason.feature for reason in every}) == len(every)
    assert of_conversion(k=0) == [[]] * N


def test_alone_is_as_in_a_batch() -> None:
    """A row's reasons are the same alone and among others."""
    one = Peers([0.0], ["micro"])
    for row, reasons in enumerate(of_conversion()):
        part = slice(row, row + 1)
        assert (
            reasons
            == conversion_reasons(
                conversion(), X[part], SHARE[part], aims(GOAL[part]), peers=one, k=EVERY
            )[0]
        )


def test_rows_without_a_brief_have_no_conversion_reasons() -> None:
    """Without a goal there is nothing to explain."""
    goal = GOAL.copy()
    goal[3] = np.nan
    found = conversion_reasons(conversion(), X, SHARE, aims(goal), peers=PEERS, k=EVERY)
    assert [len(reasons) == 0 for reasons in found] == [row == 3 for row in range(N)]


def test_values_and_percentiles() -> None:
    """A reason shows the value it read and its place among peers; unknown has neither."""
    for row, reasons in enumerate(of_conversion()):
        for reason in reasons:
            if reason.feature in NAMES:
                read = X[row, NAMES.index(reason.feature)]
                assert reason.value == (None if np.isnan(read) else read)
                assert (reason.percentile is None) == np.isnan(read)
            assert reason.percentile is None or 0.0 <= reason.percentile <= 100.0


def test_words() -> None:
    """The text names the feature for a marketer, its value, its peers and the direction."""
    texts = {feature.name: titled(feature.text) for feature in CATALOGUE}
    for reason in [r for row in [*of_conversion(), *of_followers()] for r in row]:
        assert texts.get(reason.feature, "") in reason.text
        assert ("raises" if reason.contribution > 0 else "lowers") in reason.text
        assert ("percentile of micro creators on Instagram" in reason.text) == (
            reason.percentile is not None
        )
        assert "fraud" not in reason.text.lower()
    goals = {r.feature: r.text for r in of_conversion()[6]}
    assert goals["goal"] == (
        "The brief's goal of 7 conversions lowers the likelihood of reaching the goal"
    )
    sampled = {r.feature: r.text for r in of_followers()[1]}
    assert sampled["follower_sample"].startswith("The sample of 300 followers ")


def test_a_certain_risk_has_a_finite_reason() -> None:
    """A risk of exactly one is explained by a finite number."""
    scores = fake_followers().score(X, ASKED)
    certain = dataclasses.replace(scores, risk=np.ones(N))
    found = fake_followers_reasons(fake_followers(), X, certain, peers=PEERS, k=EVERY)
    assert all(np.isfinite(reason.contribution) for row in found for reason in row)
