"""Reports of redrawn outcomes: when they come, what was taken back, what was wrong at first."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.arrays import Floats, Ints
from training.world.outcomes import arrived

HORIZON = 30.0
LAST = 70.0  # days after publishing beyond which nothing arrives
AGES: Floats = np.linspace(0.0, LAST, 1_401)
WRONG_BY = (1.5, 3.0)  # factor of an erroneous report
MENDED = 2.0  # days until it is corrected
JITTER = 0.4  # days by which a report misses its plan
COUNTED = 0.97  # of the planned reports, those that hold a count
Plans = tuple[tuple[float, tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True)
class Habits:
    """How outcomes are reported.

    Parameters
    ----------
    plans : tuple of (share, ages)
        Ages in days at which reports come, and the share of collaborations that report so; None
        keeps the reports of the tables.
    refunded : float
        Share of the conversions that is taken back, some time later.
    refund_days : float
        Mean time until then.
    wrong : float
        Share of the reports that are wrong, and corrected by another one.
    """

    plans: Plans | None = None
    refunded: float = 0.0
    refund_days: float = 12.0
    wrong: float = 0.0


SLOW = Habits(
    plans=(
        (0.40, (14.0, 45.0)),
        (0.20, (50.0,)),
        (0.15, (25.0, 36.0)),
        (0.10, (30.0,)),
        (0.15, (10.0, 20.0)),
    ),
    refunded=0.2,
    wrong=0.06,
)


def kept(habits: Habits) -> float:
    """Return the share of day 30's conversions that has not been taken back by then."""
    at = arrived(AGES[AGES <= HORIZON])
    gone = 1.0 - np.exp(-(HORIZON - AGES[AGES <= HORIZON]) / habits.refund_days)
    middle = (gone[1:] + gone[:-1]) / 2.0
    return 1.0 - habits.refunded * float(np.diff(at) @ middle)


def outcomes(
    rows: pd.DataFrame,
    count: Ints,
    habits: Habits,
    rng: np.random.Generator,
    *,
    old: pd.DataFrame,
    end: pd.Timestamp,
) -> tuple[pd.DataFrame, Ints]:
    """Return the table `outcomes`, and what stood at day 30.

    Parameters
    ----------
    rows : DataFrame
        Collaborations with collaboration_id and published_at.
    count : ndarray of int64, shape (n,)
        What each will have brought at day 30, before refunds.
    habits : Habits
        How it is reported.
    rng : Generator
        Of everything random.
    old : DataFrame
        The table that is replaced: it says when reports came, and which of them lacked a count.
    end : Timestamp
        When the history ends.
    """
    looks = _told(rows, old) if habits.plans is None else _planned(rows, habits.plans, rng, old)
    looks = looks[looks["observed_at"] < end].sort_values(["row", "age"], ignore_index=True)
    owner, bought, back = _events(count, habits, rng)
    stood = np.bincount(
        owner, (bought <= HORIZON).astype(float) - (back <= HORIZON), minlength=len(rows)
    )
    net = _cumulated(looks, owner, bought, back)
    conversions = np.maximum(net, 0).astype(np.int64)
    looks = looks.assign(conversions=conversions)
    looks = pd.concat([looks, _mended(looks, habits, rng)]).sort_values(["row", "age"])
    impressions = looks["impressions"]
    value = np.exp(4.0 + 0.15 * rng.standard_normal(len(rows)))[looks["row"]]
    known = looks["conversions"].where(looks["counted"])
    table = pd.DataFrame({
        "collaboration_id": rows["collaboration_id"].to_numpy()[looks["row"]],
        "observed_at": looks["observed_at"],
        "impressions": impressions,
        "clicks": (12 * looks["conversions"]).where(impressions.notna()),
        "conversions": known,
        "revenue": (looks["conversions"] * value).round(2).where(looks["counted"]),
    })  # fmt: skip
    whole = dict.fromkeys(("impressions", "clicks", "conversions"), "Int64")
    return table[table["observed_at"] < end].astype(whole), stood.astype(np.int64)


def _told(rows: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Return row, age, observed_at, impressions and whether counted, of each old report."""
    old = old.drop_duplicates(["collaboration_id", "observed_at"])
    place = pd.Series(np.arange(len(rows)), index=rows["collaboration_id"])
    row = place.loc[old["collaboration_id"]].to_numpy()
    published = rows["published_at"].array[row]
    return pd.DataFrame({
        "row": row,
        "age": np.asarray((old["observed_at"].array - published) / pd.Timedelta(days=1)),
        "observed_at": old["observed_at"].array,
        "impressions": old["impressions"].astype("Int64").array,
        "counted": old["conversions"].notna().to_numpy(),
    })  # fmt: skip


def _planned(
    rows: pd.DataFrame, plans: Plans, rng: np.random.Generator, old: pd.DataFrame
) -> pd.DataFrame:
    """Return the same of reports that come by plan; `old` tells the impressions."""
    shares, ages = zip(*plans, strict=True)
    chosen = rng.choice(len(ages), len(rows), p=shares)
    there = np.flatnonzero(rows["published_at"].notna())
    row = np.repeat(there, [len(ages[chosen[one]]) for one in there])
    age = np.concatenate([ages[chosen[one]] for one in there])
    age = age + rng.uniform(-JITTER, JITTER, len(age))
    shown = old.groupby("collaboration_id")["impressions"].max()
    later = pd.to_timedelta(np.rint(age * 86_400), unit="s")
    return pd.DataFrame({
        "row": row,
        "age": age,
        "observed_at": rows["published_at"].array[row] + later,
        "impressions": rows["collaboration_id"].iloc[row].map(shown).astype("Int64").array,
        "counted": rng.random(len(row)) < COUNTED,
    })  # fmt: skip


def _events(count: Ints, habits: Habits, rng: np.random.Generator) -> tuple[Ints, Floats, Floats]:
    """Return whose each conversion is, at which age it came, and at which it was taken back."""
    late = rng.poisson(count * (float(arrived(np.array([LAST]))[0]) - 1.0))
    owner = np.repeat(np.tile(np.arange(len(count)), 2), np.r_[count, late])
    share = arrived(AGES)
    split = int(count.sum())
    level = np.r_[rng.random(split), rng.uniform(1.0, share[-1], len(owner) - split)]
    bought = np.asarray(np.interp(level, share, AGES), np.float64)
    taken = rng.random(len(owner)) < habits.refunded
    back = np.where(taken, bought + rng.exponential(habits.refund_days, len(owner)), np.inf)
    return owner.astype(np.int64), bought, np.asarray(back, np.float64)


def _cumulated(looks: pd.DataFrame, owner: Ints, bought: Floats, back: Floats) -> Ints:
    """Return what stood at each report."""
    start, stop = (np.searchsorted(looks["row"], owner, side) for side in ("left", "right"))
    number = np.repeat(np.arange(len(owner)), stop - start)
    look = np.arange(len(number)) - np.repeat(np.cumsum(stop - start) - stop, stop - start)
    age = looks["age"].to_numpy()[look]
    change = (bought[number] <= age).astype(float) - (back[number] <= age)
    return np.bincount(look, change, minlength=len(looks)).astype(np.int64)


def _mended(looks: pd.DataFrame, habits: Habits, rng: np.random.Generator) -> pd.DataFrame:
    """Make some reports wrong, in place, and return the ones that put them right."""
    wrong = rng.random(len(looks)) < habits.wrong
    right = looks[wrong].copy()
    right["age"] += MENDED
    right["observed_at"] += pd.Timedelta(days=MENDED)
    factor = rng.uniform(*WRONG_BY, int(wrong.sum()))
    looks.loc[wrong, "conversions"] = np.rint(right["conversions"] * factor).astype(np.int64)
    return right
