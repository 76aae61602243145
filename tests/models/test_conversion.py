"""The conversion model."""

import dataclasses

import numpy as np
import pytest

from features.catalogue import NAMES
from models.conversion import WORKED, Conversion
from models.served import Served
from models.story import ConversionScores
from tests.models.fitted import aims, conversion, fake_accounts, fake_followers, matrix, offset

RNG = np.random.default_rng(9)
X = matrix(40, seed=6)
SHARE = RNG.random(40) / 2.0
GOAL = np.ceil(np.exp(RNG.normal(1.0, 1.0, 40)))
AIM = aims(GOAL)


def test_alone_is_as_in_a_batch() -> None:
    """A pair's answer is the same bits alone and among others."""
    batch = conversion().score(X, SHARE, AIM)
    for row in range(len(X)):
        part = slice(row, row + 1)
        alone = conversion().score(X[part], SHARE[part], aims(GOAL[part]))
        for name in ConversionScores._fields:
            assert getattr(alone, name)[0] == getattr(batch, name)[row]


def test_probability_falls_as_the_goal_rises() -> None:
    """Over random pairs, ten more conversions are never more likely, and the count is the same."""
    easy, hard = conversion().score(X, SHARE, AIM), conversion().score(X, SHARE, aims(GOAL + 10.0))
    assert (hard.probability < easy.probability).all()
    assert hard.expected.tolist() == easy.expected.tolist()


def test_a_new_brand_has_wider_intervals() -> None:
    """What no collaboration of a brand has shown widens both intervals, all else equal."""
    model, inputs = conversion(), conversion().inputs(X, SHARE)
    log_mean = model.expected(X, inputs, AIM).log_mean

    def scores(brand: int) -> ConversionScores:
        spread = model.expected(X, inputs, aims(GOAL, brand)).dispersion
        return model.story.scores(log_mean, spread, np.zeros(len(X)), GOAL)

    known, new = scores(11), scores(99)
    likely = known.probability > 1e-6  # further out the interval ends at the probability
    assert (new.high - new.low > known.high - known.low)[likely].all()
    assert (new.expected_high - new.expected_low >= known.expected_high - known.expected_low).all()


def test_a_new_creator_is_less_sure() -> None:
    """Who has shown nothing yet has the larger dispersion."""
    model, inputs = conversion(), conversion().inputs(X, SHARE)
    old, fresh = X.copy(), X.copy()
    old[:, NAMES.index(WORKED)], fresh[:, NAMES.index(WORKED)] = 20.0, np.nan

    less, more = (model.expected(rows, inputs, AIM).dispersion for rows in (old, fresh))
    assert (more > less).all()


def test_brand_and_category_move_the_expected_count() -> None:
    """A known brand's effect and its category's are added in the log of the expected count."""
    inputs = conversion().inputs(X, SHARE)
    known, new = (conversion().expected(X, inputs, aim) for aim in (AIM, aims(GOAL, 99)))
    moved = known.log_mean - new.log_mean
    np.testing.assert_allclose(moved, 0.2 + 0.1)


def test_who_shows_less_is_harder_to_foresee() -> None:
    """The dispersion reads what is unknown, never a value."""
    inputs = conversion().inputs(X, SHARE)
    unknown = np.isnan(inputs[:, conversion().served.columns.index("audience_match")])
    dispersion = conversion().expected(X, inputs, AIM).dispersion
    factor = np.exp(conversion().pools.variance(AIM, X[:, NAMES.index(WORKED)]))
    alone = np.where(unknown, 0.5 * np.exp(0.6), 0.5)
    np.testing.assert_allclose(dispersion, np.maximum((1.0 + alone) * factor - 1.0, 0.2))


def test_a_spread_that_reads_values_is_refused() -> None:
    """A dispersion that rises as the score falls would let a worse pair have the better chance."""
    reading = dataclasses.replace(conversion().spread, weight=np.ones(1))
    with pytest.raises(ValueError, match="the spread must not read values"):
        dataclasses.replace(conversion(), spread=reading)


def test_the_share_is_a_column() -> None:
    """The fake share enters at its own place, the rest by name."""
    inputs = conversion().inputs(X, SHARE)
    assert inputs[:, conversion().served.columns.index("fake_share")].tolist() == SHARE.tolist()
    assert not np.array_equal(
        conversion().score(X, SHARE, AIM).probability,
        conversion().score(X, 1.0 - SHARE, AIM).probability,
    )


def test_a_score_that_reads_the_goal_is_refused() -> None:
    """The goal may enter through the count's distribution alone."""
    knowing = Served(("log_goal",), offset(("log_goal",)))
    with pytest.raises(ValueError, match=r"must not read the goal, got \['log_goal'\]"):
        dataclasses.replace(conversion(), served=knowing)


def test_round_trip() -> None:
    """The files and the upstream model give the same model, bit for bit."""
    model = conversion()
    again = Conversion.from_parts(model.parts(), {"fake_followers": fake_followers()}, "7")
    assert again.parts() == model.parts()
    assert again.score(X, SHARE, AIM).expected.tobytes() == (
        model.score(X, SHARE, AIM).expected.tobytes()
    )
    with pytest.raises(TypeError, match="upstream is a FakeAccounts"):
        Conversion.from_parts(model.parts(), {"fake_followers": fake_accounts()}, "7")
