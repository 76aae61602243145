"""Writes the claims ledger, `python -m training.claims --tables DIR --out docs/claims.md`."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from models.answers import Fitted
from models.champions import MODELS
from models.conversion import Conversion
from models.manifest import Metric
from training.claims.effects import PARTS, learned, log_expected, risked
from training.claims.moved import EFFECTS, RISKS
from training.claims.page import page
from training.claims.plot import effects
from training.claims.shown import FIGURES, Given, measure
from training.conversion import NAME
from training.dataset import collaborations, posterior
from training.fitting import Source, fit_one, source

SEED = 7
LEARNED_FROM = 0.75  # share of the collaborations, by time; the rest is asked about


@dataclass(frozen=True, slots=True)
class Asked:
    """Models and the later collaborations that they are asked about.

    Parameters
    ----------
    models : tuple of Conversion
        The model, then one without each part of the briefs it learned from.
    given : Given
        What they are asked about.
    cut : int
        The moment they learned at, microseconds.
    """

    models: tuple[Conversion, ...]
    given: Given
    cut: int


def ask(tables: Path, seed: int = SEED) -> Asked:
    """Train on the earlier part of a folder, and return what came later.

    Parameters
    ----------
    tables : Path
        Tables folder.
    seed : int
        Of everything random.
    """
    everything = source(tables, None, None, seed)
    assert everything.tables is not None  # a folder was given
    cut = int(np.quantile(everything.tables.collaborations.agreed, LEARNED_FROM, method="lower"))
    models = _fitted(replace(everything, as_of=cut))
    rows = collaborations(everything.tables, everything.as_of)
    rows = rows.take(np.flatnonzero(rows.as_of >= cut))
    full = np.column_stack([rows.X, posterior(models[0].followers, rows).share])
    return Asked(models, Given(rows, full, log_expected(models[0], full, rows)), cut)


def _fitted(given: Source) -> tuple[Conversion, ...]:
    """Return the conversion model and those without a part of the briefs, all of one moment."""
    models: dict[str, Fitted] = {}
    for name in MODELS:
        models[name] = fit_one(name, given, models).model
    parts = [fit_one(NAME, _without(given, part), models).model for part in range(PARTS)]
    found = (models[NAME], *parts)
    return tuple(one for one in found if isinstance(one, Conversion))


def _without(given: Source, part: int) -> Source:
    """Return a source in which some briefs' collaborations have no goal, and so no label."""
    assert given.tables is not None
    deals = given.tables.collaborations
    goal = np.where(deals.brief % PARTS == part, np.nan, deals.goal)
    return replace(given, tables=replace(given.tables, collaborations=replace(deals, goal=goal)))


def measured(asked: Asked) -> Mapping[str, Sequence[Metric]]:
    """Return every figure of the ledger by its key."""
    models, given = asked.models, asked.given
    full, rows, followers = given.full, given.rows, models[0].followers
    return {
        **{key: learned(one, models, full, rows) for key, one in EFFECTS.items()},
        **{key: risked(one, followers, full, rows) for key, one in RISKS.items()},
        **{key: [measure(one, given)] for key, one in FIGURES.items()},
    }


def write(tables: Path, out: Path) -> None:
    """Write the page, and the plot beside it.

    Parameters
    ----------
    tables : Path
        The simulated world.
    out : Path
        The page; the plot has its name, with .png.
    """
    asked = ask(tables)
    found, picture = measured(asked), out.with_suffix(".png")
    picture.write_bytes(effects(found))
    text = page(
        found,
        cut=datetime.fromtimestamp(asked.cut / 1e6, UTC).date().isoformat(),
        rows=len(asked.given.rows),
        briefs=len(np.unique(asked.given.rows.group)),
        picture=picture.name,
    )
    out.write_text(text, encoding="utf-8")
    print(out, file=sys.stderr)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.claims", description=__doc__)
    parser.add_argument("--tables", type=Path, required=True, help="a simulated world")
    parser.add_argument("--out", type=Path, required=True, help="the page")
    given = parser.parse_args()
    write(given.tables, given.out)


if __name__ == "__main__":
    main()
