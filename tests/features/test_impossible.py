"""What no labelled account can look like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.reader import from_rows
from tests.strategies import Row

ACCOUNT = {
    "source": "s", "platform": "x", "followers": 1, "following": 2, "posts": 3, "is_fake": True,
}  # fmt: skip


def rules(**columns: object) -> list[tuple[str, str]]:
    """Return the rule and the column for which an account with these columns is set aside."""
    row: Row = {**ACCOUNT, **columns}
    bad = from_rows({"creators": [], "accounts": [row]}).set_aside
    return [(one.rule, one.reason.split()[0]) for one in bad]


@given(length=st.integers(1, 30), share=st.floats(0, 1), decimals=st.integers(1, 6))
def test_names_that_can_be_stand(length: int, share: float, decimals: int) -> None:
    """A digit ratio rounded to one decimal or more contradicts nothing."""
    digits = round(share * length)
    ratio = round(digits / length, decimals)

    found = rules(username_length=length, username_digits=digits, username_digit_ratio=ratio)

    assert found == []


@pytest.mark.parametrize(
    ("columns", "column"),
    [
        ({"username_length": 5, "username_digits": 6}, "username_digits"),
        ({"username_length": 0}, "username_length"),
        ({"username_length": 501}, "username_length"),
        (
            {"username_length": 10, "username_digits": 2, "username_digit_ratio": 0.3},
            "username_digit_ratio",
        ),
        ({"username_digits": 0, "username_digit_ratio": 0.3}, "username_digit_ratio"),
        ({"followers": 10**10 + 1}, "followers"),
        ({"bio_length": 10_001}, "bio_length"),
    ],
)
def test_contradictions_are_set_aside(columns: dict[str, object], column: str) -> None:
    """Numbers that contradict each other, or that nobody has, are named by their column."""
    assert rules(**columns) == [("impossible_value", column)]


def test_followers_are_not_held_to_it() -> None:
    """A sampled follower stands as the platform gave it."""
    follower: Row = {
        "creator_id": "a", "observed_at": "2026-01-01T00:00:00Z", "followers": 1, "following": 1,
        "posts": 1, "username_length": 5, "username_digits": 6,
    }  # fmt: skip

    tables = from_rows(
        {"creators": [{"creator_id": "a", "platform": "x"}], "followers": [follower]}
    )

    assert tables.set_aside == []
