"""The conversion model."""

import dataclasses

import numpy as np
import pytest

from models.conversion import Conversion
from models.served import Served
from models.story import ConversionScores
from tests.models.fitted import conversion, fake_accounts, fake_followers, matrix, offset

RNG = np.random.default_rng(9)
X = matrix(40, seed=6)
SHARE = RNG.random(40) / 2.0
GOAL = np.ceil(np.exp(RNG.normal(1.0, 1.0, 40)))


def test_alone_is_as_in_a_batch() -> None:
    """A pair's answer is the same bits alone and among others."""
    batch = conversion().score(X, SHARE, GOAL)
    for row in range(len(X)):
        part = slice(row, row + 1)
        alone = conversion().score(X[part], SHARE[part], GOAL[part])
        for name in ConversionScores.__slots__:
            assert getattr(alone, name)[0] == getattr(batch, name)[row]


def test_probability_falls_as_the_goal_rises() -> None:
    """Over random pairs, ten more conversions are never more likely, and the count is the same."""
    easy, hard = conversion().score(X, SHARE, GOAL), conversion().score(X, SHARE, GOAL + 10.0)
    assert (hard.probability < easy.probability).all()
    assert hard.expected.tolist() == easy.expected.tolist()


def test_the_share_is_a_column() -> None:
    """The fake share enters at its own place, the rest by name."""
    inputs = conversion().inputs(X, SHARE)
    assert inputs[:, conversion().served.columns.index("fake_share")].tolist() == SHARE.tolist()
    assert not np.array_equal(
        conversion().score(X, SHARE, GOAL).probability,
        conversion().score(X, 1.0 - SHARE, GOAL).probability,
    )


def test_a_score_that_reads_the_goal_is_refused() -> None:
    """The goal may enter through its cost alone."""
    knowing = Served(("log_goal",), offset(("log_goal",)))
    with pytest.raises(ValueError, match=r"must not read the goal, got \['log_goal'\]"):
        dataclasses.replace(conversion(), served=knowing)


def test_round_trip() -> None:
    """The files and the upstream model give the same model, bit for bit."""
    model = conversion()
    again = Conversion.from_parts(model.parts(), {"fake_followers": fake_followers()}, "7")
    assert again.parts() == model.parts()
    assert again.score(X, SHARE, GOAL).expected.tobytes() == (
        model.score(X, SHARE, GOAL).expected.tobytes()
    )
    with pytest.raises(TypeError, match="upstream is a FakeAccounts"):
        Conversion.from_parts(model.parts(), {"fake_followers": fake_accounts()}, "7")
