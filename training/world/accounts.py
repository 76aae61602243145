"""Follower accounts: kinds of people and of fakes, drawn from published quantiles."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from scipy.special import expit, logit, ndtr

from training.world import figures
from training.world.draws import Flags, Floats, Ints, from_quantiles

PERSON, PUBLIC, LURKER, MASS, EMPTY, SPAM, EXCHANGE, AGED = range(8)
FOLLOWING_LIMIT = 7_500  # Instagram's

# By kind: no picture, private, empty bio, mean number of digits in the name, mean length of a bio.
# PERSON and EMPTY are InstaFake's genuine and fake accounts, PUBLIC and SPAM those of the Kaggle
# set, as measured there; the others are between them.
_NO_PICTURE = np.array([0.013, 0.006, 0.09, 0.015, 0.395, 0.572, 0.30, 0.03])
_PRIVATE = np.array([0.724, 0.434, 0.28, 0.25, 0.325, 0.305, 0.14, 0.16])
_NO_BIO = np.array([0.391, 0.261, 0.65, 0.30, 0.735, 0.874, 0.60, 0.45])
_DIGITS = np.array([0.27, 0.45, 0.90, 0.70, 1.64, 3.2, 1.8, 1.3])
_BIO = np.array([41.0, 57.0, 25.0, 45.0, 45.0, 39.0, 40.0, 45.0])
# Bulk accounts get a picture and posts together or neither: rank correlation .5 in both sets.
_PICTURE_WITH_POSTS = np.array([0.0, 0.0, 0.0, 0.0, 4.4, 4.4, 2.2, 0.0])
# Correlation of followers with following, of followers with posts, and of following with posts.
# The first four kinds of a set follow from its published quantiles of following per follower:
# people follow about as many as follow them, and bulk accounts follow whom they are told to.
_TIES = np.array(
    [
        [0.83, 0.55, 0.45],
        [0.72, 0.60, 0.40],
        [0.60, 0.40, 0.30],
        [0.40, 0.45, 0.20],
        [0.50, 0.20, 0.05],
        [0.68, 0.42, 0.42],
        [0.45, 0.30, 0.10],
        [0.50, 0.40, 0.20],
    ]
)


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


def draw(
    rng: np.random.Generator,
    kind: Ints,
    private: Floats | None = None,
    digits: Floats | None = None,
) -> Accounts:
    """Draw an account of each kind.

    `private` multiplies the share of private ones among people, `digits` the digits in names: both
    differ between countries and years, and say little of who is fake.
    """
    n = len(kind)
    level = _levels(rng, kind)
    counts = np.zeros((n, 3))
    for k, of_kind in enumerate(_COUNTS):
        rows = np.flatnonzero(kind == k)
        counts[rows] = of_kind(level[rows])
    shut = _PRIVATE[kind]
    if private is not None:
        shut = np.where(kind < EMPTY, np.minimum(shut * private, 0.95), shut)
    length = np.clip(np.rint(11.8 + 3.6 * rng.standard_normal(n)), 3, 30).astype(np.int64)
    # Digits come in bursts: most names have none, few have many.
    mean = _DIGITS[kind] * (1.0 if digits is None else digits)
    made = np.minimum(rng.poisson(mean * rng.gamma(0.45, 1 / 0.45, n)), length)
    bio = np.clip(np.rint(rng.gamma(1.3, _BIO[kind] / 1.3)), 1, 150)
    # Spread around its middle a logit has a mean nearer to one half; this keeps the share.
    pull = _PICTURE_WITH_POSTS[kind]
    middle = logit(_NO_PICTURE[kind]) * np.sqrt(1.0 + np.pi / 8 * pull**2 / 12)
    bare = expit(middle - pull * (level[:, 2] - 0.5))
    return Accounts(
        followers=np.rint(counts[:, 0]).astype(np.int64),
        following=np.rint(np.minimum(counts[:, 1], FOLLOWING_LIMIT)).astype(np.int64),
        posts=np.rint(counts[:, 2]).astype(np.int64),
        picture=rng.random(n) >= bare,
        private=rng.random(n) < shut,
        name_length=length,
        name_digits=made.astype(np.int64),
        bio=np.where(rng.random(n) < _NO_BIO[kind], 0, bio).astype(np.int64),
    )


def _levels(rng: np.random.Generator, kind: Ints) -> Floats:
    """Levels (n, 3) of followers, following, posts, tied to each other as their kind ties them."""
    scores = rng.standard_normal((len(kind), 3))
    for k, (first, second, third) in enumerate(_TIES):
        rows = np.flatnonzero(kind == k)
        ties = np.array([[1.0, first, second], [first, 1.0, third], [second, third, 1.0]])
        scores[rows] = scores[rows] @ np.linalg.cholesky(ties).T
    return np.asarray(ndtr(scores), dtype=np.float64)


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
    _between((1, 40, 0), (250, 4_500, 14)),  # look and seldom post
    _between((60, 1_200, 3), (2_200, 8_500, 700)),  # follow thousands, and are people
    _published(figures.INSTAFAKE_FAKE, 1e9),
    _published(figures.KAGGLE_FAKE, 100_000),
    _between((5, 1_500, 0), (900, 8_500, 16)),  # follow to be followed
    _between((25, 350, 3), (900, 5_500, 120)),  # kept for sale: posts, a picture, a plausible name
)
