"""A marketplace that has hardly begun: a dozen campaigns, drawn from a world's held-out briefs."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.conversion_folders import Frames
from benchmarks.conversion_redraw import SHAPE, gamma_poisson
from benchmarks.conversion_reports import Habits, outcomes
from features.arrays import Ints

LEARNED = ("2025-09-01", "2026-01-31")  # when the few campaigns agree
CUT = pd.Timestamp("2026-04-01", tz="UTC")
JUDGED = ("2026-04-02", "2026-05-10")
OTHERS, EACH = 120, 12  # campaigns that judge, and their collaborations
TILT = 0.5  # brands choose by what they would sell, to this power
LEAD = pd.Timedelta(days=5)  # from a brief to its agreements
REPORTS = Habits(plans=((0.6, (3.0, 7.0, 14.0, 30.0, 45.0)), (0.4, (7.0, 33.0))))


@dataclass(frozen=True, slots=True)
class Few:
    """The tables that differ, the truth, and what each collaboration brought by day 30."""

    changed: Frames
    truth: pd.DataFrame
    count: "pd.Series[int]"


def few(base: Path, campaigns: int, deals: int, rng: np.random.Generator) -> Few:
    """Draw so many campaigns with so many collaborations before the cut, and others after it.

    Parameters
    ----------
    base : Path
        A built world.
    campaigns, deals : int
        Before the cut.
    rng : Generator
        Of everything random.
    """
    pairs = pd.read_parquet(base / "truth" / "briefs.parquet")
    end = pairs["as_of"].iloc[0]
    chosen = rng.permutation(pairs["brief_id"].unique())[: campaigns + OTHERS]
    sizes = np.r_[np.full(campaigns, deals // campaigns), np.full(OTHERS, EACH)]
    sizes[: deals % campaigns] += 1
    parts = [
        _agreed(pairs[pairs["brief_id"] == brief], int(size), place < campaigns, rng)
        for place, (brief, size) in enumerate(zip(chosen, sizes, strict=True))
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows["collaboration_id"] = [f"k{place:06d}" for place in range(len(rows))]
    briefs = _moved(pd.read_parquet(base / "briefs.parquet"), rows)
    goal = rows["brief_id"].map(briefs.set_index("brief_id")["conversion_goal"]).to_numpy(np.int64)
    drawn = gamma_poisson(rows["expected_conversions"].to_numpy(), goal, SHAPE, rng)
    old = pd.read_parquet(base / "outcomes.parquet").head(0)
    reports, count = outcomes(rows, drawn.count, REPORTS, rng, old=old, end=end)
    true = rows[["collaboration_id", "expected_conversions"]]
    return Few(
        {
            "briefs": briefs,
            "collaborations": rows,
            "outcomes": reports,
            "applications": pd.read_parquet(base / "applications.parquet").head(0),
        },
        true.assign(conversion_probability=drawn.chance),
        pd.Series(count, index=rows["collaboration_id"]),
    )


def _agreed(pairs: pd.DataFrame, size: int, early: bool, rng: np.random.Generator) -> pd.DataFrame:
    """Choose creators of one brief, and when they agree and publish."""
    weight = pairs["expected_conversions"].to_numpy() ** TILT
    size = min(size, len(pairs))
    taken: Ints = rng.choice(len(pairs), size, replace=False, p=weight / weight.sum())
    first, last = (pd.Timestamp(day, tz="UTC") for day in (LEARNED if early else JUDGED))
    agreed = first + (last - first) * rng.random() + pd.to_timedelta(
        np.rint(86_400 * rng.exponential(4.0, size)), unit="s")  # fmt: skip
    days = 2.0 + rng.gamma(2.0, 2.5, size)
    rows = pairs.iloc[taken].drop(columns="as_of")
    published = agreed + pd.to_timedelta(np.rint(86_400 * days), unit="s")
    return rows.assign(agreed_at=agreed.astype("datetime64[us, UTC]"),
                       published_at=published.astype("datetime64[us, UTC]"))  # fmt: skip


def _moved(briefs: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the briefs of rows, posted days before their first agreement."""
    first = rows.groupby("brief_id")["agreed_at"].min()
    briefs = briefs[briefs["brief_id"].isin(first.index)].copy()
    posted = briefs["brief_id"].map(first) - LEAD
    briefs["publish_by"] += posted - briefs["created_at"]
    briefs["created_at"] = posted
    return briefs
