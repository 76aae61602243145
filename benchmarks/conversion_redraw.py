"""Other ways for collaborations to sell: the outcomes of a built world drawn anew, truth included.

A mechanism takes the facts of collaborations and returns what each sells on average, its chance of
the goal, and a count. None of them is the built-in world's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import nbinom, poisson

from benchmarks.conversion_folders import truth
from features.arrays import Floats, Ints

SHAPE = 3.0  # of the gamma around other drivers' mean
RATE = 0.22  # of goals reached, where a mechanism sets its own level
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
NOISE, CREATORS, BRANDS = 0.9, 0.8, 0.5  # deviations of the lognormal mechanism
NOTHING = 0.3  # share of collaborations that sell nothing, whoever and whatever
FALL_DAYS, SEASON = 180.0, 0.3
CATEGORY, MARKET = 0.5, 0.6  # deviations of what other drivers add by category and country
UNMATCHED = 0.3  # match of an audience that nobody knows


@dataclass(frozen=True, slots=True)
class Drawn:
    """What collaborations bring.

    Parameters
    ----------
    mean, chance : ndarray of float64, shape (n,)
        Expected conversions, and the probability of the goal: the truth.
    count : ndarray of int64, shape (n,)
        Conversions at day 30.
    """

    mean: Floats
    chance: Floats
    count: Ints


Mechanism = Callable[[pd.DataFrame, np.random.Generator], Drawn]


def facts(folder: Path) -> pd.DataFrame:
    """Return each collaboration with its brief, brand, creator and the built-in truth `mean`."""
    rows = pd.read_parquet(folder / "collaborations.parquet")
    rows = rows.merge(pd.read_parquet(folder / "briefs.parquet"), on="brief_id")
    brands = pd.read_parquet(folder / "brands.parquet").drop(columns="observed_at")
    rows = rows.merge(brands, on="brand_id", suffixes=("", "_brand"))
    rows = rows.merge(truth(folder), on="collaboration_id")
    rows["mean"] = rows["expected_conversions"]
    rows["goal"] = rows["conversion_goal"].fillna(1).astype(np.int64)
    return rows.sort_values("collaboration_id", kind="stable").reset_index(drop=True)


def as_built(rows: pd.DataFrame, rng: np.random.Generator) -> Drawn:
    """Gamma-Poisson around the built-in mean, the noise a little larger than there."""
    return gamma_poisson(rows["mean"].to_numpy(), rows["goal"].to_numpy(), SHAPE, rng)


def lognormal(rows: pd.DataFrame, rng: np.random.Generator) -> Drawn:
    """Poisson with lognormal noise, and creators and brands that differ more than their columns."""
    creator, brand = (_effect(rows[key], rng) for key in ("creator_id", "brand_id"))
    mean = rows["mean"].to_numpy() * np.exp(
        CREATORS * creator + BRANDS * brand - (CREATORS**2 + BRANDS**2) / 2.0
    )
    noise = np.exp(NOISE * rng.standard_normal(len(mean)) - NOISE**2 / 2.0)
    return Drawn(mean, lognormal_chance(mean, rows["goal"].to_numpy()), rng.poisson(mean * noise))


def lognormal_chance(mean: Floats, goal: Ints) -> Floats:
    """Return P(N >= goal) of a Poisson count whose mean has lognormal noise of mean 1."""
    at = mean[:, None] * np.exp(NOISE * NODES - NOISE**2 / 2.0)
    above = poisson.sf(goal[:, None] - 1, at)
    return np.asarray(above @ WEIGHTS / WEIGHTS.sum())


def zero_inflated(rows: pd.DataFrame, rng: np.random.Generator) -> Drawn:
    """Nearly a third sells nothing, whoever and whatever; the others as much more."""
    rest = gamma_poisson(rows["mean"].to_numpy() / (1.0 - NOTHING), rows["goal"].to_numpy(),
                         SHAPE, rng)  # fmt: skip
    sells = rng.random(len(rows)) >= NOTHING
    return Drawn(rows["mean"].to_numpy(), (1.0 - NOTHING) * rest.chance, rest.count * sells)


def shifted(rows: pd.DataFrame, rng: np.random.Generator) -> Drawn:
    """Everybody sells half as much at the end of half a year, in waves of a year besides."""
    day = _days(rows["agreed_at"])
    fall = np.log(2.0) * np.clip((day - day.max()) / FALL_DAYS + 1.0, 0.0, 1.0)
    wave = SEASON * np.sin(2.0 * np.pi * day / 365.0)
    mean = rows["mean"].to_numpy() * np.exp(wave - fall)
    return gamma_poisson(mean, rows["goal"].to_numpy(), SHAPE, rng)


def heavy_goals(rows: pd.DataFrame, rng: np.random.Generator) -> Drawn:
    """As built, for goals that have nothing to do with the brief; see `random_goals`."""
    return as_built(rows, rng)


def random_goals(briefs: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return briefs with goals from 1 to 200 at random."""
    return briefs.assign(conversion_goal=rng.integers(1, 201, len(briefs)))


def other_drivers(folder: Path) -> Mechanism:
    """Return a mechanism of its own drivers.

    Engagement that saturates, little of reach, much of country and category, and the price.
    """
    traits = _traits(folder)

    def drawn(rows: pd.DataFrame, rng: np.random.Generator) -> Drawn:
        mine = traits.loc[rows["creator_id"]]
        engaged = mine["engagement"].fillna(mine["engagement"].median()).to_numpy()
        price = rows["average_order_value"].to_numpy(np.float64)
        price = np.where(np.isnan(price), np.exp(np.nanmean(np.log(price))), price)
        log_mean = (
            0.3 * np.log(mine["real"].to_numpy() / 30_000.0)
            + 0.8 * np.tanh((engaged - engaged.mean()) / engaged.std())
            + 0.8 * np.log(0.05 + 0.95 * _matched(rows, folder))
            - 0.6 * np.log(price / np.exp(np.log(price).mean()))
            + MARKET * _effect(rows["country"], rng)
            + CATEGORY * _effect(rows["category"].fillna(rows["category_brand"]), rng)
            + 0.3 * _effect(rows["creator_id"], rng)
        )
        goal = rows["goal"].to_numpy()
        level = brentq(lambda at: _tail(np.exp(log_mean + at), goal, SHAPE).mean() - RATE, -20, 20)
        return gamma_poisson(np.exp(log_mean + level), goal, SHAPE, rng)

    return drawn


def gamma_poisson(mean: Floats, goal: Ints, shape: float, rng: np.random.Generator) -> Drawn:
    """Draw counts with variance mean + mean ** 2 / shape."""
    count = rng.poisson(mean * rng.gamma(shape, 1.0 / shape, len(mean)))
    return Drawn(mean, _tail(mean, goal, shape), count)


def _tail(mean: Floats, goal: Ints, shape: float) -> Floats:
    return np.asarray(nbinom.sf(goal - 1, shape, shape / (shape + mean)))


def _effect(key: "pd.Series[str]", rng: np.random.Generator) -> Floats:
    """Return a standard normal number for each row, the same for rows of the same key."""
    codes, found = pd.factorize(key.astype(object).fillna(""), sort=True)
    return np.asarray(rng.standard_normal(len(found))[codes])


def _days(times: "pd.Series[pd.Timestamp]") -> Floats:
    return np.asarray((times - times.min()).dt.total_seconds() / 86_400.0)


def _traits(folder: Path) -> pd.DataFrame:
    """Return each creator's real followers and log engagement, over the whole history."""
    looks = pd.read_parquet(folder / "snapshots.parquet", columns=["creator_id", "followers"])
    fake = pd.read_parquet(folder / "truth" / "creators.parquet").set_index("creator_id")
    followers = looks.groupby("creator_id")["followers"].median()
    figures = pd.read_parquet(folder / "post_metrics.parquet", columns=["post_id", "likes"])
    owner = pd.read_parquet(folder / "posts.parquet", columns=["post_id", "creator_id"])
    likes = figures.merge(owner, on="post_id").groupby("creator_id")["likes"].median()
    real = (followers * (1.0 - fake["fake_share"])).reindex(fake.index).fillna(1_000.0)
    engagement = np.log((likes.reindex(fake.index) + 1.0) / real)
    return pd.DataFrame({"real": real, "engagement": engagement})


def _matched(rows: pd.DataFrame, folder: Path) -> Floats:
    """Return the part of each audience that lies in the target countries, over the history."""
    table = pd.read_parquet(folder / "audience.parquet")
    table = table[table["dimension"] == "country"]
    mean = table.groupby(["creator_id", "value"])["share"].mean().unstack().fillna(0.0)
    mean = mean.reindex(rows["creator_id"].unique())
    place = {name: column for column, name in enumerate(mean.columns)}
    wanted = np.zeros((len(rows), len(place)))
    for row, targets in enumerate(rows["target_countries"]):
        for name, weight in targets if targets is not None else ():
            if name in place:
                wanted[row, place[name]] = weight
    shares = mean.loc[rows["creator_id"]].to_numpy()
    overlap = np.minimum(wanted, shares).sum(axis=1)
    overlap[wanted.sum(axis=1) == 0.0] = 1.0
    return np.asarray(np.nan_to_num(overlap, nan=UNMATCHED), np.float64)
