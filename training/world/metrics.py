"""What platforms report of posts, and when."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from training.world import figures
from training.world.columns import known, moments, table, whole
from training.world.draws import Flags, Floats, Ints, choose
from training.world.growth import GIVEAWAY, Scene
from training.world.posts import REEL, STORY, VIDEO, Posts
from training.world.schemas import TABLES
from training.world.timeline import DAY

_TIKTOK, _YOUTUBE, _X = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Totals:
    """What each post will have gathered in the end."""

    likes: Floats
    comments: Floats
    shares: Floats
    saves: Floats
    views: Floats
    impressions: Floats
    reach: Floats
    reach_non_followers: Floats
    link_clicks: Floats


def like_rate(followers: Floats) -> Floats:
    """Return likes per real follower: falling until 80,000, then slowly rising."""
    size = np.log(np.maximum(followers, 100) / 80_000)
    slope = np.where(size < 0, figures.LIKE_SLOPE_BELOW, figures.LIKE_SLOPE_ABOVE)
    return np.asarray(figures.LIKE_RATE_80K * np.exp(slope * size))


def reach_rate(followers: Floats, story: Flags | bool = False) -> Floats:
    """Return the share of followers that an average post, or story, reaches."""
    knots, size = np.log(np.array(figures.REACH_KNOTS)), np.log(np.maximum(followers, 100))
    post = np.interp(size, knots, figures.REACH_POST)
    return np.where(story, np.interp(size, knots, figures.REACH_STORY), post)


def usual_impressions(scene: Scene, creator: Ints, day: Floats) -> Floats:
    """Return the impressions that a post of each creator usually gets at the time."""
    real = scene.growth.real[creator, scene.day(day)]
    size = np.array(figures.PLATFORM_REACH)[scene.people.platform[creator]]
    return np.asarray(1.6 * real * reach_rate(real) * size * np.exp(scene.people.reach[creator]))


def totals(rng: np.random.Generator, posts: Posts, scene: Scene) -> Totals:
    """Draw every post's final counts; fakes neither see nor like."""
    people, who, n = scene.people, posts.creator, len(posts.creator)
    real = scene.growth.real[who, scene.day(posts.day)]
    mood = people.like_spread[who] * rng.standard_normal(n)
    mood += np.choose(posts.event + 1, [0.0, 1.1, 2.0, 0.9])
    mood -= np.where(posts.sponsored, 0.12 + 0.15 * (people.sponsored_rate[who] > 0.2), 0.0)
    followers, others = _reached(rng, posts, scene, real, mood)
    reach = followers + others
    pod = people.pod[who]
    likes = real * like_rate(real) * np.array(figures.PLATFORM_LIKES)[people.platform[who]]
    likes *= np.exp(people.engagement[who] + mood + 0.35 * pod + 0.10 * rng.standard_normal(n))
    chatter = 0.35 * rng.standard_normal(n) + 1.1 * pod + 2.2 * (posts.event == GIVEAWAY)
    traffic = np.exp(0.35 * people.traffic[who] + 0.4 * rng.standard_normal(n))
    return Totals(
        likes=likes,
        comments=likes * people.comment_rate[who] * np.exp(chatter),
        shares=reach * 0.004 * np.exp(0.5 * mood + 0.4 * rng.standard_normal(n)),
        saves=reach * 0.008 * traffic,
        views=reach * np.exp(0.15 + 0.1 * rng.standard_normal(n)),
        impressions=reach * np.exp(0.25 + 0.08 * rng.standard_normal(n)),
        reach=reach,
        reach_non_followers=others,
        link_clicks=reach * 0.006 * traffic * np.where(posts.media == STORY, 4.0, 1.0),
    )


def _reached(
    rng: np.random.Generator, posts: Posts, scene: Scene, real: Floats, mood: Floats
) -> tuple[Floats, Floats]:
    """Draw the followers and the others that each post reaches."""
    people, who, n = scene.people, posts.creator, len(posts.creator)
    platform = people.platform[who]
    reached = real * reach_rate(real, posts.media == STORY)
    reached *= np.array(figures.PLATFORM_REACH)[platform]
    reached *= np.exp(people.reach[who] + 0.55 * mood + 0.18 * rng.standard_normal(n))
    reached = np.where(platform == _TIKTOK, reached, np.minimum(reached, 0.95 * real))
    outside = np.array([0.12, 0.5, 0.10, 0.55, 0.03])[posts.media]
    outside = np.where(platform == _TIKTOK, 0.7, np.where(platform == _YOUTUBE, 0.35, outside))
    odds = outside / (1 - outside) * np.exp(0.5 * mood + 0.3 * rng.standard_normal(n))
    return reached, reached * odds


def metric_table(rng: np.random.Generator, posts: Posts, scene: Scene, final: Totals) -> pa.Table:
    """Return `post_metrics`: one to three looks at each post, the youngest still unripe."""
    row, age = _looks(rng, posts, scene)
    people, creator, media = scene.people, posts.creator[row], posts.media[row]
    # Interactions decay from the first peak; stories live a day.
    ripe = 1 - np.exp(-((age / np.where(media == STORY, 0.3, 1.1)) ** 0.7))
    platform, story = people.platform[creator], media == STORY
    insight = people.connected[creator] & (platform != _X)
    public = {
        "likes": ~story & ~people.hides_likes[creator],
        "comments": ~story,
        "shares": (insight | np.isin(platform, (_TIKTOK, _X))) & ~story,
        "views": insight | (np.isin(media, (VIDEO, REEL)) | (platform == _X)) & ~story,
        "link_clicks": insight & (story | posts.sponsored[row] | (platform == _YOUTUBE)),
    }
    columns: dict[str, object] = {
        name: known(whole(getattr(final, name)[row] * ripe), public.get(name, insight))
        for name in TABLES["post_metrics"].names[2:]
    }
    columns["post_id"] = posts.ids.take(pa.array(row))
    columns["observed_at"] = moments(
        scene.time.at(posts.day)[row] + np.rint(age * DAY).astype(np.int64)
    )
    return table(TABLES["post_metrics"], columns).take(pa.array(np.flatnonzero(~story | insight)))


def _looks(rng: np.random.Generator, posts: Posts, scene: Scene) -> tuple[Ints, Floats]:
    """Return post and age in days of every look."""
    people, n = scene.people, len(posts.creator)
    ages = np.array([3.0, 7.0, 30.0]) + rng.uniform(-0.4, 0.4, (n, 3)) * np.array([1.0, 1.2, 4.0])
    # How often the collector comes by differs by creator.
    habit = choose(rng, (0.3, 0.4, 0.3), len(people.followers))[posts.creator]
    kept = np.array([[True, False, False], [True, False, True], [True, True, True]])[habit]
    left = scene.time.days - posts.day
    story = posts.media == STORY
    # A post younger than the first look is seen once, at the end; a story within its day.
    ages[:, 0] = np.minimum(
        np.where(ages[:, 0] >= left, left * 0.9, ages[:, 0]), np.where(story, 1.0, 9.0)
    )
    kept &= ages < left[:, None]
    kept[:, 1:] &= ~story[:, None]
    kept &= posts.day[:, None] + ages > people.joined_day[posts.creator][:, None]
    rows, looks = np.nonzero(kept)
    return rows.astype(np.int64), ages[rows, looks]
