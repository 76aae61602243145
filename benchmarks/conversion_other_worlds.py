"""What the conversion model is worth where collaborations sell by other mechanisms.

Run with ``python -m benchmarks.conversion_other_worlds --seed 8 [--worlds DIR] [--only TEXT]``.
Each world is a built one whose outcomes, truth included, were drawn anew. The model learns what was
known at the cut and is judged on what came after, by what truly came, beside a competent LightGBM
on forty-five columns of its own making, fitted on the same rows and labels. The constant is the
judged rows' own rate. In brackets 90 % bootstraps by brief. "Sure" is the gap by true probabilities
instead of outcomes: the same, with less noise.
"""

import argparse
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from benchmarks.conversion_figures import (
    Judged,
    average,
    calibration,
    constant_losses,
    gap,
    held,
    judged,
    pooled,
    smooth_ks,
    told,
)
from benchmarks.conversion_forty_five import forty_five
from benchmarks.conversion_printing import figure, say
from benchmarks.conversion_rivals import competent
from benchmarks.conversion_rows import Later, cut, fitted, later, reached, upstream, worlds
from benchmarks.conversion_scenarios import DRAWN_OFTEN, MAKERS, Maker
from features.arrays import Floats
from models.answers import Fitted
from training.dataset import Rows
from training.metrics import log_losses

RIVAL = "LightGBM, 45 columns"


SEED = 11
DRAWS = 5  # of worlds of few rows


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one world, or several draws of it.

    Answers, rows learned from, the rate they had, seconds of fitting.
    """

    judged: Judged
    learned: int
    rate: float
    seconds: float


def run(name: str, base: Path, carried: dict[str, Fitted]) -> Found:
    """Make a world, fit in it, and judge; those of few rows several times."""
    draws = DRAWS if DRAWN_OFTEN in name else 1
    parts = [_run(MAKERS[name], base, carried, SEED + draw) for draw in range(draws)]
    return Found(
        pooled([part.judged for part in parts]),
        round(np.mean([part.learned for part in parts])),
        float(np.mean([part.rate for part in parts])),
        float(np.mean([part.seconds for part in parts])),
    )


def _run(maker: Maker, base: Path, carried: dict[str, Fitted], seed: int) -> Found:
    with TemporaryDirectory() as scratch:
        made = maker(base, Path(scratch) / "world", seed)
        where = cut(made.folder, made.cut)
        start = time.perf_counter()
        model = fitted(where.given, upstream(where.given) if made.own_audience else carried).model
        seconds = time.perf_counter() - start
        known, after = where.known(), _true_counts(later(where), made.count)
        columns = forty_five(made.folder)
    rival = _rival(columns, known, after)
    found = judged(model, after, {RIVAL: rival})
    return Found(found, len(known), float(reached(known).mean()), seconds)


def _true_counts(after: Later, count: "pd.Series[int]") -> Later:
    """Return rows with what truly came, whatever was reported."""
    value = np.asarray(count.loc[list(after.rows.row_id)], np.float64)
    return replace(after, rows=replace(after.rows, value=value))


def _rival(columns: pd.DataFrame, known: Rows, after: Later) -> Floats:
    X, new = (columns.loc[list(rows.row_id)].to_numpy() for rows in (known, after.rows))
    began = known.as_of.astype(np.float64)
    return competent(X, reached(known), new, time=began, groups=known.group)


def _sure(found: Judged, p: Floats) -> float:
    """Return the gap closed by true probabilities instead of outcomes."""

    def loss(q: Floats) -> float:
        t = found.truth
        return float(np.mean(t * log_losses(np.ones_like(q), q) + (1 - t) * log_losses(0 * q, q)))

    constant = loss(np.full(len(p), found.truth.mean()))
    return (constant - loss(p)) / (constant - loss(found.truth))


def show(name: str, found: Found) -> bool:
    """Print the figures of one world and return whether the model is ahead of both others."""
    rows = found.judged
    loss = {"credence": rows.p, **rows.rivals, "the truth": rows.truth}
    losses = {who: log_losses(rows.hit, p) for who, p in loss.items()}
    constant = constant_losses(rows, np.ones(len(rows)))
    before = log_losses(rows.hit, np.full(len(rows), found.rate))
    say(
        f"\n{name}: {found.learned:,} rows learned from in {found.seconds:.0f} s, {len(rows):,}"
        f" judged, {rows.hit.mean():.1%} reached their goal ({found.rate:.1%} before)"
    )
    say(
        f"  log-loss of the constant {constant.mean():.4f} (of the rate before {before.mean():.4f})"
    )
    every = np.ones(len(rows))
    for who, p in loss.items():
        parts = calibration(rows, p)
        shown = " ".join(f"{key} {parts[key](every):.2f}" for key in ("AUC", "slope", "intercept"))
        closed = figure(told(gap(rows, p), rows.group))
        say(f"  {who:21s} log-loss {losses[who].mean():.4f}  gap closed {closed:22s}"
            f" sure {_sure(rows, p):.3f}  {shown}")  # fmt: skip
    inside, width = held(rows)
    say(f"  interval holds {inside.mean():.2f} of the truths, width {width.mean():.2f}; expected"
        f" over observed {rows.expected.sum() / max(rows.count.sum(), 1.0):.2f}; KS of PIT"
        f" {smooth_ks(rows.pit)(every):.3f}")  # fmt: skip
    return all([
        _ahead(rows, losses[RIVAL] - losses["credence"], RIVAL),
        _ahead(rows, constant - losses["credence"], "the constant"),
        _never_behind(rows, constant - losses["credence"], losses[RIVAL] - losses["credence"]),
    ])  # fmt: skip


def _ahead(rows: Judged, by: Floats, whom: str) -> bool:
    found = told(average(by), rows.group)
    met = by.mean() >= 0.0
    say(f"  {'PASS' if met else 'FAIL'}: ahead of {whom} by {figure(found, 4)}")
    return bool(met)


def _never_behind(rows: Judged, constant: Floats, rival: Floats) -> bool:
    """Print what each draw shows, where there are several; none may fall behind the constant."""
    draws = range(int(rows.world.max()) + 1)
    ahead = [(constant[rows.world == one].mean(), rival[rows.world == one].mean()) for one in draws]
    met = all(by >= 0.0 for by, _ in ahead)
    if len(ahead) > 1:
        told_each = ", ".join(f"{by:.4f} and {other:.4f}" for by, other in ahead)
        say(f"  {'PASS' if met else 'FAIL'}: each draw's lead over the constant, and over {RIVAL}:"
            f" {told_each}")  # fmt: skip
    return met


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creators", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--worlds", type=Path, help="folder that holds or gets w<seed>")
    parser.add_argument("--only", default="", help="run the worlds whose name contains this")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        (base,) = worlds([chosen.seed], chosen.creators, chosen.worlds, stack)
        carried = upstream(cut(base).given)
        names = [name for name in MAKERS if chosen.only in name]
        met = {name: show(name, run(name, base, carried)) for name in names}
    failed = [name for name, passed in met.items() if not passed]
    say(f"\n{len(met) - len(failed)} of {len(met)} worlds pass; failing: {failed or 'none'}")


if __name__ == "__main__":
    main()
