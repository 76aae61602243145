"""Follower accounts: kinds of people and of fakes, drawn from published quantiles."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from training.world import figures
from training.world.draws import Flags, Floats, Ints, from_quantiles

PERSON, PUBLIC, QUIET, MASS, EMPTY, SPAM, EXCHANGE, AGED = range(8)
FOLLOWING_LIMIT = 7_500  # Instagram's

# By kind: no picture, private, empty bio, mean number of digits in the name, mean length of a bio.
# PERSON and EMPTY are InstaFake's genuine and fake accounts, PUBLIC and SPAM those of the Kaggle
# set, as measured there; the others are between them.
_NO_PICTURE = np.array([0.013, 0.006, 0.08, 0.04, 0.395, 0.572, 0.12, 0.03])
_PRIVATE = np.array([0.724, 0.434, 0.55, 0.22, 0.325, 0.305, 0.12, 0.12])
_NO_BIO = np.array([0.391, 0.261, 0.70, 0.45, 0.735, 0.874, 0.55, 0.40])
_DIGITS = np.array([0.27, 0.45, 0.70, 0.60, 1.64, 3.2, 1.2, 0.8])
_BIO = np.array([41.0, 57.0, 25.0, 40.0, 45.0, 39.0, 40.0, 45.0])


@dataclass(frozen=True, slots=True)
class Accounts:
    """One entry an account."""

    followers: Ints
    following: Ints
    posts: Ints
    picture: Flags
    private: Flags
    name_length: Ints
    name_digits: Ints
    bio: Ints

    def take(self, rows: Ints) -> "Accounts":
        """Return the accounts at `rows`, in that order."""
        return Accounts(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def draw(rng: np.random.Generator, kind: Ints, private: Floats | None = None) -> Accounts:
    """Draw an account of each kind; `private` replaces the share of private ones among people."""
    n = len(kind)
    level = _levels(rng, n)
    counts = np.zeros((n, 3))
    for k, of_kind in enumerate(_COUNTS):
        rows = np.flatnonzero(kind == k)
        counts[rows] = of_kind(level[rows])
    shut = _PRIVATE[kind] if private is None else np.where(kind < EMPTY, private, _PRIVATE[kind])
    length = np.clip(np.rint(11.2 + 3.2 * rng.standard_normal(n)), 3, 30).astype(np.int64)
    # Digits come in bursts: most names have none, few have many.
    digits = np.minimum(rng.poisson(_DIGITS[kind] * rng.gamma(0.45, 1 / 0.45, n)), length)
    bio = np.clip(np.rint(rng.gamma(1.3, _BIO[kind] / 1.3)), 1, 150)
    return Accounts(
        followers=np.rint(counts[:, 0]).astype(np.int64),
        following=np.rint(np.minimum(counts[:, 1], FOLLOWING_LIMIT)).astype(np.int64),
        posts=np.rint(counts[:, 2]).astype(np.int64),
        picture=rng.random(n) >= _NO_PICTURE[kind],
        private=rng.random(n) < shut,
        name_length=length,
        name_digits=digits.astype(np.int64),
        bio=np.where(rng.random(n) < _NO_BIO[kind], 0, bio).astype(np.int64),
    )


def _levels(rng: np.random.Generator, n: int) -> Floats:
    """Levels (n, 3) of followers, following, posts: the active have more of each."""
    scores = 0.55 * rng.standard_normal((n, 1)) + np.sqrt(1 - 0.55**2) * rng.standard_normal((n, 3))
    # Abramowitz & Stegun 26.2.19's relative, good to a thousandth, is all a level needs.
    return np.asarray(1 / (1 + np.exp(-1.5976 * scores - 0.070565 * scores**3)))


def _from(level: Floats, table: Mapping[str, Sequence[float]]) -> Floats:
    columns = ("followers", "following", "posts")
    return np.stack([from_quantiles(level[:, j], table[c]) for j, c in enumerate(columns)], axis=1)


def _published(table: Mapping[str, Sequence[float]], most: float) -> Callable[[Floats], Floats]:
    """Return the draw of a published set's kind, with followers up to `most`."""

    def counts(level: Floats) -> Floats:
        columns = ("followers", "following", "posts")
        drawn = [from_quantiles(level[:, j], table[name]) for j, name in enumerate(columns)]
        drawn[0] = np.minimum(drawn[0], most)
        return np.stack(drawn, axis=1)

    return counts


def _between(low: Sequence[float], high: Sequence[float]) -> Callable[[Floats], Floats]:
    """Return the draw of a kind whose counts are log-uniform between `low` and `high`."""
    start, stop = np.log1p(np.array(low)), np.log1p(np.array(high))
    return lambda level: np.asarray(np.expm1(start + level * (stop - start)))


_COUNTS = (
    _published(figures.INSTAFAKE_REAL, 100_000),
    _published(figures.KAGGLE_REAL, 100_000),  # the set's celebrities follow nobody's creators
    _between((2, 25, 0), (180, 1_400, 12)),  # look and seldom post
    _between((40, 1_500, 1), (1_500, 7_500, 300)),  # follow thousands, and are people
    _published(figures.INSTAFAKE_FAKE, 1e9),
    _published(figures.KAGGLE_FAKE, 100_000),
    _between((20, 1_800, 0), (1_500, 7_900, 20)),  # follow to be followed
    _between((25, 350, 3), (900, 5_500, 120)),  # kept for sale: posts, a picture, a plausible name
)
