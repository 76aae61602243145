"""The columns of a follower account."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.profiles import FOLLOWER_VALUES
from models.accounts import ACCOUNT_COLUMNS, account_matrix

NAN = math.nan
counts = st.one_of(st.just(NAN), st.integers(0, 10**9).map(float))
flags = st.sampled_from([NAN, 0.0, 1.0])
lengths = st.one_of(st.just(NAN), st.integers(0, 200).map(float))
ratios = st.one_of(st.just(NAN), st.floats(0.0, 1.0))
account = st.tuples(counts, counts, counts, flags, flags, lengths, lengths, ratios, lengths)


def of(**values: float) -> dict[str, float]:
    """Return the columns of an account that is unknown but for some values."""
    row = np.array([[values.get(name, NAN) for name in FOLLOWER_VALUES]])
    return dict(zip(ACCOUNT_COLUMNS, account_matrix(row)[0].tolist(), strict=True))


@given(st.lists(account, min_size=1, max_size=8))
def test_never_infinite_and_alone_as_in_a_batch(rows: list[tuple[float, ...]]) -> None:
    """Any account has finite or unknown columns, the same bits alone and among others."""
    values = np.array(rows)
    batch = account_matrix(values)
    assert not np.isinf(batch).any()
    assert b"".join(account_matrix(row[None]).tobytes() for row in values) == batch.tobytes()


def test_unknown_stays_unknown() -> None:
    """A column is unknown where what it needs is."""
    assert all(math.isnan(value) for value in of().values())
    some = of(followers=10.0)
    assert {name for name, value in some.items() if not math.isnan(value)} == {"log_followers"}


def test_worked_by_hand() -> None:
    """Logs, ratio of following to followers, zero posts and empty bio."""
    found = of(followers=0.0, following=math.e - 1.0, posts=0.0, bio_length=0.0)
    assert found["log_following_ratio"] == pytest.approx(1.0)
    assert found["log_posts_to_following"] == pytest.approx(-1.0)
    assert (found["zero_posts"], found["empty_bio"]) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("following", "at"),
    [(7_500.0, 1.0), (5_000.0, 1.0), (4_950.0, 1.0), (5_001.0, 1.0), (4_899.0, 0.0), (1e6, 0.0)],
)
def test_at_following_limit(following: float, at: float) -> None:
    """Within 2 % below a platform's limit of following, or one above it."""
    assert of(following=following)["at_following_limit"] == at


def test_digits_stand_in_for_their_ratio() -> None:
    """The ratio is the given one, else digits by length, else digits by a usual length."""
    ratio = "username_digit_ratio"
    assert of(username_digit_ratio=0.5, username_length=8.0, username_digits=2.0)[ratio] == 0.5
    assert of(username_length=8.0, username_digits=2.0)[ratio] == 0.25
    assert of(username_digits=3.0)[ratio] == 0.25
    assert of(username_digits=30.0)[ratio] == 1.0
    assert math.isnan(of(username_length=0.0, username_digits=0.0)[ratio])
    assert math.isnan(of(username_length=8.0)[ratio])
