"""How the conversion model learns: what 300, 1,000, 3,000 and 10,000 collaborations are worth.

Run with ``python -m benchmarks.conversion_learning --seed 8 [--worlds DIR] [--plot FILE]``. One
world, large enough; whole briefs are drawn from what was known at the cut until so many mature rows
are there, the smaller numbers several times, and all are judged on the same later rows. Beside the
model stand its linear form, LightGBM as it comes, and the constant. Intervals are 90 %
bootstraps by brief of the mean over the draws.
"""

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.conversion_figures import Judged, calibration, gap, judged, told
from benchmarks.conversion_printing import figure, say
from benchmarks.conversion_rivals import default
from benchmarks.conversion_rows import (
    SEED,
    Cut,
    Later,
    asked,
    cut,
    features,
    later,
    reached,
    some,
    upstream,
    worlds,
)
from features.arrays import Floats, Ints
from models.fake_followers import FakeFollowers
from models.manifest import Data, Metric
from training import conversion
from training.crossing import candidates, plan
from training.dataset import Rows, collaborations, relabelled
from training.forecast import Cases, forecast, task
from training.selection.support import support

CREATORS = 3_600  # of whom 10,000 collaborations have matured by the cut
DRAWS = {300: 5, 1_000: 3, 3_000: 2, 10_000: 1}  # of so many mature rows
MODEL, LINEAR, PLAIN = "credence", "its linear form", "LightGBM default"
COLOURS = {MODEL: "tab:blue", LINEAR: "tab:green", PLAIN: "tab:red"}


@dataclass(frozen=True, slots=True)
class Point:
    """What was learned from so many rows: the judged rows, and each draw's probabilities."""

    rows: int
    judged: Judged
    answers: dict[str, list[Floats]]
    forms: list[str]

    def told(self, name: str, of: Callable[[Floats], Callable[[Floats], float]]) -> Metric:
        """Return a figure of one of the models, the mean over the draws."""
        figures = [of(p) for p in self.answers[name]]
        return told(lambda weight: float(np.mean([one(weight) for one in figures])),
                    self.judged.group)  # fmt: skip

    def gap(self, name: str) -> Metric:
        """Return the gap that one of the models closes."""
        return self.told(name, lambda p: gap(self.judged, p))


def point(where: Cut, known: Rows, after: Later, size: int, followers: FakeFollowers) -> Point:
    """Learn from some draws of so many mature rows, and the young ones of the same briefs."""
    answers: dict[str, list[Floats]] = {MODEL: [], LINEAR: [], PLAIN: []}
    forms = []
    for draw in range(DRAWS[size]):
        part = known.take(_briefs(known, size, np.random.default_rng(SEED + draw)))
        given = conversion.Given(
            rows=part,
            earlier=_earlier(where, part),
            support=support(where.tables, where.at, part, SEED),
            followers=followers,
        )
        trained = conversion.train(given, Data("0" * 64), seed=SEED)
        found = judged(trained.model, after)
        whole = part.take(some(part.share == 1.0))
        new = features(trained.model, after.rows)
        answers[MODEL].append(found.p)
        answers[LINEAR].append(linear(part, after.rows, followers))
        answers[PLAIN].append(default(features(trained.model, whole), reached(whole), new))
        forms.append(trained.settings["form"])
    return Point(size, found, answers, forms)


def _briefs(known: Rows, size: int, rng: np.random.Generator) -> Ints:
    """Return the rows of whole briefs, drawn until so many of them are mature."""
    briefs = rng.permutation(np.unique(known.group))
    place = np.argsort(briefs)[np.searchsorted(np.sort(briefs), known.group)]
    order = np.argsort(place, kind="stable")
    mature = np.cumsum(known.share[order] == 1.0)
    return np.sort(order[: int(np.searchsorted(mature, size)) + 1])


def _earlier(where: Cut, part: Rows) -> Callable[[int], Rows]:
    return lambda moment: relabelled(where.tables, part, moment)


def linear(known: Rows, new: Rows, followers: FakeFollowers) -> Floats:
    """Return the probabilities of the same model without trees."""
    cases = Cases.of(known, followers)
    asked_of = task(cases, SEED)
    found = candidates(asked_of, plan(asked_of), ("linear",))["linear"]
    return asked(forecast(cases, followers, found, SEED), new).probability


def show(found: Point) -> None:
    """Print the figures of one number of rows."""
    rows = found.judged
    say(f"\n{found.rows:,} mature rows, {DRAWS[found.rows]} draws, judged on {len(rows):,};"
        f" form {', '.join(found.forms)}")  # fmt: skip
    for name in found.answers:
        cells = [
            f"{what} {figure(found.told(name, of), digits)}"
            for what, digits, of in (
                ("log-loss", 4, lambda p: calibration(rows, p)["log-loss"]),
                ("gap closed", 3, lambda p: gap(rows, p)),
                ("slope", 2, lambda p: calibration(rows, p)["slope"]),
            )
        ]
        say(f"  {name:18s} " + "  ".join(cells))


def plot(points: list[Point], path: Path) -> None:
    """Draw the gap closed against the number of rows."""
    canvas = Figure(figsize=(7.0, 5.0), dpi=90, layout="constrained")
    FigureCanvasAgg(canvas)
    axes = canvas.subplots()
    for shift, (name, colour) in enumerate(COLOURS.items()):
        found = [one.gap(name) for one in points]
        y, low, high = (
            np.array([getattr(each, part) or 0.0 for each in found])
            for part in ("value", "low", "high")
        )
        x = np.array([one.rows for one in points]) * 1.03 ** (shift - 1)
        error = [np.maximum(y - low, 0.0), np.maximum(high - y, 0.0)]
        axes.errorbar(x, y, error, color=colour, marker="o", capsize=3, label=name)
    axes.axhline(0.0, color="0.5", linewidth=1, label="the constant")
    axes.axhline(1.0, color="0.2", linewidth=1, linestyle=":", label="the truth")
    axes.set(xscale="log", xlabel="mature collaborations learned from", ylabel="gap closed")
    axes.set_xticks([one.rows for one in points], [f"{one.rows:,}" for one in points])
    axes.minorticks_off()
    axes.set_ylim(min(-0.1, axes.get_ylim()[0]), 1.05)
    axes.legend(frameon=False, fontsize=9)
    axes.set_title(f"the same {len(points[0].judged):,} later rows, 90 % intervals", fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.savefig(path, metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creators", type=int, default=CREATORS)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--worlds", type=Path, help="folder that holds or gets w<seed>")
    parser.add_argument("--plot", type=Path, help="file for a picture")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        (folder,) = worlds([chosen.seed], chosen.creators, chosen.worlds, stack)
        where = cut(folder)
        after, known = later(where), collaborations(where.tables, where.at, young=True)
        followers = upstream(where.given)["fake_followers"]
        assert isinstance(followers, FakeFollowers)
        say(f"{int((known.share == 1.0).sum()):,} mature and {int((known.share < 1.0).sum()):,}"
            " young rows known at the cut")  # fmt: skip
        points = []
        for size in DRAWS:
            points.append(point(where, known, after, size, followers))
            show(points[-1])
    if chosen.plot:
        plot(points, chosen.plot)


if __name__ == "__main__":
    main()
