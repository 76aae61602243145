"""What the conversion model is worth in simulated worlds, beside its rivals and the truth.

Run with ``python -m benchmarks.conversion_worlds --seeds 8 9 10 [--worlds DIR] [--plot FILE]``.
In each world the models learn what was known when the last quarter of the collaborations begins to
be agreed, and are judged on all of that quarter which matured. The second figure is that of
creators never seen. The held-out briefs are ranked by models of the whole history. Intervals are
90 % bootstraps by brief; a bootstrap overstates distances such as ECE and KS, so that theirs may
lie above the figure. The constant is the judged rows' own base rate, world by world.
"""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.conversion_figures import (
    ENOUGH,
    Figure,
    Judged,
    average,
    by_decile,
    calibration,
    constant_losses,
    counted,
    gap,
    held,
    judged,
    pooled,
    randomised_ks,
    smooth_ks,
    told,
)
from benchmarks.conversion_folders import keeping
from benchmarks.conversion_plots import plot
from benchmarks.conversion_printing import Targets, figure, line, say
from benchmarks.conversion_ranking import MODEL, RANDOM, TRUE, Pairs, pairs, ratio, worth
from benchmarks.conversion_rivals import default, tuned
from benchmarks.conversion_rows import (
    Later,
    cut,
    end,
    features,
    fitted,
    later,
    numbered,
    reached,
    some,
    worlds,
)
from features.arrays import Floats
from training.dataset import Rows
from training.metrics import log_losses
from training.splits import is_unseen

TARGETS: Targets = {
    "gap closed": (0.70, np.inf),
    "slope": (0.9, 1.1),
    "intercept": (-0.25, 0.25),
    "ECE above the truth's": (-np.inf, 0.02),
    "truth in the interval": (0.80, 1.0),
    "mean width": (0.0, 0.25),
    "PIT, KS randomised": (0.0, 0.03),
    "count in its interval, expected >= 5": (0.76, 0.88),
    "times followers": (1.6, np.inf),
    "times engagement rate": (1.3, np.inf),
}


@dataclass(frozen=True, slots=True)
class World:
    """What was found in one world."""

    seen: Judged  # all creators, later time
    unseen: Judged  # creators that the model never saw, later time
    pairs: Pairs | None


def world(folder: Path, *, ranking: bool) -> World:
    """Fit and ask everything in one world."""
    where = cut(folder)
    model, known, after = fitted(where.given).model, where.known(), later(where)
    seen = judged(model, after, rivals(model, known, after))
    say(f"{folder.name}: learned from {len(known):,} mature rows, judged on {len(seen):,}")
    with TemporaryDirectory() as scratch:
        part = cut(keeping(Path(scratch) / "seen", folder, _is_kept), where.at)
        twin, left = fitted(part.given).model, part.known()
    strangers = after.take(some(is_unseen(after.rows.creator_id)))
    unseen = judged(twin, strangers, rivals(twin, left, strangers))
    return World(seen, unseen, _ranked(folder) if ranking else None)


def rivals(model: Any, known: Rows, after: Later) -> dict[str, Floats]:
    """Return the probabilities of LightGBM on the same columns and rows."""
    X, hit, new = features(model, known), reached(known), features(model, after.rows)
    return {
        "LightGBM default": default(X, hit, new),
        "LightGBM tuned": tuned(X, hit, new, time=known.as_of.astype(np.float64)),
    }


def _is_kept(creator_id: str) -> bool:
    return not is_unseen([creator_id])[0]


def _ranked(folder: Path) -> Pairs:
    """Rank the held-out briefs with what is known at the end of the history."""
    where = cut(folder, end(folder))
    return pairs(fitted(where.given).model, where)


def show(title: str, found: Judged) -> None:
    """Print the figures of probabilities, their intervals and counts."""
    group = found.group
    say(f"\n{title}: {len(found):,} rows of {len(np.unique(group)):,} briefs,"
        f" {found.hit.mean():.1%} reached their goal")  # fmt: skip
    line("log-loss of the constant", told(lambda w: float(w @ constant_losses(found, w) / w.sum()),
                                          group), digits=4)  # fmt: skip
    line(
        "log-loss of the truth", told(average(log_losses(found.hit, found.truth)), group), digits=4
    )
    for name, p in ({MODEL: found.p} | dict(found.rivals)).items():
        say(f" {name}")
        targets = TARGETS if name == MODEL else None
        line("gap closed", told(gap(found, p), group), targets)
        for part, of in calibration(found, p).items():
            line(part, told(of, group), targets, 4 if part == "log-loss" else 3)
    mine, true = calibration(found, found.p), calibration(found, found.truth)
    for name in ("slope", "intercept", "ECE"):
        line(f"{name} of the truth", told(true[name], group))
    line("ECE above the truth's", told(lambda w: mine["ECE"](w) - true["ECE"](w), group), TARGETS)
    line("mean distance to the truth", told(average(np.abs(found.p - found.truth)), group))
    for name, p in found.rivals.items():
        ahead = log_losses(found.hit, p) - log_losses(found.hit, found.p)
        line(f"log-loss of {name}, above", told(average(ahead), group), digits=4)
    _show_intervals(found)
    _show_counts(found)


def _show_intervals(found: Judged) -> None:
    say(" 90 % interval of the probability")
    inside, width = held(found)
    line("truth in the interval", told(average(inside), found.group), TARGETS)
    line("mean width", told(average(width), found.group), TARGETS)
    cells = [f"{p:.2f}: {held:.2f} of {wide:.2f}" for p, held, wide, _ in by_decile(found)]
    say("  by tenth of p, truth held and width: " + ", ".join(cells))


def _show_counts(found: Judged) -> None:
    say(" count and its 80 % interval")
    group, many = found.group, found.expected >= ENOUGH
    line("PIT, KS randomised", told(randomised_ks(found.pit), group), TARGETS)
    line("PIT, KS without drawing", told(smooth_ks(found.pit), group))
    line("the same of the truth's own counts", told(smooth_ks(found.true_pit), group))
    line("count in its interval", told(average(counted(found)), group))
    line(f"count in its interval, expected >= {ENOUGH:g}",
         told(average(counted(found)), group, many), TARGETS)  # fmt: skip
    for name, mean in (("", found.expected), (" by the truth", found.true_expected)):
        line(f"expected over observed{name}", told(_ratio(mean, found.count), group))


def _ratio(of: Floats, by: Floats) -> Figure:
    return lambda weight: float(weight @ of / (weight @ by))


def show_ranking(title: str, found: Sequence[Pairs]) -> None:
    """Print what the ten first of each held-out brief are worth."""
    parts = [worth(one) for one in found]
    total = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    say(f"\n{title}: true expected conversions of the ten first of each of"
        f" {len(total[MODEL])} held-out briefs")  # fmt: skip
    for name, values in sorted(total.items(), key=lambda one: -one[1].sum()):
        alike = told(average(values / total[TRUE]), np.arange(len(values)))
        say(f"  {name:16s} {values.mean():8.2f} a brief, of the true ranking's"
            f" {figure(ratio(values, total[TRUE]))}, each brief alike {figure(alike)}")  # fmt: skip
    for name in ("followers", "engagement rate", RANDOM):
        line(f"times {name}", ratio(total[MODEL], total[name]), TARGETS)
    every = np.arange(len(total[MODEL]))
    line("regret, conversions a brief", told(average(total[TRUE] - total[MODEL]), every))
    brief = numbered([one.brief for one in found])
    p, low, high, true = (np.concatenate([getattr(one, name) for one in found])
                          for name in ("p", "low", "high", "probability"))  # fmt: skip
    inside = ((low <= true) & (true <= high)).astype(np.float64)
    say("  every eligible pair, chosen or not")
    line("truth in the interval", told(average(inside), brief), TARGETS)
    line("mean width", told(average(high - low), brief), TARGETS)
    line("mean distance to the truth", told(average(np.abs(p - true)), brief))
    line("mean probability above the truth's", told(average(p - true), brief))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creators", type=int, default=2_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[8, 9, 10])
    parser.add_argument("--worlds", type=Path, help="folder that holds or gets w<seed>")
    parser.add_argument("--plot", type=Path, help="file for a picture of the pooled rows")
    parser.add_argument("--no-ranking", action="store_true", help="leave out the held-out briefs")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folders = worlds(chosen.seeds, chosen.creators, chosen.worlds, stack)
        found = [world(folder, ranking=not chosen.no_ranking) for folder in folders]
    seen = pooled([one.seen for one in found])
    ranked = [one.pairs for one in found if one.pairs]
    for seed, one in zip(chosen.seeds, found, strict=True):
        show(f"Seed {seed}, later time, all creators", one.seen)
        if one.pairs:
            show_ranking(f"Seed {seed}", [one.pairs])
    show("All seeds, later time, all creators", seen)
    show("All seeds, later time, creators never seen", pooled([one.unseen for one in found]))
    if ranked:
        show_ranking("All seeds", ranked)
    if chosen.plot:
        plot(seen, chosen.plot, f"worlds {chosen.seeds}, the last quarter, {len(seen):,} rows")


if __name__ == "__main__":
    main()
