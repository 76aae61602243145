"""Samples of creators' followers, and labelled accounts to learn from."""

import numpy as np
import pyarrow as pa

from training.world import accounts, figures
from training.world.accounts import Accounts
from training.world.columns import known, moments, names, table
from training.world.draws import Flags, Floats, Ints, ids, owners
from training.world.growth import Scene
from training.world.schemas import TABLES

# By source: platform, share of the accounts, share of fakes among them, whether it has bios.
_SOURCES = (
    ("world_a", "instagram", 0.20, 0.17, True),
    ("world_b", "instagram", 0.20, 0.50, True),
    ("world_c", "instagram", 0.15, 0.30, True),
    ("world_d", "tiktok", 0.15, 0.22, True),
    ("world_e", "instagram", 0.15, 0.40, False),
    ("world_f", "instagram", 0.15, 0.10, True),
)
# Mean mix of the kinds of people and of fakes, and how far one source, or the audience of one
# creator, is from it: collections differ in whom they hold more than in how a kind looks. Of the
# random followers of influencers (SRF Data 2017), two in five follow more than 1,500 accounts.
_PEOPLE, _PEOPLE_SPREAD = np.array([0.27, 0.31, 0.20, 0.22]), 12.0
_FAKES, _FAKES_SPREAD = np.array([0.32, 0.26, 0.24, 0.18]), 6.0
_PRIVATE_RANGE, _DIGITS_RANGE = (0.5, 1.1), (0.7, 1.5)
_AUDIENCES = 12  # that the accounts of a labelled source were collected from


def sample_table(rng: np.random.Generator, scene: Scene) -> pa.Table:
    """Return `followers`: one to three samples of 30 to 1,000 accounts for those sampled."""
    people = scene.people
    creator = np.flatnonzero(people.sampled)
    who = creator[owners(rng.choice(3, len(creator), p=[0.45, 0.35, 0.20]) + 1)]
    first = np.maximum(people.joined_day[who], 5)
    day = first + rng.random(len(who)) ** 0.8 * (scene.time.days - 1 - first)
    day = np.floor(day) + 0.5
    frame = rng.choice(3, len(who), p=[0.6, 0.25, 0.15])
    size = np.rint(np.exp(rng.uniform(np.log(30), np.log(1_000), len(who)))).astype(np.int64)
    sample = owners(size)
    fake = rng.random(len(sample)) < framed_share(scene, who, scene.day(day), frame)[sample]
    private, digits = _manners(rng, len(people.followers))
    kinds = _kinds(rng, scene, who[sample], fake)
    drawn = accounts.draw(rng, kinds, private[who[sample]], digits[who[sample]])
    # Some collectors leave out the optional columns.
    full = rng.random(len(who)) < 0.85
    bios = full & (rng.random(len(who)) < 0.8)
    return table(
        TABLES["followers"],
        {
            "creator_id": people.ids.take(pa.array(who[sample])),
            "observed_at": moments(scene.time.at(day)[sample]),
            **_columns(drawn, full[sample], bios[sample]),
            "sample_id": ids("s", len(who), scene.salt).take(pa.array(sample)),
            "frame": names(figures.FRAMES, frame[sample]),
        },
    )


def framed_share(scene: Scene, who: Ints, day: Ints, frame: Ints) -> Floats:
    """Return the share of fakes that a sample meets on `day` by its frame.

    Recent followers hold what was bought in the last 45 days, engaged ones hardly any fake.
    """
    growth = scene.growth
    share = growth.share()[who, day]
    before = np.maximum(day - 45, 0)
    came = np.cumsum(growth.bought, axis=1)
    fresh = came[who, day] - came[who, before]
    gained = np.maximum(growth.real[who, day] - growth.real[who, before], 0)
    gained = gained + 0.02 * growth.real[who, day]
    odds = share / (1 - share)
    recent = (fresh + gained * odds) / (fresh + gained * (1 + odds))
    engaged = 0.15 * share / (0.15 * share + 1 - share)
    return np.choose(frame, [share, np.maximum(recent, share), engaged])


def _kinds(rng: np.random.Generator, scene: Scene, who: Ints, fake: Flags) -> Ints:
    """Draw kinds in each creator's own mix: who buys cheap gets the empty ones."""
    people, fakes = _mixes(rng, len(scene.people.followers))
    return _pick(rng, np.where(fake[:, None], fakes[who], people[who]), fake)


def _mixes(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Draw n mixes of the kinds of people and of fakes, as edges."""
    people = rng.dirichlet(_PEOPLE * _PEOPLE_SPREAD, n)
    return _edges(people), _edges(rng.dirichlet(_FAKES * _FAKES_SPREAD, n))


def _manners(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Draw how private n groups of people are, and how many digits their names hold."""
    return rng.uniform(*_PRIVATE_RANGE, n), rng.uniform(*_DIGITS_RANGE, n)


def _pick(rng: np.random.Generator, edges: Floats, fake: Flags) -> Ints:
    """Draw a kind for each row of edges."""
    place = (edges < rng.random((len(fake), 1))).sum(axis=1)
    return np.asarray(place + np.where(fake, accounts.EMPTY, 0), dtype=np.int64)


def _edges(mix: Floats) -> Floats:
    """Cumulate the weights of mixes of kinds, leaving out the last edge."""
    return np.cumsum(mix / mix.sum(axis=1, keepdims=True), axis=1)[:, :-1]


def _columns(drawn: Accounts, full: Flags, bios: Flags) -> dict[str, object]:
    """Return the nine columns of an account, null where they were not collected."""
    return {
        "followers": drawn.followers,
        "following": drawn.following,
        "posts": drawn.posts,
        "has_profile_pic": known(drawn.picture, full),
        "is_private": known(drawn.private, full),
        "username_length": known(drawn.name_length, full),
        "username_digits": known(drawn.name_digits, full),
        "username_digit_ratio": known(drawn.name_digits / drawn.name_length, full),
        "bio_length": known(drawn.bio, bios),
    }


def account_table(rng: np.random.Generator, count: int = 8_000) -> pa.Table:
    """Return `accounts`: labelled accounts of sources that differ in kinds and prevalence."""
    parts = []
    for source, platform, portion, prevalence, bios in _SOURCES:
        n = round(count * portion)
        fake = rng.random(n) < prevalence
        audience = rng.integers(0, _AUDIENCES, n)
        people, fakes = (mix[audience] for mix in _mixes(rng, _AUDIENCES))
        private, digits = (manner[audience] for manner in _manners(rng, _AUDIENCES))
        kinds = _pick(rng, np.where(fake[:, None], fakes, people), fake)
        drawn = accounts.draw(rng, kinds, private, digits)
        everything = np.ones(n, dtype=np.bool_)
        columns = {
            "source": pa.repeat(source, n),
            "platform": pa.repeat(platform, n),
            **_columns(drawn, everything, everything & bios),
            "is_fake": fake,
        }
        parts.append(table(TABLES["accounts"], columns))
    return pa.concat_tables(parts)
