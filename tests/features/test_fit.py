"""Fit features worked by hand: match, offer, earlier collaborations."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.features.histories import Rows, ago, creator, daily, features_of, post

COUNTRIES = ("DE", "FR", "US", "ID")


def brief(**columns: object) -> Rows:
    """Return the brief that these tests ask about, with its brand."""
    row = {"brief_id": "ask", "brand_id": "acme", "created_at": ago(300), **columns}
    brand = {"brand_id": "acme", "category": "food", "country": "FR", "average_order_value": 99.0}
    return {"briefs": [row], "brands": [brand, {"brand_id": "zest", "category": "food"}]}


def audience(dimension: str, shares: Mapping[str, float]) -> Rows:
    """Return one audience breakdown."""
    about = {"creator_id": "ada", "observed_at": ago(9), "dimension": dimension}
    return {"audience": [{**about, "value": v, "share": share} for v, share in shares.items()]}


def fit(*parts: Rows, **asked: object) -> dict[str, float]:
    """Return every feature for the brief."""
    return features_of(*parts, asked={"brief_id": "ask", **asked})


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ({"DE": 1.0}, 0.5),
        ({"DE": 1.0, "US": 1.0}, 0.6),
        ({"DE": 3.0, "US": 1.0}, 0.5 + 0.1),
        ({"DE": 1.0, "US": 3.0}, 0.25 + 0.1),
        ({"ID": 1.0}, 0.0),
        ({"DE": 1.0, "FR": 0.0}, 0.5),
    ],
)
def test_country_match_by_hand(targets: dict[str, float], expected: float) -> None:
    """Equal weights: the share inside the list. Else the sum of min(weight, share)."""
    shares = {"DE": 0.5, "FR": 0.4, "US": 0.1}

    found = fit(brief(target_countries=targets), audience("country", shares))

    assert found["country_match"] == pytest.approx(expected)
    assert found["audience_match"] == found["country_match"]


def test_match_is_the_product_of_the_known() -> None:
    """Country .5 and gender .8 match .4 together; without an age breakdown age is unknown."""
    asked = brief(
        target_countries={"DE": 1.0}, target_genders={"female": 1.0}, target_ages={"18-24": 1.0}
    )

    found = fit(asked, audience("country", {"DE": 0.5}), audience("gender", {"female": 0.8}))

    assert math.isnan(found["age_match"])
    assert found["audience_match"] == pytest.approx(0.4)


@given(
    shares=st.lists(st.floats(0.01, 1), min_size=4, max_size=4),
    weights=st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=2, max_size=2),
    moved=st.floats(0, 1),
    source=st.sampled_from(COUNTRIES[2:]),
    target=st.sampled_from(COUNTRIES[:2]),
)
def test_moving_audience_into_the_target_never_lowers_the_match(
    shares: list[float], weights: list[float], moved: float, source: str, target: str
) -> None:
    """The match does not fall when share moves from outside the target into it."""
    before = dict(zip(COUNTRIES, [share / sum(shares) for share in shares], strict=True))
    after = before | {
        source: before[source] * (1 - moved),
        target: min(1.0, before[target] + before[source] * moved),
    }
    asked = brief(target_countries=dict(zip(COUNTRIES[:2], weights, strict=True)))

    lower, higher = (
        fit(asked, audience("country", some))["country_match"] for some in (before, after)
    )

    assert higher >= lower - 1e-15


def test_target_reach_by_hand() -> None:
    """Expected impressions times the match; a match of nothing counts .001."""
    reach: Rows = {"snapshots": daily([1000] * 30), **post(9, impressions=9999)}

    half = fit(reach, brief(target_countries={"DE": 1}), audience("country", {"DE": 0.5}))
    none = fit(reach, brief(target_countries={"DE": 1}), audience("country", {"FR": 1.0}))

    assert half["log_target_reach"] == pytest.approx(4 + math.log10(0.5))
    assert none["log_target_reach"] == pytest.approx(1.0)
    assert math.isnan(fit(reach, brief())["log_target_reach"])


def test_brief_by_hand() -> None:
    """What the brief, its brand and the offer say, in the units of the catalogue."""
    rows: Rows = {
        "creators": [
            creator(country="DE", category="food", accepts=["product", "monetary"], min_fee=200.0)
        ],
        "snapshots": daily([20_000] * 3),
    }
    asked = brief(
        conversion_goal=100,
        budget=999.0,
        deliverables=3,
        followers_min=20_000,
        publish_by=ago(-14),
        is_launch=True,
        collaboration_type="ambassador",
    )

    found = fit(rows, asked, compensation="monetary", fee=500.0)

    expected = {
        "log_goal": 2.0,
        "log_budget": 3.0,
        "log_fee": math.log10(501),
        "fee_per_thousand_followers": 25.0,
        "fee_to_minimum": 2.5,
        "compensation_accepted": 1.0,
        "pays_money": 1.0,
        "is_affiliate": 0.0,
        "is_seeding": 0.0,
        "is_ambassador": 1.0,
        "deliverables": 3.0,
        "lead_time_days": 14.0,
        "is_launch": 1.0,
        "log_order_value": 2.0,
        "category_match": 1.0,
        "home_country_match": 0.0,
        "in_follower_range": 1.0,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_an_offer_may_be_unknown() -> None:
    """Without compensation and fee what depends on them is unknown, the brief is not."""
    found = fit(brief(conversion_goal=10, collaboration_type="affiliate"))

    assert np.isnan([found[name] for name in ("log_fee", "pays_money", "fee_to_minimum")]).all()
    assert (found["log_goal"], found["is_affiliate"]) == (1.0, 1.0)


def worked(n: int, agreed: float, brand: str, outcomes: dict[float, int], goal: int = 10) -> Rows:
    """Return a collaboration published a day after it was agreed, with conversions by day."""
    key = f"deal{n}"
    return {
        "briefs": [
            {
                "brief_id": f"brief{n}",
                "brand_id": brand,
                "created_at": ago(900),
                "conversion_goal": goal,
            }
        ],
        "collaborations": [
            {
                "collaboration_id": key,
                "creator_id": "ada",
                "brief_id": f"brief{n}",
                "agreed_at": ago(agreed),
                "published_at": ago(agreed - 1),
            }
        ],
        "outcomes": [
            {
                "collaboration_id": key,
                "observed_at": ago(agreed - 1 - day),
                "conversions": count,
                "impressions": 100 * count,
            }
            for day, count in outcomes.items()
        ],
    }


def test_past_by_hand() -> None:
    """Counts by brand, category and window; conversions at day 30, linear between observations."""
    found = fit(
        brief(),
        worked(1, 500, "acme", {30: 8}),
        worked(2, 100, "zest", {20: 10, 40: 30}),
        worked(3, 20, "zest", {5: 40}),
    )

    expected = {
        "prior_collaborations_365d": 2,
        "prior_collaborations_brand": 1,
        "days_since_brand_collaboration": 500,
        "prior_collaborations_category": 3,
        "rival_collaborations_180d": 2,
        "prior_conversions": math.log1p((8 + 20) / 2),
        "prior_conversion_rate": 1000 * (28 + 1) / (800 + 3000 + 10_000),
        "prior_goal_rate": (1 + 0.4) / (2 + 2),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_no_visible_collaboration_is_unknown() -> None:
    """A creator without a visible collaboration has no counts: none known is not none."""
    found = fit(brief(), {"snapshots": daily([500] * 9)})

    assert np.isnan([value for name, value in found.items() if name.startswith("prior_")]).all()
