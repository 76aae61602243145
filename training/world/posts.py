"""What creators post."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from training.world import figures
from training.world.columns import known, moments, names, table, whole
from training.world.draws import Flags, Floats, Ints, Strings, ids, owners
from training.world.growth import GIVEAWAY, Scene
from training.world.schemas import TABLES

IMAGE, VIDEO, CAROUSEL, REEL, STORY = range(5)
_MEDIA_MIX = np.array(
    [
        [0.30, 0.06, 0.19, 0.30, 0.15],
        [0.00, 1.00, 0.00, 0.00, 0.00],
        [0.00, 1.00, 0.00, 0.00, 0.00],
        [0.45, 0.30, 0.10, 0.15, 0.00],
        [0.70, 0.30, 0.00, 0.00, 0.00],
    ]
)


@dataclass(frozen=True, slots=True)
class Agreed:
    """Sponsored posts that collaborations bring: creator, time in days, brand."""

    creator: Ints
    day: Floats
    brand: Ints


@dataclass(frozen=True, slots=True)
class Posts:
    """Posts sorted by creator and time."""

    ids: Strings
    creator: Ints
    day: Floats
    media: Ints
    sponsored: Flags
    brand: Ints  # -1 none or not named
    event: Ints  # kind of the spike it set off, -1 none


def write_posts(
    rng: np.random.Generator, scene: Scene, agreed: Agreed, brand_category: Ints
) -> Posts:
    """Draw the posts of everybody; spikes and collaborations have theirs."""
    people, days = scene.people, scene.time.days
    creator = owners(rng.poisson(people.posts_per_week * days / 7))
    day = np.floor(rng.uniform(0, days, len(creator)))
    day += np.clip(0.62 + 0.17 * rng.standard_normal(len(creator)), 0, 0.999)
    sponsored = rng.random(len(creator)) < people.sponsored_rate[creator]
    brand = np.where(sponsored, _brand_named(rng, people.category[creator], brand_category), -1)
    events = scene.growth.events.posted()
    plain, spikes, deals = len(creator), len(events.creator), len(agreed.creator)
    creator = np.concatenate([creator, events.creator, agreed.creator])
    day = np.concatenate([day, events.day + rng.uniform(0, 0.4, spikes), agreed.day])
    sponsored = np.concatenate([sponsored, np.zeros(spikes, np.bool_), np.ones(deals, np.bool_)])
    brand = np.concatenate([brand, np.full(spikes, -1), agreed.brand])
    event = np.concatenate([np.full(plain, -1), events.kind, np.full(deals, -1)])
    order = np.lexsort((day, creator))
    media = _media(rng, people.platform[creator[order]])
    # A story is gone in a day and sets off nothing.
    media = np.where((media == STORY) & (event[order] >= 0), IMAGE, media)
    return Posts(
        ids=ids("p", len(order), scene.salt),
        creator=creator[order],
        day=day[order],
        media=media,
        sponsored=sponsored[order],
        brand=brand[order],
        event=event[order],
    )


def _media(rng: np.random.Generator, platform: Ints) -> Ints:
    """Draw a media type for each post by the platform's mix."""
    edges = np.cumsum(_MEDIA_MIX, axis=1)[platform][:, :-1]
    return np.asarray((edges <= rng.random((len(platform), 1))).sum(axis=1), dtype=np.int64)


def _brand_named(rng: np.random.Generator, category: Ints, brand_category: Ints) -> Ints:
    """Name a brand of the creator's own category in seven of ten sponsored posts."""
    order = np.argsort(brand_category, kind="stable")
    first = np.searchsorted(brand_category[order], category)
    size = np.bincount(brand_category, minlength=len(figures.CATEGORIES))[category]
    offset = np.floor(rng.random(len(category)) * size).astype(np.int64)
    pick = order[np.minimum(first + offset, len(order) - 1)]
    return np.where((rng.random(len(category)) < 0.7) & (size > 0), pick, -1)


def post_table(rng: np.random.Generator, posts: Posts, scene: Scene, brands: Strings) -> pa.Table:
    """Return `posts`."""
    people, n = scene.people, len(posts.creator)
    creators = len(people.followers)
    giveaway = posts.event == GIVEAWAY
    wordy = np.exp(4.6 + 0.8 * rng.standard_normal(creators))
    tagging = rng.gamma(1.2, 4.0, creators)
    text = (people.platform[posts.creator] == 4) & (rng.random(n) < 0.4)
    caption = np.minimum(wordy[posts.creator] * np.exp(0.7 * rng.standard_normal(n)), 2_200)
    hashtags = np.minimum(rng.poisson(tagging[posts.creator]) + 3 * giveaway, 30)
    mentions = rng.poisson(0.5 + 1.0 * posts.sponsored + 2.0 * giveaway)
    # One paid post in ten lacks its label.
    marked = posts.sponsored & (rng.random(n) < 0.9)
    return table(
        TABLES["posts"],
        {
            "post_id": posts.ids,
            "creator_id": people.ids.take(pa.array(posts.creator)),
            "posted_at": moments(scene.time.at(posts.day)),
            "media_type": names(figures.MEDIA, np.where(text, -1, posts.media)),
            "is_sponsored": known(marked, rng.random(n) < 0.97),
            "brand_id": names(brands, np.where(marked, posts.brand, -1)),
            "caption_length": whole(caption),
            "hashtag_count": hashtags,
            "mention_count": mentions,
        },
    )
