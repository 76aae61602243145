"""Followers day by day: those that came, those that were bought, and the spikes that look alike."""

from dataclasses import dataclass

import numpy as np

from training.world.draws import Floats, Ints, lognormal
from training.world.population import Population
from training.world.timeline import Timeline

GIVEAWAY, VIRAL, SHOUT_OUT, BOUGHT = 0, 1, 2, 3
SPIKES = ("giveaway", "viral", "shout_out", "bought")
LOSSES_A_YEAR = 0.35  # days on which people leave in numbers: a scandal, a change of subject
_ROUND = np.array([500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000])


@dataclass(frozen=True, slots=True)
class Events:
    """Spikes: whose, on which day, of which kind, how large a share of the real followers."""

    creator: Ints
    day: Ints
    kind: Ints
    size: Floats

    def posted(self) -> "Events":
        """Return those that a post of the creator set off: every other shout-out is on its own."""
        own = (self.kind != SHOUT_OUT) | (np.arange(len(self.kind)) % 2 == 0)
        return Events(self.creator[own], self.day[own], self.kind[own], self.size[own])


@dataclass(frozen=True, slots=True)
class Growth:
    """Real and fake followers at the start of each day, arrays (creators, days)."""

    real: Floats
    fake: Floats
    bought: Floats  # fakes delivered on the day
    events: Events  # benign ones
    bursts: Events

    def total(self) -> Floats:
        """Return the follower count the platform shows, before its rounding."""
        return np.rint(self.real + self.fake)

    def share(self) -> Floats:
        """Return the fake share of the followers."""
        return self.fake / (self.real + self.fake)


def grow(rng: np.random.Generator, people: Population, days: int) -> Growth:
    """Draw the follower paths of `people` over `days` days."""
    happenings = _events(rng, len(people.followers), days)
    old = np.isin(people.regime, (3, 4))
    share = np.where(old, people.bought_share * rng.uniform(0.55, 1.0, len(old)), people.base_fake)
    share = np.where(people.regime == 3, people.bought_share, np.maximum(share, people.base_fake))
    real = _real(rng, people, days, happenings, people.followers * (1 - share))
    real *= np.exp(np.cumsum(_losses(rng, len(real), days), axis=1))
    bought, bursts = _purchases(rng, people, real)
    fake = _fake(rng, people, real, bought, people.followers * share)
    return Growth(np.rint(real), np.rint(fake), bought, happenings, bursts)


def _events(rng: np.random.Generator, n: int, days: int) -> Events:
    count = rng.poisson(1.5 * days / 546, n)
    creator = np.repeat(np.arange(n, dtype=np.int64), count)
    kind = rng.choice(3, len(creator), p=[0.4, 0.35, 0.25]).astype(np.int64)
    median = np.array([0.06, 0.11, 0.05])[kind]
    size = np.minimum(median * np.exp(0.7 * rng.standard_normal(len(creator))), 0.8)
    return Events(creator, rng.integers(5, days - 1, len(creator)), kind, size)


def _kernels() -> Floats:
    """By kind, the share of an event's size that each later day adds to the log followers."""
    day = np.arange(45)
    giveaway = np.where(day < 3, [0.5, 0.3, 0.2] + [0.0] * 42, 0.0)
    giveaway = giveaway - np.where(day >= 7, 0.45 / 38, 0.0)
    viral = np.exp(-day / 4.0) * (day < 21)
    viral = viral / viral.sum() - np.where(day >= 21, 0.12 / 24, 0.0)
    shout_out = np.where(day < 2, [0.7, 0.3] + [0.0] * 43, 0.0)
    shout_out = shout_out - np.where(day >= 5, 0.15 / 40, 0.0)
    return np.stack([giveaway, viral, shout_out])


def _real(
    rng: np.random.Generator, people: Population, days: int, events: Events, start: Floats
) -> Floats:
    n = len(start)
    weekday = np.arange(days) % 7
    pattern = np.array([0.92, 0.9, 0.95, 1.0, 1.03, 1.12, 1.08])[weekday]
    pace = (people.growth / 30)[:, None] * pattern
    log_gain = pace * rng.gamma(2.5, 1 / 2.5, (n, days))
    log_gain += 0.0005 * rng.standard_normal((n, days))
    # Small audiences are counted in heads: the noise of arrivals and leavers.
    log_gain += np.sqrt(0.002 / start)[:, None] * rng.standard_normal((n, days))
    kernels = _kernels()
    offsets = np.arange(kernels.shape[1])
    day = events.day[:, None] + offsets
    inside = day < days
    added = kernels[events.kind] * np.log1p(events.size)[:, None]
    creator = np.broadcast_to(events.creator[:, None], day.shape)
    np.add.at(log_gain, (creator[inside], day[inside]), added[inside])
    # A day's count is read at its start: what the day brings shows on the next.
    path = np.exp(np.cumsum(log_gain, axis=1) - log_gain)
    return np.asarray(np.maximum(start[:, None] * path, 20), dtype=np.float64)


def _losses(rng: np.random.Generator, n: int, days: int) -> Floats:
    """Draw the log change of the real followers on days when many leave, over one to four days."""
    change = np.zeros((n, days + 4))
    who = np.repeat(np.arange(n), rng.poisson(LOSSES_A_YEAR * days / 365, n))
    day = rng.integers(5, days, len(who))
    size = np.minimum(lognormal(rng, 0.02, 0.8, len(who)), 0.2)
    length = rng.integers(1, 5, len(who))
    for later in range(4):
        some = later < length
        np.add.at(change, (who[some], day[some] + later), -(size / length)[some])
    return change[:, :days]


def _purchases(rng: np.random.Generator, people: Population, real: Floats) -> tuple[Floats, Events]:
    """Fakes delivered each day: few round bursts, or a steady drip; and the bursts."""
    n, days = real.shape
    bought = np.zeros((n, days))
    wanted = people.bought_share / (1 - people.bought_share) * real[:, days // 2]
    wanted -= people.base_fake / (1 - people.base_fake) * real[:, days // 2]
    wanted *= 1.35  # a part is soon lost
    bursts: list[tuple[int, int, float]] = []
    for i in np.flatnonzero(np.isin(people.regime, (1, 4)) & (wanted > 0)).tolist():
        part = wanted[i] * (0.5 if people.regime[i] == 4 else 1.0)
        times = int(rng.integers(1, 6))
        sizes = part / times * np.exp(0.3 * rng.standard_normal(times))
        for size in sizes:
            start = int(rng.integers(3, days - 3))
            amount = _ROUND[np.abs(np.log(_ROUND / max(size, 1.0))).argmin()]
            amount = amount if size < 700_000 else round(size, -5)
            spread = np.array([[1, 0, 0], [0.7, 0.3, 0], [0.5, 0.3, 0.2]])[rng.integers(3)]
            bought[i, start : start + 3] += amount * spread
            bursts.append((i, start, amount / real[i, start]))
    for i in np.flatnonzero(np.isin(people.regime, (2, 4)) & (wanted > 0)).tolist():
        part = wanted[i] * (0.5 if people.regime[i] == 4 else 1.0)
        start = int(rng.integers(0, max(days - 150, 1)))
        length = int(rng.integers(min(100, days // 2), min(420, days)))
        daily = part / length * (1 + 0.08 * rng.standard_normal(days - start))[:length]
        bought[i, start : start + len(daily)] += np.maximum(daily, 0)
    return bought, _as_events(bursts)


def _as_events(bursts: list[tuple[int, int, float]]) -> Events:
    """Return bursts as spikes."""
    creator, day, size = np.array(bursts, dtype=np.float64).reshape(-1, 3).T
    whole = creator.astype(np.int64), day.astype(np.int64)
    return Events(*whole, np.full(len(creator), BOUGHT), size)


def _fake(
    rng: np.random.Generator, people: Population, real: Floats, bought: Floats, start: Floats
) -> Floats:
    """Fakes in two pools, one that is lost within weeks; the platform purges both at times."""
    n, days = real.shape
    fading = rng.beta(2.0, 4.5, n)
    loss = lognormal(rng, 0.0004, 0.6, n)
    odds = people.base_fake / (1 - people.base_fake)
    purges = {int(days * at): rng.beta(2.0, 14.0, n) for at in (0.35, 0.78)}
    stable, brief = start.copy(), np.zeros(n)
    path = np.empty((n, days))
    for day in range(days):
        path[:, day] = stable + brief
        gain = np.maximum(real[:, min(day + 1, days - 1)] - real[:, day], 0) * odds
        stable = stable * (1 - loss) + gain + bought[:, day] * (1 - fading)
        brief = brief * (1 - 1 / 18) + bought[:, day] * fading
        if day in purges:
            stable = stable * (1 - purges[day])
            brief = brief * 0.5
    return path


@dataclass(frozen=True, slots=True)
class Scene:
    """Everybody and their followers over the history; `salt` colours the ids."""

    people: Population
    growth: Growth
    time: Timeline
    salt: int

    def day(self, days: Floats) -> Ints:
        """Return the columns of the growth arrays for days since the start."""
        return np.clip(days.astype(np.int64), 0, self.time.days - 1)
