"""What weighting does for judging a model on the chosen alone, against a world's counterfactual.

Run with ``python -m benchmarks.selection --seeds 8 9 10 [--worlds DIR] [--plot FILE]``. The model
learns what was known when the last quarter of the collaborations begins to be agreed. Later briefs
judge it: the chosen have outcomes, the applicants who were not have a true chance that only the
world knows. `naive` takes the outcomes as they are, `SNIPS` weights them by one over the chance of
being chosen, `DR` corrects what the model expects of everybody by the weighted outcomes. Intervals
are 90 % bootstraps by brief.
"""

import argparse
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from scipy.special import entr

from benchmarks.conversion_rows import SEED, Cut, cut, fitted, worlds
from benchmarks.selection_support import asked, show_support
from features.arrays import Floats
from features.catalogue import NAMES
from features.computing import Spine
from models.conversion import Conversion
from models.story import ConversionScores
from training.labels import mature
from training.metrics import log_losses
from training.selection.overlap import overlap
from training.selection.plots import picture
from training.selection.pool import Pool, pool
from training.selection.propensity import Propensity, propensity
from training.selection.weighted import (
    CLIP,
    Weighted,
    doubly_robust,
    naive,
    observed,
    snips,
    top,
)

PICKS = 3  # creators that a policy takes for each brief
RANKED = {"followers": "log_followers", "engagement rate": "engagement_rate_90d"}
ESTIMATORS = ("naive", "SNIPS", "DR")


@dataclass(frozen=True, slots=True)
class Case:
    """Briefs after the cut with at least one outcome: everybody, and what came of the chosen.

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
    model : ConversionScores
        What the model says, nothing offered.
    chances, means : ndarray of float64, shape (n,)
        The truth; NaN of those who did not apply.
    """

    seen: Pool
    chance: Propensity
    count: Floats
    goal: Floats
    model: ConversionScores
    chances: Floats
    means: Floats


def case(where: Cut, model: Conversion) -> Case:
    """Return what can be known of the briefs after a cut, and what only the world knows."""
    tables = where.tables
    seen = pool(tables, tables.latest + 1, SEED, most=None, start=where.at)
    labels = mature(tables, tables.latest + 1)
    brought = np.full(len(tables.collaborations.ids) + 1, np.nan)  # the last is nobody's
    brought[labels.rows] = labels.count
    judged = np.isin(seen.brief, seen.brief[~np.isnan(brought[seen.deal])])
    chance = propensity(seen, SEED)
    seen = seen.take(judged)
    chance = Propensity(chance.applying[judged], chance.chosen[judged])
    truth = pq.read_table(where.folder / "truth" / "applications.parquet").to_pandas()
    true = truth.set_index(["brief_id", "creator_id"]).reindex(
        [
            (tables.briefs.ids[brief], tables.creators.ids[creator])
            for brief, creator in zip(seen.brief.tolist(), seen.creator.tolist(), strict=True)
        ]
    )
    return Case(
        seen,
        chance,
        brought[seen.deal],
        tables.briefs.goal[seen.brief],
        asked(model, where, Spine.of(seen.creator, seen.as_of, brief=seen.brief), seen.X),
        true["conversion_probability"].to_numpy(np.float64),
        true["expected_conversions"].to_numpy(np.float64),
    )


def figures(found: Case) -> dict[str, tuple[Floats, Floats, Floats, Floats | None]]:
    """Return what came, what the model expects of it and what is true, and who is to count."""
    p, mean = found.model.probability, found.model.expected
    hit = np.where(np.isnan(found.count), np.nan, found.count >= found.goal)
    true, on, off = found.chances, log_losses(np.ones_like(p), p), log_losses(np.zeros_like(p), p)
    brief = found.seen.brief
    scores = {"the model": mean} | {
        name: found.seen.X[:, NAMES.index(column)] for name, column in RANKED.items()
    }
    listed = found.seen.applied
    return {
        "mean conversions": (found.count, mean, found.means, None),
        "share that reach the goal": (hit, p, true, None),
        "log-loss of the model": (
            np.where(hit == 1.0, on, np.where(hit == 0.0, off, np.nan)),
            entr(p) + entr(1.0 - p),
            true * on + (1.0 - true) * off,
            None,
        ),
        "Brier score of the model": (
            (hit - p) ** 2,
            p * (1.0 - p),
            true * (1.0 - p) ** 2 + (1.0 - true) * p**2,
            None,
        ),
    } | {
        f"conversions of the first {PICKS} by {name}": (
            found.count,
            mean,
            found.means,
            top(np.where(listed, score, np.nan), brief, PICKS) * listed,
        )
        for name, score in scores.items()
    }


def estimates(found: Case) -> dict[str, tuple[float, dict[str, Weighted]]]:
    """Return the truth about the applicants of each figure, and the three estimates of it."""
    listed = found.seen.applied
    seen, chance = found.seen.take(listed), found.chance.chosen[listed]
    known = ~np.isnan(found.count[listed])
    likely = np.maximum(observed(chance, seen.chosen, known, seen.brief), 1e-9)
    told = {}
    for name, (outcome, mean, true, policy) in figures(found).items():
        mass = np.ones(len(seen)) if policy is None else policy[listed]
        came, direct = outcome[listed], mean[listed]
        told[name] = (
            float(np.average(true[listed], weights=mass)),
            {
                "naive": naive(came, seen.brief, SEED, policy=mass),
                "SNIPS": snips(came, likely, seen.brief, SEED, policy=mass),
                "DR": doubly_robust(direct, came, likely, seen.brief, SEED, policy=mass),
            },
        )
    return told


def eligible(found: Case, where: Cut) -> dict[str, tuple[float, dict[str, Weighted]]]:
    """Return the same for everybody eligible; the truth is that of the held-out briefs."""
    seen, known = found.seen, ~np.isnan(found.count)
    likely = np.maximum(observed(found.chance.overall, seen.chosen, known, seen.brief), 1e-9)
    truth = pq.read_table(where.folder / "truth" / "briefs.parquet").to_pandas()
    by_brief = truth.groupby("brief_id")[["expected_conversions", "conversion_probability"]]
    size = seen.weight.sum() / np.bincount(np.unique(seen.brief, return_inverse=True)[1],
                                           seen.weight)  # fmt: skip
    mass = seen.weight * size[np.unique(seen.brief, return_inverse=True)[1]]
    told = {}
    for name, column in (
        ("mean conversions", "expected_conversions"),
        ("share that reach the goal", "conversion_probability"),
    ):
        came, direct, _, _ = figures(found)[name]
        told[name] = (
            float(by_brief.mean()[column].mean()),
            {
                "naive": naive(came, seen.brief, SEED),
                "SNIPS": snips(came, likely, seen.brief, SEED, policy=mass),
                "DR": doubly_robust(direct, came, likely, seen.brief, SEED, policy=mass),
            },
        )
    return told


def show(told: dict[str, tuple[float, dict[str, Weighted]]]) -> None:
    for name, (truth, found) in told.items():
        print(f"  {name}: truth {truth:.4f}")
        for estimator, one in found.items():
            metric = one.metric
            assert metric.value is not None
            assert metric.low is not None
            assert metric.high is not None
            inside = "holds the truth" if metric.low <= truth <= metric.high else "misses it"
            print(f"    {estimator:6s} {metric.value:8.4f} [{metric.low:.4f}, {metric.high:.4f}]"
                  f"  error {metric.value - truth:+.4f}  {inside}  n {metric.n:,}"
                  f"  ESS {one.effective:,.0f}  clipped {one.clipped:.1%}")  # fmt: skip


def show_overlap(found: Case) -> None:
    seen, listed = found.seen, found.seen.applied
    for name, one in (
        ("chosen of the applicants",
         overlap(found.chance.chosen[listed], seen.chosen[listed], seen.weight[listed],
                 seen.brief[listed])),
        ("chosen of the eligible",
         overlap(found.chance.overall, seen.chosen, seen.weight, seen.brief)),
    ):  # fmt: skip
        if one is not None:
            print(f"  {name}: AUC {one.auc:.3f}, slope {one.slope:.2f}, below the chosen's 1 % /"
                  f" 5 % quantile {one.below_1:.1%} / {one.below_5:.1%}, {one.taken:,} chosen are"
                  f" worth {one.effective:,.0f}")  # fmt: skip


def summary(every: list[dict[str, tuple[float, dict[str, Weighted]]]]) -> None:
    for name in every[0]:
        size = {
            estimator: np.array(
                [abs((told[name][1][estimator].metric.value or 0.0) - told[name][0])
                 for told in every]
            )
            for estimator in ESTIMATORS
        }  # fmt: skip
        told = ", ".join(f"{one} {found.mean():.4f}" for one, found in size.items())
        nearer = [
            f"{one} is nearer in {np.sum(size[one] < size['naive'])} of {len(every)}"
            for one in ESTIMATORS[1:]
        ]
        worse = [one for one in ESTIMATORS[1:] if size[one].mean() >= size["naive"].mean()]
        mark = f"  NOT NEARER ON AVERAGE: {', '.join(worse)}" if worse else ""
        print(f"  {name}: mean absolute error {told}; {', '.join(nearer)}{mark}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[8, 9, 10])
    parser.add_argument("--creators", type=int, default=2_000)
    parser.add_argument("--worlds", type=Path, help="holds or gets a folder w<seed> each")
    parser.add_argument("--plot", type=Path, help="picture of the first world's overlap")
    given = parser.parse_args()
    applicants, everybody = [], []
    with ExitStack() as stack:
        for folder in worlds(given.seeds, given.creators, given.worlds, stack):
            where = cut(folder)
            model = fitted(where.given).model
            assert isinstance(model, Conversion)
            found = case(where, model)
            print(f"{folder.name}: {len(np.unique(found.seen.brief)):,} later briefs,"
                  f" {found.seen.applied.sum():,} applicants, {found.seen.chosen.sum():,} chosen;"
                  f" weights clipped at {CLIP:g} times their mean")  # fmt: skip
            show_overlap(found)
            applicants.append(estimates(found))
            show(applicants[-1])
            print(
                " everybody eligible, against the truth of the 200 held-out briefs (other briefs)"
            )
            everybody.append(eligible(found, where))
            show(everybody[-1])
            show_support(where, model)
            if given.plot and folder.name == f"w{given.seeds[0]}":
                given.plot.write_bytes(picture(found.seen, found.chance, folder.name))
    print("applicants, all worlds")
    summary(applicants)
    print("everybody eligible, all worlds")
    summary(everybody)


if __name__ == "__main__":
    main()
