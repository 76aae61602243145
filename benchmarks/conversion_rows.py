"""A world cut at a moment: a model that knows what was known then, and the rows that came after."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from features.arrays import Flags, Floats, Ints
from features.tables import Tables
from models.answers import Fitted
from models.conversion import Conversion
from models.story import ConversionScores
from training.conversion import scores
from training.dataset import Rows, collaborations, posterior
from training.fitting import Source, fit_one, source
from training.trained import Trained
from training.world import build

SEED = 7
LATER = 0.25  # share of the collaborations, the latest agreed, that judge


@dataclass(frozen=True, slots=True)
class Later:
    """Mature collaborations agreed after the cut, with the truth about them.

    Parameters
    ----------
    rows : Rows
        As the product sees them, each at its agreement.
    probability, expected : ndarray of float64, shape (n,)
        What the world knows.
    """

    rows: Rows
    probability: Floats
    expected: Floats

    @property
    def hit(self) -> Floats:
        """Whether each reached its goal."""
        return reached(self.rows)

    def take(self, chosen: Ints) -> "Later":
        """Return some of the rows."""
        return Later(self.rows.take(chosen), self.probability[chosen], self.expected[chosen])


@dataclass(frozen=True, slots=True)
class Cut:
    """A tables folder at a moment.

    Parameters
    ----------
    folder : Path
        Of the tables.
    at : int
        The moment, microseconds.
    given : Source
        What a training may read; the readers hide what became known later.
    """

    folder: Path
    at: int
    given: Source

    @property
    def tables(self) -> Tables:
        """Return the tables, whole."""
        assert self.given.tables is not None
        return self.given.tables

    def known(self) -> Rows:
        """Return the mature collaborations whose label was known before the cut."""
        return collaborations(self.tables, self.at)


def worlds(
    seeds: Sequence[int], creators: int, folder: Path | None, stack: ExitStack
) -> list[Path]:
    """Return a folder for each seed, built where it is not there yet.

    Parameters
    ----------
    seeds : sequence of int
        Of the worlds.
    creators : int
        In each.
    folder : Path or None
        Holds or gets `w<seed>`; without one, worlds are forgotten afterwards.
    stack : ExitStack
        Forgets them.
    """
    base = folder or Path(stack.enter_context(TemporaryDirectory()))
    for seed in seeds:
        if not (base / f"w{seed}" / "truth").is_dir():
            build(base / f"w{seed}", creators, seed)
    return [base / f"w{seed}" for seed in seeds]


def cut(folder: Path, at: int | None = None) -> Cut:
    """Cut a folder, by default where the last quarter of its collaborations begins."""
    whole = source(folder, None, None, SEED)
    assert whole.tables is not None
    agreed = np.sort(whole.tables.collaborations.agreed)
    moment = int(agreed[int((1.0 - LATER) * len(agreed))]) if at is None else at
    return Cut(folder, moment, replace(whole, as_of=moment))


def end(folder: Path) -> int:
    """Return the moment that a world's held-out briefs are asked as of."""
    column = pq.read_table(folder / "truth" / "briefs.parquet", columns=["as_of"])["as_of"]
    return int(column.cast("int64")[0].as_py())


def upstream(given: Source) -> dict[str, Fitted]:
    """Fit the two models that conversion carries."""
    accounts = fit_one("fake_accounts", given, {}).model
    return {"fake_followers": fit_one("fake_followers", given, {"fake_accounts": accounts}).model}


def fitted(given: Source, carried: dict[str, Fitted] | None = None) -> Trained:
    """Fit the conversion model, and what it carries where that is not given."""
    return fit_one("conversion", given, carried or upstream(given))


def later(where: Cut) -> Later:
    """Return what came after the cut, as known at the end of the tables."""
    rows = collaborations(where.tables, where.tables.latest + 1)
    rows = rows.take(np.flatnonzero(rows.as_of >= where.at))
    truth = pq.read_table(where.folder / "truth" / "collaborations.parquet").to_pandas()
    truth = truth.set_index("collaboration_id").loc[list(rows.row_id)]
    return Later(
        rows,
        truth["conversion_probability"].to_numpy(np.float64),
        truth["expected_conversions"].to_numpy(np.float64),
    )


def asked(model: Any, rows: Rows) -> ConversionScores:
    """Return what a conversion model says of rows, at the goals that stand in them."""
    assert isinstance(model, Conversion)
    return scores(model, rows)


def reaches(model: Any, rows: Rows, goal: Floats) -> Floats:
    """Return the probability that each row's count is at least a number, 1 for numbers below 1."""
    aim = replace(rows.aim, goal=np.maximum(goal, 1.0))
    answer = asked(model, replace(rows, aim=aim)).probability
    return np.where(goal < 1.0, 1.0, answer)


def reached(rows: Rows) -> Floats:
    """Return whether each row's count is at least its goal."""
    return (rows.value >= rows.goal).astype(np.float64)


def features(model: Any, rows: Rows) -> Floats:
    """Return every column of the catalogue, the fake share and the goal, for rivals."""
    assert isinstance(model, Conversion)
    return np.column_stack([rows.X, posterior(model.followers, rows).share, rows.goal])


def numbered(parts: Sequence[Ints]) -> Ints:
    """Return groups of several worlds as numbers that no two worlds share."""
    return np.concatenate([place * 10_000_000 + part for place, part in enumerate(parts)])


def some(mask: Flags) -> Ints:
    """Return the places where a mask is set."""
    return np.flatnonzero(mask).astype(np.int64)
