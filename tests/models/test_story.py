"""The distribution of the count, and everything that is read from it."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import special, stats

from features.arrays import Floats
from models.calibration import Calibration
from models.parts import decode, encode
from models.story import ConversionScores, Story

BARE = Story(0.1)
LINE = Story(0.1, Calibration(0.2, 0.9))
CURVE = Story(0.1, Calibration(-0.1, 1.1, ((-2.0, -1.8), (0.0, 0.1), (2.0, 1.7))))
COUNTS = ("expected", "expected_low", "expected_high")

stories = st.sampled_from([BARE, LINE, CURVE])
means = st.floats(-12.0, 18.0)
dispersions = st.floats(math.log(1e-5), math.log(50.0)).map(math.exp)
goals = st.integers(1, 10**6)


def tell(
    log_mean: float,
    goal: float,
    dispersion: float = 0.6,
    variance: float = 0.1,
    story: Story = BARE,
) -> dict[str, float]:
    found = story.scores(*np.array([[log_mean], [dispersion], [variance], [goal]]))
    return {name: float(getattr(found, name)[0]) for name in ConversionScores._fields}


def by_scipy(mean: float, dispersion: float, story: Story, most: int) -> Floats:
    """Return the recalibrated P(N >= g), g = 1 .. most."""
    size, odds = 1.0 / dispersion, dispersion * mean
    goal = np.arange(1.0, most + 1.0)
    reached = special.betainc(goal, size, odds / (1.0 + odds))
    missed = special.betaincc(goal, size, odds / (1.0 + odds))
    log_odds = np.log(np.maximum(reached, 1e-300)) - np.log(np.maximum(missed, 1e-300))
    return np.asarray(special.expit(story.recalibration.log_odds(log_odds)))


@given(stories, means, dispersions, goals, goals)
def test_a_higher_goal_is_never_more_likely(
    story: Story, log_mean: float, dispersion: float, one: int, other: int
) -> None:
    """The probability never rises with the goal."""
    easy = tell(log_mean, min(one, other), dispersion, story=story)
    hard = tell(log_mean, max(one, other), dispersion, story=story)
    assert hard["probability"] <= easy["probability"]


@given(stories, means, dispersions, goals, goals)
def test_the_count_does_not_know_the_goal(
    story: Story, log_mean: float, dispersion: float, one: int, other: int
) -> None:
    """Expected count and its interval are the same bits whatever the goal."""
    for name in COUNTS:
        assert (
            tell(log_mean, one, dispersion, story=story)[name]
            == tell(log_mean, other, dispersion, story=story)[name]
        )


@given(stories, means, means, dispersions, goals)
def test_a_higher_mean_is_better(
    story: Story, one: float, other: float, dispersion: float, goal: int
) -> None:
    """Probability, expected count and its interval rise with the mean."""
    assume(abs(one - other) > 1e-6)
    worse = tell(min(one, other), goal, dispersion, story=story)
    better = tell(max(one, other), goal, dispersion, story=story)
    for name in ("probability", *COUNTS):
        assert worse[name] <= better[name]


@given(means, means, dispersions, goals)
def test_any_higher_mean_is_better_without_recalibration(
    one: float, other: float, dispersion: float, goal: int
) -> None:
    """Where nothing is recalibrated, that holds for means that are as close as numbers can be."""
    low = min(one, other)
    for high in (max(one, other), math.nextafter(low, 99.0)):
        worse, better = tell(low, goal, dispersion), tell(high, goal, dispersion)
        for name in ("probability", *COUNTS):
            assert worse[name] <= better[name]


@given(stories, means, dispersions, goals, st.floats(-4.0, 4.0))
def test_laws_of_any_answer(
    story: Story, log_mean: float, dispersion: float, goal: int, variance: float
) -> None:
    """Everything is finite, intervals hold what they are about and counts are whole."""
    found = tell(log_mean, goal, dispersion, variance, story)
    assert all(math.isfinite(value) for value in found.values())
    assert 0.0 < found["low"] <= found["probability"] <= found["high"] < 1.0
    assert 0.0 <= found["expected_low"] <= found["expected"] <= found["expected_high"] <= 10**6
    assert found["expected_low"] == int(found["expected_low"])
    assert found["expected_high"] == int(found["expected_high"])


@given(st.floats(-20.0, math.log(1e6)), dispersions)
def test_expected_is_the_mean(log_mean: float, dispersion: float) -> None:
    """Without a recalibration the expected count is the mean, up to a million."""
    assert tell(log_mean, 1, dispersion)["expected"] == pytest.approx(math.exp(log_mean), rel=1e-9)
    assert tell(log_mean + 50.0, 1, dispersion)["expected"] == 10**6


@pytest.mark.parametrize("story", [LINE, CURVE])
@pytest.mark.parametrize("dispersion", [0.1, 0.4, 0.6, 3.0])
@pytest.mark.parametrize("mean", [0.2, 3.0, 63.0, 300.0])
def test_expected_is_the_sum_of_the_tails(story: Story, dispersion: float, mean: float) -> None:
    """The expected count is the sum of P(N >= g) over g, within a thousandth."""
    expected = by_scipy(mean, dispersion, story, int(60 * mean * (1 + dispersion)) + 500).sum()
    assert tell(math.log(mean), 1, dispersion, story=story)["expected"] == (
        pytest.approx(expected, rel=1e-3)
    )


@pytest.mark.parametrize("mean", [100.0, 10_000.0])
def test_expected_where_the_tails_fall_steeply(mean: float) -> None:
    """Also where the tails fall from 1 to 0 within a small part of the count."""
    story = Story(0.0, LINE.recalibration)
    expected = by_scipy(mean, 1e-3, story, int(3 * mean)).sum()
    assert tell(math.log(mean), 1, 1e-3, story=story)["expected"] == (
        pytest.approx(expected, rel=1e-5)
    )


@pytest.mark.parametrize("story", [BARE, LINE, CURVE])
@pytest.mark.parametrize("dispersion", [0.1, 0.6, 8.0])
@pytest.mark.parametrize("mean", [0.01, 0.8, 7.0, 90.0, 400.0, 1000.0])
def test_interval_of_the_count_is_of_its_quantiles(
    story: Story, dispersion: float, mean: float
) -> None:
    """The interval goes from the 10 % to the 90 % quantile, widened to hold the expected count."""
    found = tell(math.log(mean), 1, dispersion, story=story)
    tails = by_scipy(mean, dispersion, story, int(20 * mean) + 50)
    low, high = (tails > 0.9).sum(), (tails > 0.1).sum()
    assert found["expected_low"] == min(low, math.floor(found["expected"]))
    assert found["expected_high"] == max(high, math.ceil(found["expected"]))


def _range(below: float, noise: float = 0.1) -> tuple[float, float]:
    """Return what 90 % of the factor make of a goal of 8 around 5, so much of it below."""
    persistent = math.log(1.6 / 1.1)
    ends = np.array([stats.norm.ppf(one) for one in (below, below + 0.9)])
    means = 5.0 * np.exp(ends * math.sqrt(persistent + noise) - persistent / 2.0)
    low, high = [float(stats.nbinom.sf(7, 10.0, 10.0 / (10.0 + mean))) for mean in means]
    return low, high


def test_interval_of_the_probability_worked_by_hand() -> None:
    """The persistent part of the dispersion moves the mean, the noise stays; the narrowest wins."""
    ranges = [_range(below) for below in (0.0005, 0.025, 0.05, 0.075, 0.0995)]
    narrowest = min(ranges, key=lambda ends: ends[1] - ends[0])

    found = tell(math.log(5.0), 8, dispersion=0.6, variance=0.1)

    assert (found["low"], found["high"]) == pytest.approx(narrowest, abs=1e-9)
    assert narrowest[1] - narrowest[0] < ranges[2][1] - ranges[2][0]  # than with equal tails


def test_more_doubt_widens_the_interval() -> None:
    """The interval grows with the variance, and less than none is none."""
    widths = [
        found["high"] - found["low"] for found in (tell(1.0, 4, variance=v) for v in (-0.2, 0, 1))
    ]
    assert 0.0 < widths[0] < widths[1] < widths[2]
    assert tell(1.0, 4, variance=-1.0) == tell(1.0, 4, variance=-9.0)


def test_all_noise_is_no_doubt() -> None:
    """Where all dispersion is noise and no variance is added, the interval is a point."""
    found = tell(1.0, 4, dispersion=0.1, variance=0.0)
    assert found["low"] == found["high"] == found["probability"]
    assert tell(1.0, 4, dispersion=0.0, variance=0.0) == found


def test_one_recalibration_for_all() -> None:
    """An intercept moves the log-odds of every goal, and probability and tail are of them."""
    asked = np.log([0.3, 4.0, 60.0]), np.full(3, 0.6), np.array([1.0, 7.0, 50.0])
    moved = Story(0.1, Calibration(0.7))
    assert moved.log_odds(*asked) == pytest.approx(BARE.log_odds(*asked) + 0.7)
    for story in (BARE, LINE, CURVE):
        scores = story.scores(*asked[:2], np.zeros(3), asked[2])
        assert scores.probability.tolist() == story.tail(*asked).tolist()
        assert scores.probability == pytest.approx(special.expit(story.log_odds(*asked)))


def test_tails_of_no_count() -> None:
    """At least 0 conversions are certain; without a count there is no tail."""
    counts = np.array([0.0, 0.5, 1.0, np.nan])
    tails = LINE.tail(np.zeros(4), np.full(4, 0.6), counts)
    assert tails[0] == 1.0
    assert tails[1] == tails[2] < 1.0
    assert np.isnan(tails[3])


def test_goals() -> None:
    """A goal between two counts is the upper one; a row without one spoils no other."""
    assert tell(1.0, 2.5) == tell(1.0, 3)
    found = BARE.scores(np.ones(3), np.full(3, 0.6), np.zeros(3), np.array([np.nan, 3.0, 0.0]))
    values = np.array([getattr(found, name) for name in ConversionScores._fields])
    assert np.isnan(values[:, [0, 2]]).all()
    assert values[:, 1].tolist() == list(tell(1.0, 3, variance=0.0).values())
    assert np.isnan(BARE.log_odds(np.ones(1), np.ones(1), np.full(1, np.nan))).all()


def test_unknown_rows() -> None:
    """A row of which anything is unknown has no scores."""
    for place in range(4):
        asked = np.array([[1.0], [0.6], [0.1], [3.0]])
        asked[place] = np.nan
        found = LINE.scores(*asked)
        assert all(np.isnan(getattr(found, name)[0]) for name in ConversionScores._fields)


@pytest.mark.parametrize("story", [BARE, LINE, CURVE])
def test_alone_is_as_in_a_batch(story: Story) -> None:
    """A row's answer is the same bits alone and among others."""
    rng = np.random.default_rng(5)
    asked = np.array(
        [
            rng.normal(2.0, 4.0, 60),
            np.exp(rng.normal(-1.0, 2.0, 60)),
            rng.normal(size=60),
            np.ceil(np.exp(rng.normal(2.0, 2.0, 60))),
        ]
    )
    batch = story.scores(*asked)
    for row in range(60):
        alone = story.scores(*asked[:, row : row + 1])
        for name in ConversionScores._fields:
            assert getattr(alone, name)[0] == getattr(batch, name)[row]


def test_round_trip() -> None:
    """Numbers through JSON are the same numbers."""
    again = Story.from_numbers(decode(encode(CURVE.numbers())))
    assert again.numbers() == CURVE.numbers()
    assert tell(1.0, 3, story=again) == tell(1.0, 3, story=CURVE)


def test_impossible_noise_is_refused() -> None:
    """Noise below 0 or without end is refused."""
    for noise in (-0.1, math.inf, math.nan):
        with pytest.raises(ValueError, match="expected a noise of 0 to 1000"):
            Story(noise)
