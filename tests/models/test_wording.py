"""Numbers in words."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from models.wording import ordinal, sign, titled, worded


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0413, "share", "4.1 %"),
        (0.0, "share", "0 %"),
        (1.0, "share", "100 %"),
        (float("nan"), "share", "unknown"),
        (4.0, "log10 followers", "10,000 followers"),
        (1.0, "flag", "yes"),
        (0.0, "flag", "no"),
        (12.34, "days", "12.3 days"),
        (1234.5, "posts per week", "1,234 posts per week"),
        (0.0413, "ratio", "4.1 %"),
        (0.02, "ratio per 90 days", "2 % per 90 days"),
        (2.0, "log10 money", "100"),
        (3.0, "money per 1000 followers", "3 per 1000 followers"),
        (4.25, "robust z", "4.2"),
        (0.7, "log", "0.7"),
        (1.0, "log10 ratio", "10"),
        (0.0, "log conversions", "0 conversions"),
        (0.02, "log per 30 days", "2 % per 30 days"),
        (-0.7, "log ratio", "0.5 times"),
        (400.0, "log10 money", "more than 1,000,000,000,000,000"),
    ],
)
def test_values(value: float, unit: str, text: str) -> None:
    """Shares in per cent, logs in their unit, flags as yes and no, few digits."""
    assert worded(value, unit) == text


@given(st.floats(), st.sampled_from(sorted({feature.unit for feature in CATALOGUE})))
@example(308.3, "log10 money")
@example(710.0, "log ratio")
@example(-1e308, "share")
def test_any_value_has_words(value: float, unit: str) -> None:
    """Also what is beyond all doubles once its logarithm is undone is told, and in few words."""
    assert 0 < len(worded(value, unit)) < 80


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (71, "71st"),
        (93, "93rd"),
    ],
)
def test_ordinals(number: int, text: str) -> None:
    """Ordinals end as English does."""
    assert ordinal(number) == text


def test_titles() -> None:
    """A value told without its logarithm needs no mention of it."""
    assert titled("Followers (log10)") == "Followers"
    assert titled("Engagement rate, last 90 days") == "Engagement rate, last 90 days"


@pytest.mark.parametrize(
    ("name", "percentile", "of"),
    [
        ("growth_drop_size_365d", 99.0, "bought followers"),
        ("growth_jumps_unexplained_365d", None, "bought followers"),
        ("reach_rate_90d", 3.0, "does not interest"),
        ("engagement_rate_90d", None, "does not interest"),
        ("engagement_rate_90d", 97.0, ""),
        ("posts_per_week_90d", 3.0, ""),
        ("log_followers", 50.0, ""),
    ],
)
def test_signs(name: str, percentile: float | None, of: str) -> None:
    """Jumps and losses are signs of bought followers; posts left unanswered of a weak niche too."""
    found = sign(name, percentile)

    assert of in found
    assert bool(of) == bool(found)
