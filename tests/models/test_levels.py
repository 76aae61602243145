"""The policy of levels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.levels import LEVELS, level


@pytest.mark.parametrize(
    ("low", "high", "sampled", "expected"),
    [
        (0.0, 0.51, None, "insufficient_data"),
        (0.3, 0.9, None, "insufficient_data"),
        (0.0, 0.5, None, "uncertain"),
        (0.25, 0.4, None, "high"),
        (0.1, 0.25, None, "uncertain"),
        (0.1, 0.2499, None, "low"),
        (0.3, 0.4, 49, "insufficient_data"),
        (0.3, 0.4, 50, "high"),
    ],
)
def test_first_match(low: float, high: float, sampled: int | None, expected: str) -> None:
    """The rules apply in order: width and sample, low end at the limit, high end below it."""
    assert level(low, high, sampled=sampled) == expected


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.01, 0.99))
def test_always_a_level(one: float, other: float, limit: float) -> None:
    """Every interval has one of the four levels."""
    assert level(min(one, other), max(one, other), limit=limit) in LEVELS
