"""What a collector sees of the follower counts."""

import numpy as np
import pyarrow as pa

from training.world.columns import known, moments, table
from training.world.draws import Flags, Floats, Ints
from training.world.growth import Scene
from training.world.posts import Posts
from training.world.schemas import TABLES

_YOUTUBE = 2


def snapshot_table(rng: np.random.Generator, scene: Scene, posts: Posts) -> pa.Table:
    """Return `snapshots`: daily with gaps, weekly for some, to three digits on YouTube."""
    people = scene.people
    n = len(people.followers)
    who, when = np.nonzero(_kept(rng, scene))
    total = scene.growth.total()[who, when]
    youtube = people.platform[who] == _YOUTUBE
    total = np.where(youtube, three_digits(total), total)
    hour = rng.uniform(0.02, 0.3, n)
    media = _posted(rng, scene, posts)[who, when]
    following = _following(rng, n, scene.time.days)[who, when]
    return table(
        TABLES["snapshots"],
        {
            "creator_id": people.ids.take(pa.array(who)),
            "observed_at": moments(scene.time.at(when + hour[who])),
            "followers": total.astype(np.int64),
            "following": known(following, ~youtube),
            "media_count": known(media, who % 20 != 4),
        },
    )


def three_digits(counts: Floats) -> Floats:
    """Round down to three significant digits, as YouTube shows subscribers."""
    step = 10.0 ** np.maximum(np.floor(np.log10(np.maximum(counts, 1))) - 2, 0)
    return np.asarray(np.floor(counts / step) * step)


def _kept(rng: np.random.Generator, scene: Scene) -> Flags:
    """Tell which days each creator was looked at; the last day everybody was."""
    people = scene.people
    n, days = len(people.followers), scene.time.days
    day = np.arange(days)
    kept: Flags = rng.random((n, days)) < 0.96
    gap = rng.integers(0, days, n)[:, None]
    kept &= (day < gap) | (day >= gap + rng.integers(0, 15, n)[:, None])
    kept &= ~people.weekly[:, None] | ((day + np.arange(n)[:, None]) % 7 == 0)
    kept &= day >= people.joined_day[:, None]
    kept[:, -1] = True
    return kept


def _posted(rng: np.random.Generator, scene: Scene, posts: Posts) -> Ints:
    """Count the media of each creator at the start of each day."""
    n, days = len(scene.people.followers), scene.time.days
    posted = np.zeros((n, days + 1))
    np.add.at(posted, (posts.creator, scene.day(posts.day) + 1), 1)
    before = rng.gamma(1.3, 200.0, n) * scene.people.posts_per_week
    return np.floor(before[:, None] + np.cumsum(posted, axis=1)).astype(np.int64)


def _following(rng: np.random.Generator, n: int, days: int) -> Ints:
    """Count whom each creator follows: a saw-tooth for one in ten, who follow to be followed."""
    level = np.exp(6.2 + 0.8 * rng.standard_normal((n, 1)))
    steps = np.cumsum(rng.poisson(0.25, (n, days)), axis=1)
    length = rng.integers(12, 40, (n, 1))
    saw = (np.arange(days) + np.arange(n)[:, None]) % length / length
    height = np.exp(6.4 + 0.5 * rng.standard_normal((n, 1))) * (rng.random((n, 1)) < 0.1)
    return np.minimum(level + steps + height * saw, 7_500).astype(np.int64)
