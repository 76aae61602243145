"""Sampled followers of an audit."""

import math
from collections.abc import Collection
from typing import get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.arrays import FRAMES
from features.profiles import FOLLOWER_VALUES
from serving.rows import AccountRow
from serving.sampled import FrameFound, caution, frame_of, values_of

counts = st.integers(0, 2**53) | st.integers(0, 10**9).map(float)
flags = st.none() | st.booleans()
accounts = st.builds(
    AccountRow,
    followers=counts,
    following=counts,
    posts=counts,
    has_profile_pic=flags,
    is_private=flags,
    username_length=st.none() | counts,
    username_digit_ratio=st.none() | st.floats(0.0, 1.0),
    bio_length=st.none() | counts,
    frame=st.sampled_from([None, *FRAMES]),
)


@given(st.lists(accounts, max_size=6))
def test_values_are_those_of_the_rows(rows: list[AccountRow]) -> None:
    """Every column stands in its place, whole, and NaN where nothing is said."""
    found = values_of(rows)

    assert found.shape == (len(rows), len(FOLLOWER_VALUES))
    for row, values in zip(rows, found.tolist(), strict=True):
        for name, value in zip(FOLLOWER_VALUES, values, strict=True):
            said = getattr(row, name)
            assert math.isnan(value) if said is None else value == said


def test_values_keep_every_row() -> None:
    """Rows stay in order, whatever their number."""
    rows = [AccountRow(followers=i, following=2 * i, posts=3) for i in range(1_000)]

    assert (values_of(rows)[:, :2] == np.outer(np.arange(1_000), [1, 2])).all()


@pytest.mark.parametrize(
    ("said", "frame"),
    [
        ([None, None], None),
        (["random"], "random"),
        (["recent", "recent"], "recent"),
        (["engaged"], "engaged"),
        (["random", "recent"], "mixed"),
        (["recent", None], "mixed"),
    ],
)
def test_frame_is_what_all_rows_say(said: Collection[str | None], frame: str | None) -> None:
    """Rows that agree have their frame, others are mixed."""
    assert frame_of(said) == frame


def test_only_other_than_random_is_cautioned() -> None:
    """One sentence says what a share of other than random rows does not speak of."""
    assert caution(None) is None
    assert caution("random") is None
    assert caution("recent") == (
        "The rows are the most recent followers: the share speaks of them, not of the whole"
        " audience."
    )
    for frame in set(get_args(FrameFound)) - {"random"}:
        assert str(caution(frame)).endswith("not of the whole audience.")


def test_frames_are_those_of_the_table() -> None:
    """An answer may name every frame that a row may have, and the mixture of them."""
    assert set(get_args(FrameFound)) == {*FRAMES, "mixed"}
    assert msgspec.convert("recent", FrameFound) == "recent"
