"""Audience features worked by hand."""

import math

import pytest

from tests.features.histories import Rows, ago, creator, features_of


def follower(**columns: object) -> dict[str, object]:
    """Return a sampled follower."""
    usual = {"followers": 99, "following": 199, "posts": 5}
    return {"creator_id": "ada", "observed_at": ago(9), **usual, **columns}


def breakdown(dimension: str, shares: dict[str, float]) -> Rows:
    """Return one audience breakdown."""
    about = {"creator_id": "ada", "observed_at": ago(9), "dimension": dimension}
    return {"audience": [{**about, "value": v, "share": share} for v, share in shares.items()]}


def test_sample_by_hand() -> None:
    """Shares are of those followers of whom the attribute is known."""
    sample: Rows = {
        "followers": [
            follower(posts=0, has_profile_pic=False, bio_length=0, is_private=True),
            follower(following=1501, has_profile_pic=True, bio_length=30, username_digits=3),
            follower(following=1500, username_length=10, username_digit_ratio=0.2),
            follower(followers=0, following=19, username_length=8, username_digit_ratio=0.375),
        ]
    }

    found = features_of(sample)

    assert found["sample_size"] == pytest.approx(math.log10(4))
    assert found["sample_mass_following"] == 0.25
    assert found["sample_zero_posts"] == 0.25
    assert found["sample_no_picture"] == 0.5
    assert found["sample_empty_bio"] == 0.5
    assert found["sample_private"] == 1.0
    assert found["sample_digits"] == pytest.approx(2 / 3)
    # (1 + following) / (1 + followers) is 2, 15.02, 15.01 and 20: the median is 15.015.
    assert found["sample_following_ratio"] == pytest.approx(math.log10(15.015))


def test_breakdown_by_hand() -> None:
    """Entropies are in bits of the shares scaled to 1; the top country is the share itself."""
    rows = breakdown("country", {"DE": 0.4, "FR": 0.2, "US": 0.2})

    found = features_of(rows)

    assert found["audience_country_entropy"] == pytest.approx(1.5)
    assert found["audience_top_country"] == 0.4
    assert math.isnan(found["audience_female"])
    assert math.isnan(found["audience_age_entropy"])


def test_even_ages_have_the_highest_entropy() -> None:
    """Seven equal ages give log2(7) bits, one age gives none."""
    ages = ("13-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+")

    even = features_of(breakdown("age", dict.fromkeys(ages, 1 / 7)))["audience_age_entropy"]
    single = features_of(breakdown("age", {"18-24": 0.9}))["audience_age_entropy"]

    assert even == pytest.approx(math.log2(7))
    assert single == 0.0


def test_women_are_a_share_of_the_known() -> None:
    """The share of women is among the listed genders; without a listed woman it is zero."""
    some = features_of(breakdown("gender", {"female": 0.6, "male": 0.2}))
    none = features_of(breakdown("gender", {"male": 0.9}))

    assert some["audience_female"] == pytest.approx(0.75)
    assert none["audience_female"] == 0.0


def test_platform_and_verification() -> None:
    """The platform's flags come from the creator's row, as does verification."""
    found = features_of({"creators": [creator(platform="youtube", is_verified=False)]})

    assert (found["is_tiktok"], found["is_youtube"], found["is_verified"]) == (0.0, 1.0, 0.0)
