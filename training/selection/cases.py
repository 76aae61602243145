"""Briefs that have chosen, with what came of the chosen: what an evaluation of the past is made of.

The propensities of all these briefs are fitted together, once. They say how the past chose and
answer for no later brief, so no law of time binds them; each brief's are by a model that did not
see it. Quarter by quarter they would be learned from fewer choices and foretell held-out ones less
well, and briefs before the period add little: brands choose much alike from quarter to quarter.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from features.arrays import Flags, Floats, Ints
from features.computing import Spine
from features.tables import Tables
from models.aims import Aims
from models.conversion import Conversion
from models.story import ConversionScores
from training.distinct import distinct
from training.labels import mature
from training.selection.pool import Pool
from training.selection.propensity import Propensity, propensity

TRUTH = Path("truth") / "applications.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Briefs with at least one outcome: everybody they could have chosen.

    Parameters
    ----------
    seen : Pool
        Of these briefs.
    chance : Propensity
        Theirs, cross-fitted.
    count : ndarray of float64, shape (n,)
        Conversions by day 30, NaN where nobody knows.
    goal : ndarray of float64, shape (n,)
        Of the brief.
    """

    seen: Pool
    chance: Propensity
    count: Floats
    goal: Floats

    def __len__(self) -> int:
        return len(self.seen)

    @property
    def hit(self) -> Floats:
        """Whether the goal was reached, 0 or 1, NaN where nobody knows."""
        return np.where(np.isnan(self.count), np.nan, self.count >= self.goal)

    def take(self, rows: Ints | Flags) -> "Case":
        """Return some of the pairs."""
        return Case(
            seen=self.seen.take(rows),
            chance=Propensity(self.chance.applying[rows], self.chance.chosen[rows]),
            count=self.count[rows],
            goal=self.goal[rows],
        )

    def open(self) -> "Case":
        """Return whom brands chose from: the applicants, or everybody without applications.

        Returns
        -------
        Case
            `chance.chosen` is the chance of being chosen among them, `seen.weight` how many of them
            each row stands for.
        """
        return self.take(self.seen.applied) if self.seen.applied.any() else self


def case(tables: Tables, seen: Pool, as_of: int, seed: int) -> Case:
    """Join a pool with its propensities and outcomes.

    Parameters
    ----------
    tables : Tables
        Raw tables.
    seen : Pool
        Of them.
    as_of : int
        Outcomes observed before it count, microseconds.
    seed : int
        Of the folds.

    Returns
    -------
    Case
        The propensities are learned from the whole pool, then briefs without an outcome are left
        out.
    """
    labels = mature(tables, as_of)
    brought = np.full(len(tables.collaborations.ids) + 1, np.nan)  # the last is nobody's
    brought[labels.rows] = labels.count
    count = brought[seen.deal]
    whole = Case(
        seen=seen, chance=propensity(seen, seed), count=count, goal=tables.briefs.goal[seen.brief]
    )
    return whole.take(np.isin(seen.brief, seen.brief[~np.isnan(count)]))


def answers(model: Conversion, tables: Tables, spine: Spine, X: Floats) -> ConversionScores:
    """Return what a model says of pairs of brief and creator.

    Parameters
    ----------
    model : Conversion
        With its own audience model.
    tables : Tables
        Raw tables.
    spine : Spine
        The pairs, each as of its moment.
    X : ndarray of float64, shape (n, len(NAMES))
        Their features, such as a pool's without an offer.
    """
    sampled = distinct(tables, spine).sampled(model.followers)
    share = model.followers.posterior(X, sampled).share
    return model.score(X, share, Aims.of(tables.briefs, spine.brief))


def truth(folder: Path, tables: Tables, seen: Pool) -> tuple[Floats, Floats]:
    """Return the chances and mean conversions that only a simulated world knows.

    Parameters
    ----------
    folder : Path
        The tables were read from it.
    tables : Tables
        Raw tables.
    seen : Pool
        Of them.

    Returns
    -------
    tuple of ndarray of float64, shape (n,)
        NaN of those who did not apply, and of everybody where there is no such file.
    """
    if not (folder / TRUTH).is_file():
        return np.full(len(seen), np.nan), np.full(len(seen), np.nan)
    told = pq.read_table(folder / TRUTH)
    keys = zip(told["brief_id"].to_pylist(), told["creator_id"].to_pylist(), strict=True)
    place = {key: row for row, key in enumerate(keys)}
    rows = [
        place.get((tables.briefs.ids[brief], tables.creators.ids[creator]), -1)
        for brief, creator in zip(seen.brief.tolist(), seen.creator.tolist(), strict=True)
    ]
    chances, means = (
        np.append(told[name].to_numpy(), np.nan)[rows]
        for name in ("conversion_probability", "expected_conversions")
    )
    return chances, means
