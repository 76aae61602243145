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
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.conversion_rows import SEED, Cut, cut, fitted, worlds
from benchmarks.selection_support import show_support
from features.arrays import Floats
from features.computing import Spine
from models.conversion import Conversion
from models.story import ConversionScores
from training.selection.cases import Case, answers, case, truth
from training.selection.estimates import (
    ESTIMATORS,
    FAINT,
    NAIVE,
    PICKS,
    Estimate,
    estimate,
    picks,
    plain,
    quantities,
)
from training.selection.plots import picture
from training.selection.pool import Pool, pool
from training.selection.report import stages
from training.selection.weighted import CLIP, doubly_robust, naive, observed, snips


def later(where: Cut) -> Case:
    """Return what can be known of the briefs after a cut."""
    tables = where.tables
    seen = pool(tables, tables.latest + 1, SEED, most=None, start=where.at)
    return case(tables, seen, tables.latest + 1, SEED)


def asked(model: Conversion, where: Cut, seen: Pool) -> ConversionScores:
    """Return what the model says of a pool."""
    spine = Spine.of(seen.creator, seen.as_of, brief=seen.brief)
    return answers(model, where.tables, spine, seen.X)


def estimates(whole: Case, said: ConversionScores, where: Cut) -> dict[str, Estimate]:
    """Return what is estimated of the applicants, and what orders of them are worth."""
    listed = whole.seen.applied
    found, mean = whole.open(), said.expected[listed]
    true = truth(where.folder, where.tables, found.seen)
    told = quantities(found, said.probability[listed], mean, true)
    scores: dict[str, Floats] = {"the model": mean} | plain(found)
    return {name: estimate(found, one, SEED) for name, one in told.items()} | {
        f"conversions of the first {PICKS} by {name}": estimate(
            found, told["conversions"], SEED, policy=picks(found, score)
        )
        for name, score in scores.items()
    }


def eligible(whole: Case, said: ConversionScores, where: Cut) -> dict[str, Estimate]:
    """Return the same for everybody eligible; the truth is that of the held-out briefs."""
    seen, known = whole.seen, ~np.isnan(whole.count)
    likely = np.maximum(observed(whole.chance.overall, seen.chosen, known, seen.brief), FAINT)
    held = pq.read_table(where.folder / "truth" / "briefs.parquet").to_pandas()
    by_brief = held.groupby("brief_id")[["expected_conversions", "conversion_probability"]]
    place = np.unique(seen.brief, return_inverse=True)[1]
    size = seen.weight.sum() / np.bincount(place, seen.weight)
    mass = seen.weight * size[place]
    told = {}
    for name, came, direct, column in (
        ("conversions", whole.count, said.expected, "expected_conversions"),
        ("reached", whole.hit, said.probability, "conversion_probability"),
    ):
        by = (
            naive(came, seen.brief, SEED),
            snips(came, likely, seen.brief, SEED, policy=mass),
            doubly_robust(direct, came, likely, seen.brief, SEED, policy=mass),
        )
        true = float(by_brief.mean()[column].mean())
        told[name] = Estimate(dict(zip(ESTIMATORS, by, strict=True)), true)
    return told


def show(told: dict[str, Estimate]) -> None:
    for name, found in told.items():
        assert found.truth is not None
        print(f"  {name}: truth {found.truth:.4f}")
        for estimator, one in found.by.items():
            metric = one.metric
            assert metric.value is not None
            assert metric.low is not None
            assert metric.high is not None
            inside = "holds the truth" if metric.low <= found.truth <= metric.high else "misses it"
            print(f"    {estimator:13s} {metric.value:8.4f} [{metric.low:.4f}, {metric.high:.4f}]"
                  f"  error {metric.value - found.truth:+.4f}  {inside}  n {metric.n:,}"
                  f"  ESS {one.effective:,.0f}  clipped {one.clipped:.1%}")  # fmt: skip


def show_overlap(found: Case) -> None:
    for name, one in stages(found.seen, found.chance).items():
        print(f"  {name}: AUC {one.auc:.3f}, slope {one.slope:.2f}, below the taken's 1 % /"
              f" 5 % quantile {one.below_1:.1%} / {one.below_5:.1%}, {one.taken:,} taken are"
              f" worth {one.effective:,.0f}")  # fmt: skip


def summary(every: list[dict[str, Estimate]]) -> None:
    for name in every[0]:
        size = {
            estimator: np.array(
                [abs((one[name].by[estimator].metric.value or 0.0) - (one[name].truth or 0.0))
                 for one in every]
            )
            for estimator in ESTIMATORS
        }  # fmt: skip
        told = ", ".join(f"{one} {found.mean():.4f}" for one, found in size.items())
        nearer = [
            f"{one} is nearer in {sum(bool(told[name].nearer(one)) for told in every)}"
            f" of {len(every)}"
            for one in ESTIMATORS[1:]
        ]
        worse = [one for one in ESTIMATORS[1:] if size[one].mean() >= size[NAIVE].mean()]
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
            found = later(where)
            said = asked(model, where, found.seen)
            print(f"{folder.name}: {len(np.unique(found.seen.brief)):,} later briefs,"
                  f" {found.seen.applied.sum():,} applicants, {found.seen.chosen.sum():,} chosen;"
                  f" weights clipped at {CLIP:g} times their mean")  # fmt: skip
            show_overlap(found)
            applicants.append(estimates(found, said, where))
            show(applicants[-1])
            print(
                " everybody eligible, against the truth of the 200 held-out briefs (other briefs)"
            )
            everybody.append(eligible(found, said, where))
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
