"""What it costs to count young collaborations as failures, and what the product's labels cost.

Run with ``python -m benchmarks.conversion_labels --seeds 8 9 10 [--worlds DIR]``. At the cut, naive
labels take what every published collaboration has brought so far as what it brings; the product's
wait for day 30, and learn from the young ones as far as their conversions have come. First the
labels themselves beside the truth, then the models that learn from them, on what came later.
Intervals are 90 % bootstraps by brief.
"""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.conversion_figures import Judged, average, calibration, gap, judged, pooled, told
from benchmarks.conversion_printing import line, say
from benchmarks.conversion_rows import (
    SEED,
    Cut,
    cut,
    fitted,
    later,
    numbered,
    reached,
    some,
    upstream,
    worlds,
)
from features.arrays import DAY, Floats, Ints
from features.tables import Tables
from models.fake_followers import FakeFollowers
from models.manifest import Data
from training import conversion
from training.dataset import Rows, collaborations
from training.labels import labels
from training.selection.support import support

RECENT_DAYS = 60  # before the cut: the collaborations whose labels youth can spoil


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labels of recent collaborations beside the truth: of everything learned from, by kind."""

    group: Ints
    weight: Floats  # of the rate: how much of a whole row each one is
    hit: Floats
    probability: Floats
    count: Floats
    expected: Floats


@dataclass(frozen=True, slots=True)
class World:
    """What was found in one world, by kind of label."""

    labels: dict[str, Labelled]
    answers: dict[str, Judged]


def naive(tables: Tables, rows: Rows, at: int) -> Rows:
    """Return the collaborations published before a moment, each with its count by then as final.

    Parameters
    ----------
    tables : Tables
        Raw tables.
    rows : Rows
        Seen at any later moment; their features are those of the agreement.
    at : int
        Microseconds. What nobody had counted yet has brought nothing.
    """
    table, found = tables.collaborations, labels(tables, at)
    published = dict(zip(table.ids, table.published.tolist(), strict=True))
    then = rows.take(some(np.array([rows.as_of[i] < at and published[name] < at
                                    for i, name in enumerate(rows.row_id)])))  # fmt: skip
    names = [table.ids[row] for row in found.rows.tolist()]
    counts = dict(zip(names, found.count.tolist(), strict=True))
    value = np.array([counts.get(name, 0.0) for name in then.row_id])
    return replace(
        then, value=value, share=np.ones(len(then)), known=np.minimum(then.known, at - 1)
    )


def _fit(where: Cut, kind: str, followers: FakeFollowers) -> tuple[object, Rows]:
    """Return the model that learns from one kind of labels, and its rows."""
    tables, at = where.tables, where.at
    if kind == "product":
        return fitted(where.given, {"fake_followers": followers}).model, collaborations(
            tables, at, young=True
        )
    every = collaborations(tables, tables.latest + 1, young=True)
    rows = naive(tables, every, at)
    given = conversion.Given(
        rows=rows,
        earlier=lambda moment: naive(tables, rows, moment),
        support=support(tables, at, rows, SEED),
        followers=followers,
    )
    return conversion.train(given, Data("0" * 64), seed=SEED).model, rows


def _labelled(where: Cut, rows: Rows) -> Labelled:
    """Put the labels of recent rows beside the truth; a young row counts by what has arrived."""
    recent = rows.take(some(rows.as_of >= where.at - RECENT_DAYS * DAY))
    truth = pq.read_table(where.folder / "truth" / "collaborations.parquet").to_pandas()
    truth = truth.set_index("collaboration_id").loc[list(recent.row_id)]
    return Labelled(
        group=recent.group,
        weight=(recent.share == 1.0).astype(np.float64),
        hit=reached(recent),
        probability=truth["conversion_probability"].to_numpy(np.float64),
        count=recent.value,
        expected=recent.share * truth["expected_conversions"].to_numpy(np.float64),
    )


def world(folder: Path) -> World:
    """Fit with either kind of labels in one world."""
    where = cut(folder)
    after = later(where)
    followers = upstream(where.given)["fake_followers"]
    assert isinstance(followers, FakeFollowers)
    labelled, answers = {}, {}
    for kind in ("product", "naive"):
        model, rows = _fit(where, kind, followers)
        labelled[kind], answers[kind] = _labelled(where, rows), judged(model, after)
    return World(labelled, answers)


def show_labels(kind: str, parts: Sequence[Labelled]) -> None:
    """Print how far labels are from the truth."""
    group = numbered([part.group for part in parts])
    weight, hit, probability, count, expected = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("weight", "hit", "probability", "count", "expected")
    )
    say(f"\n{kind} labels of collaborations agreed in the {RECENT_DAYS} days before the cut")
    whole = weight > 0.0
    line("rate of goals reached", told(average(hit), group, whole))
    line("true rate of the same rows", told(average(probability), group, whole))
    line("rate above the truth", told(average(hit - probability), group, whole))
    line("count over what is true of it", told(lambda w: float(w @ count / (w @ expected)), group))


def show_answers(kind: str, found: Judged) -> None:
    """Print how far the model that learned from the labels is from what came later."""
    group = found.group
    say(f"\nmodel of {kind} labels, on what came later")
    line("log-loss", told(calibration(found, found.p)["log-loss"], group), digits=4)
    line("gap closed", told(gap(found, found.p), group))
    line("intercept", told(calibration(found, found.p)["intercept"], group))
    line("mean probability above the truth's", told(average(found.p - found.truth), group))
    line("expected over observed", told(lambda w: float(w @ found.expected / (w @ found.count)),
                                        group))  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creators", type=int, default=2_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[8, 9, 10])
    parser.add_argument("--worlds", type=Path, help="folder that holds or gets w<seed>")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folders = worlds(chosen.seeds, chosen.creators, chosen.worlds, stack)
        found = [world(folder) for folder in folders]
    for kind in ("product", "naive"):
        show_labels(kind, [one.labels[kind] for one in found])
    for kind in ("product", "naive"):
        show_answers(kind, pooled([one.answers[kind] for one in found]))


if __name__ == "__main__":
    main()
