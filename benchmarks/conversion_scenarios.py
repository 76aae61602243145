"""Worlds with other mechanisms than the built-in one, as tables folders with their truth."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.stats import nbinom

from benchmarks.conversion_few import CUT, few
from benchmarks.conversion_folders import write
from benchmarks.conversion_redraw import (
    SHAPE,
    Drawn,
    Mechanism,
    as_built,
    facts,
    heavy_goals,
    lognormal,
    other_drivers,
    random_goals,
    shifted,
    zero_inflated,
)
from benchmarks.conversion_reports import SLOW, Habits, kept, outcomes
from features.schema import TABLES

HIDDEN, DROPPED = 0.4, 0.2  # share of nullable cells set to null, and of rows of histories dropped
THINNED = ("snapshots", "post_metrics")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A folder, what its collaborations truly brought, and when it is cut.

    Parameters
    ----------
    folder : Path
        With `truth/collaborations.parquet`.
    count : Series
        Conversions at day 30 by collaboration_id.
    cut : int or None
        Microseconds; None for the usual place.
    own_audience : bool
        Whether its audiences differ from the base world's, so that the share is learned anew.
    """

    folder: Path
    count: "pd.Series[int]"
    cut: int | None = None
    own_audience: bool = False


Maker = Callable[[Path, Path, int], Scenario]
"""From a base world, a folder to be written and a seed."""


def redrawn(make: Callable[[Path], Mechanism], habits: Habits = Habits()) -> Maker:  # noqa: B008
    """Return how a world is made by a mechanism and habits of reporting."""

    def made(base: Path, folder: Path, seed: int) -> Scenario:
        rng, rows = np.random.default_rng(seed), facts(base)
        changed = {}
        mechanism = make(base)
        if mechanism is heavy_goals:
            changed["briefs"] = random_goals(pd.read_parquet(base / "briefs.parquet"), rng)
            goals = changed["briefs"].set_index("brief_id")["conversion_goal"]
            rows["goal"] = rows["brief_id"].map(goals)
        drawn = mechanism(rows, rng)
        old, end = pd.read_parquet(base / "outcomes.parquet"), _end(base)
        changed["outcomes"], count = outcomes(rows, drawn.count, habits, rng, old=old, end=end)
        write(folder, base, changed, _true(rows, drawn, kept(habits), habits.refunded > 0))
        return Scenario(folder, pd.Series(count, index=rows["collaboration_id"]))

    return made


def _true(rows: pd.DataFrame, drawn: Drawn, share: float, refunds: bool) -> pd.DataFrame:
    """Return the truth; what is left of a gamma-Poisson count after refunds is one too."""
    goal = rows["goal"].to_numpy()
    mean = share * drawn.mean
    chance = nbinom.sf(goal - 1, SHAPE, SHAPE / (SHAPE + mean)) if refunds else drawn.chance
    return pd.DataFrame({
        "collaboration_id": rows["collaboration_id"],
        "conversion_probability": chance,
        "expected_conversions": mean,
    })  # fmt: skip


def missing(base: Path, folder: Path, seed: int) -> Scenario:
    """Make a world where nullable cells are often null, and rows of the histories are lost."""
    first = redrawn(lambda _: as_built)(base, folder, seed)
    rng = np.random.default_rng(seed)
    for name, schema in TABLES.items():
        path = folder / f"{name}.parquet"
        table = pq.read_table(path)
        if name in THINNED:
            table = table.filter(pa.array(rng.random(len(table)) >= DROPPED))
        for column in schema.columns:
            if column.name in table.column_names and not column.required:
                table = _hidden(table, column.name, rng)
        path.unlink()
        pq.write_table(table, path)
    rows = facts(folder)
    mean = rows["mean"].to_numpy()
    chance = np.asarray(nbinom.sf(rows["goal"] - 1, SHAPE, SHAPE / (SHAPE + mean)))
    drawn = Drawn(mean, chance, rows["goal"].to_numpy())
    path = folder / "truth" / "collaborations.parquet"
    _true(rows, drawn, 1.0, refunds=False).to_parquet(path, index=False)
    return Scenario(folder, first.count, own_audience=True)


def _hidden(table: pa.Table, name: str, rng: np.random.Generator) -> pa.Table:
    """Return a table with cells of a column null at random."""
    gone = pa.array(rng.random(len(table)) < HIDDEN)
    column = table[name].combine_chunks()
    shown = pc.if_else(gone, pa.scalar(None, column.type), column)
    return table.set_column(table.column_names.index(name), name, shown)


def begun(campaigns: int, deals: int) -> Maker:
    """Return how a world of few campaigns is made."""

    def made(base: Path, folder: Path, seed: int) -> Scenario:
        found = few(base, campaigns, deals, np.random.default_rng(seed))
        write(folder, base, found.changed, found.truth)
        return Scenario(folder, found.count, int(CUT.timestamp()) * 1_000_000)

    return made


def _end(base: Path) -> pd.Timestamp:
    moment: pd.Timestamp = pd.read_parquet(base / "truth" / "briefs.parquet")["as_of"].iloc[0]
    return moment


DRAWN_OFTEN = "campaigns"
"""In the names of the worlds of so few rows that one draw of them says little."""

MAKERS: dict[str, Maker] = {
    "lognormal noise .9, creators .8, brands .5": redrawn(lambda _: lognormal),
    "30 % sell nothing, whoever": redrawn(lambda _: zero_inflated),
    "other drivers": redrawn(other_drivers),
    "falls by half in half a year, seasons": redrawn(lambda _: shifted),
    "40 % of cells null, 20 % of rows lost": missing,
    "12 campaigns, 150 collaborations": begun(12, 150),
    "40 campaigns, 400 collaborations": begun(40, 400),
    "goals 1 to 200 at random": redrawn(lambda _: heavy_goals),
    "reports late and rare, refunds, mistakes": redrawn(lambda _: as_built, SLOW),
}
