"""What a sample says of all followers, by how and when it was drawn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from features.arrays import FRAMES, Floats
from features.samples import MIXED
from models.frames import FACTOR, PLACES, REACH, Frames, added, lattice
from models.share import GRID
from tests.models.fitted import near

RANDOM, RECENT, ENGAGED, UNKNOWN = 0.0, 1.0, 2.0, np.nan


def at(place: int) -> Floats:
    """Return weights of one factor alone."""
    weights = np.zeros(PLACES)
    weights[REACH + place] = 1.0
    return weights


def telling(share: float, n: int = 400) -> Floats:
    """Return the log-likelihood of a sample of n accounts, a part of them fake for certain."""
    q = np.clip(GRID, 1e-6, 1.0 - 1e-6)
    return np.asarray(n * (share * np.log(q) + (1.0 - share) * np.log1p(-q)))


def through(frames: Frames, seen: Floats, frame: float, age: float) -> Floats:
    """Return what one sample says through the frames."""
    found = frames.log_likelihoods(seen[None], np.array([frame]), np.array([age]))
    return np.asarray(found[0])


SAME = Frames(np.array([at(0)] * 4), at(0), 300.0)
KNOWN = Frames(np.array([at(0), at(2), at(-3), near(0)]), at(0), 300.0)
DRIFTING = Frames(np.array([at(0)] * 4), near(0), 100.0)


def test_no_difference_changes_nothing() -> None:
    """Frames that leave the odds as they are give back what the sample says."""
    seen = telling(0.2)

    found = through(SAME, seen, RANDOM, 500.0)

    # Both are compared where the likelihood is not negligible.
    near_top = seen > seen.max() - 100.0
    np.testing.assert_allclose(found[near_top], (seen - seen.max())[near_top], atol=1e-9)


@pytest.mark.parametrize(("frame", "place"), [(RANDOM, 0), (RECENT, 2), (ENGAGED, -3)])
def test_a_known_factor_moves_the_share(frame: float, place: int) -> None:
    """If samples of a frame show k times the odds, the creator's odds are one k-th of them."""
    found = through(KNOWN, telling(0.3), frame, 0.0)

    expected = expit(logit(0.3) - place * np.log(FACTOR))
    assert GRID[np.argmax(found)] == pytest.approx(expected, abs=0.006)


def test_the_lattice_by_hand() -> None:
    """A share of .4 has odds 2/3; half as much again is even odds."""
    places = lattice()

    assert places.shape == (PLACES, 201)
    np.testing.assert_allclose(places[REACH], np.arange(201.0))
    assert places[REACH + 1, 80] == pytest.approx(100.0)
    assert (places[:, 0] == 0.0).all()
    assert (places[:, -1] == 200.0).all()


def test_mixed_and_unknown_frames_are_alike() -> None:
    """A sample of several frames, or of none that is told, is one of an unknown frame."""
    frames = [UNKNOWN, MIXED]
    found = [through(KNOWN, telling(0.3), frame, 5.0) for frame in frames]

    assert found[0].tobytes() == found[1].tobytes()
    assert found[0].tobytes() != through(KNOWN, telling(0.3), RANDOM, 5.0).tobytes()


def spread(log_likelihood: Floats) -> float:
    """Return the deviation of the share if every share is as likely before."""
    mass = np.exp(log_likelihood - log_likelihood.max())
    mass /= mass.sum()
    mean = mass @ GRID
    return float(np.sqrt(mass @ (GRID - mean) ** 2))


def test_old_samples_say_less() -> None:
    """The older a sample, the less it fixes the share; without end it still says something."""
    deviations = [spread(through(DRIFTING, telling(0.3), RANDOM, age)) for age in (0, 30, 300, 1e5)]

    assert deviations == sorted(deviations)
    assert deviations[0] < 0.8 * deviations[-1] < 0.8 * spread(np.zeros(201))


def test_no_sample_says_nothing() -> None:
    """Without a sample every share is as likely, whatever stands in its place."""
    assert through(KNOWN, telling(0.3), UNKNOWN, np.nan).tolist() == [0.0] * 201


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 1.0),
            st.sampled_from([RANDOM, RECENT, ENGAGED, MIXED, UNKNOWN]),
            st.sampled_from([0.0, 3.7, 90.0, 5000.0, np.nan]),
        ),
        min_size=2,
        max_size=6,
    )
)
def test_alone_is_as_in_a_batch(rows: list[tuple[float, float, float]]) -> None:
    """A row has the same bits alone and among others, and is finite."""
    seen = np.array([telling(share, 5000) for share, _, _ in rows])
    frame, age = (np.array([row[place] for row in rows]) for place in (1, 2))

    batch = KNOWN.log_likelihoods(seen, frame, age)

    assert np.isfinite(batch).all()
    for place, row in enumerate(rows):
        assert through(KNOWN, seen[place], *row[1:]).tobytes() == batch[place].tobytes()


@settings(max_examples=20)
@given(st.floats(0.01, 0.99), st.sampled_from([0.0, 1.0, 2.0]), st.floats(0.0, 2000.0))
def test_agrees_with_a_plain_mixture(share: float, frame: float, age: float) -> None:
    """The likelihood is the average over factors of frame and time, by numpy and interpolation."""
    frames = Frames(np.array([near(0), near(1), near(-3), near(0)]), near(-1), 200.0)
    seen = telling(share, 40)
    values = np.exp(seen - seen.max())
    overtaken = 1.0 - np.exp(-age / 200.0)
    drift = (1.0 - overtaken) * at(0) + overtaken * near(-1)
    with np.errstate(divide="ignore"):
        odds = GRID / (1.0 - GRID)
        expected = np.zeros(201)
        for u, first in enumerate(frames.frames[int(frame)], -REACH):
            for v, second in enumerate(drift, -REACH):
                k = FACTOR ** min(max(u + v, -REACH), REACH)
                q = np.where(
                    GRID < 1.0, k * odds / (1.0 + k * np.where(GRID < 1.0, odds, 0.0)), 1.0
                )
                expected += first * second * np.interp(q, GRID, values)

    found = np.exp(through(frames, seen, frame, age))

    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-14)


def test_products_keep_their_weight() -> None:
    """Factors multiply place by place, and what leaves the lattice stays at its end."""
    assert added(at(2), at(-3))[REACH - 1] == 1.0
    assert added(at(7), at(8))[-1] == 1.0
    assert added(near(1), near(-2)).sum() == pytest.approx(1.0)


def test_round_trip() -> None:
    """The numbers give the same frames, bit for bit."""
    again = Frames.from_numbers(DRIFTING.numbers())

    assert again.numbers() == DRIFTING.numbers()
    assert through(again, telling(0.2), RECENT, 50.0).tobytes() == (
        through(DRIFTING, telling(0.2), RECENT, 50.0).tobytes()
    )


def test_wrong_weights_are_refused() -> None:
    """Weights must be those of the lattice, and add up to one."""
    rows = np.array([at(0)] * (len(FRAMES) + 1))
    with pytest.raises(ValueError, match="rows of 19 weights"):
        Frames(rows[:3], at(0), 300.0)
    with pytest.raises(ValueError, match="add up to 1"):
        Frames(rows * 0.5, at(0), 300.0)
    with pytest.raises(ValueError, match="last longer than 0 days"):
        Frames(rows, at(0), 0.0)
