"""How far the share of fake followers is off, and how often its interval holds the truth.

Run with ``python -m benchmarks.share_intervals --data DIR --plot FILE``; DIR holds the real data
(by default CREDENCE_REAL_DATA or ../shared/data). Audiences are drawn from labelled accounts that
the models never saw, with shares as published for influencers, as many in each band of true share.
The textbook estimates get a bootstrap over followers as their interval; figures in brackets are
90 % bootstrap intervals over audiences.
"""

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib import pyplot as plt

from benchmarks.share_audiences import BANDS, FILES, SHARES, Audiences, Judge, draw, judges
from benchmarks.share_rivals import RIVALS, counts, with_interval
from models.sample import log_likelihoods
from models.share import beta_log_masses, posteriors

Floats = npt.NDArray[np.float64]

SIZES = (1, 30, 100, 300, 500, 1000)
COMPARED = (100, 300, 500)  # where the rivals are computed, too
BOTH = tuple(FILES)
SETTINGS = (
    ("both sources known", BOTH, BOTH, BOTH),
    ("InstaFake alone, known", ("InstaFake",), ("InstaFake",), ("InstaFake",)),
    ("Kaggle alone, known", ("Kaggle",), ("Kaggle",), ("Kaggle",)),
    ("fakes of Kaggle unseen", ("InstaFake",), ("InstaFake",), ("Kaggle",)),
    ("fakes of InstaFake unseen", ("Kaggle",), ("Kaggle",), ("InstaFake",)),
    ("Kaggle all unseen", ("InstaFake",), ("Kaggle",), ("Kaggle",)),
    ("InstaFake all unseen", ("Kaggle",), ("InstaFake",), ("InstaFake",)),
)


@dataclass(frozen=True, slots=True)
class Estimates:
    """Shares of audiences with 90 % intervals, beside the true ones."""

    share: Floats
    low: Floats
    high: Floats
    truth: Floats
    band: npt.NDArray[np.int64]

    def figures(self, drawn: npt.NDArray[np.int64]) -> Floats:
        """Return mean absolute error, bias, then coverage and width, over all and by band."""
        off = (self.share - self.truth)[drawn]
        held = ((self.low <= self.truth) & (self.truth <= self.high))[drawn]
        width, band = (self.high - self.low)[drawn], self.band[drawn]
        bands = range(len(BANDS) - 1)
        return np.array(
            [
                np.abs(off).mean(),
                off.mean(),
                held.mean(),
                width.mean(),
                *(held[band == one].mean() for one in bands),
                *(width[band == one].mean() for one in bands),
            ]
        )

    def measured(self, replicates: int = 200) -> Floats:
        """Return each figure with its 90 % bootstrap interval, shape (3, figures)."""
        rng, m = np.random.default_rng(0), len(self.share)
        draws = [self.figures(rng.integers(0, m, m)) for _ in range(replicates)]
        return np.array([self.figures(np.arange(m)), *np.quantile(draws, [0.05, 0.95], axis=0)])


def ours(found: Sequence[Judge], audiences: Audiences) -> Estimates:
    """Return the posterior of each audience, as `FakeAccounts.audience` gives it."""
    rows = []
    for log_odds, fold in zip(audiences.log_odds, audiences.fold.tolist(), strict=True):
        model = found[fold].model
        masses = beta_log_masses(np.array([model.prior[0]]), model.prior[1])
        masses += log_likelihoods(log_odds, np.array([0, len(log_odds)]), model.doubt)
        read = posteriors(masses, model.limit)
        rows.append((read.share[0], read.low[0], read.high[0]))
    share, low, high = np.array(rows).T
    return Estimates(share, low, high, audiences.share, audiences.band)


def theirs(
    name: str, found: Sequence[Judge], audiences: Audiences, train: Sequence[str]
) -> Estimates:
    """Return a rival's estimates; it knows the held-out scores of all folds but the audience's."""
    rng, rows = np.random.default_rng(0), np.empty((3, len(audiences.share)))
    for fold in range(len(found)):
        here = np.flatnonzero(audiences.fold == fold)
        real, fake = (
            np.sum([counts(o.odds[s][c]) for o in _others(found, fold) for s in train], axis=0)
            for c in (0, 1)
        )
        sampled = np.array([counts(audiences.log_odds[i]) for i in here])
        rows[:, here] = with_interval(RIVALS[name], sampled, real, fake, rng)
    share, low, high = rows
    return Estimates(share, low, high, audiences.share, audiences.band)


def _others(found: Sequence[Judge], fold: int) -> list[Judge]:
    return [judge for place, judge in enumerate(found) if place != fold]


def show(label: str, n: int, measured: Floats) -> None:
    value, low, high = measured
    bands = len(BANDS) - 1
    held = " ".join(
        f"{value[4 + b]:.2f} [{low[4 + b]:.2f} {high[4 + b]:.2f}]" for b in range(bands)
    )
    wide = " ".join(f"{value[4 + bands + b]:.2f}" for b in range(bands))
    print(
        f"  {label:16s} {n:5d}  {value[0]:.4f} [{low[0]:.4f} {high[0]:.4f}]"
        f"  {value[1]:+.4f} [{low[1]:+.4f} {high[1]:+.4f}]  {held}"
        f"  {value[3]:.3f} [{low[3]:.3f} {high[3]:.3f}]  {wide}"
    )


def times(judge: Judge) -> None:
    """Print what an audience takes beside the scores of its accounts."""
    pool = np.concatenate([part for parts in judge.odds.values() for part in parts])
    rng, doubt = np.random.default_rng(0), judge.model.doubt
    masses = beta_log_masses(np.array([0.5]), 2.0)
    print("\nTime of a posterior from log-odds, best of 20")
    for n in (1, 1_000, 10_000, 100_000, 1_000_000):
        log_odds, best = rng.choice(pool, n), np.inf
        for _ in range(20):
            start = time.perf_counter()
            posteriors(masses + log_likelihoods(log_odds, np.array([0, n]), doubt), 0.25)
            best = min(best, time.perf_counter() - start)
        print(f"  n {n:8d}  {best * 1e6:9.0f} us  {best / n * 1e9:9.1f} ns a follower")


def plot(path: Path, measured: dict[str, dict[int, Floats]]) -> None:
    """Draw coverage and width by size of the sample, a line for each band."""
    shown = ("both sources known", "fakes of Kaggle unseen", "fakes of InstaFake unseen")
    bands, sizes = len(BANDS) - 1, SIZES[1:]
    figure, axes = plt.subplots(2, len(shown), figsize=(11, 6), sharex=True, sharey="row")
    for column, name in enumerate(shown):
        for b in range(bands):
            rows = np.array([measured[name][n] for n in sizes])
            colour = mpl.colormaps["viridis"](b / bands)
            held = rows[:, :, 4 + b]
            label = f"share {BANDS[b]:g} to {BANDS[b + 1]:g}"
            axes[0, column].plot(sizes, held[:, 0], "o-", color=colour, label=label)
            axes[0, column].fill_between(sizes, held[:, 1], held[:, 2], color=colour, alpha=0.15)
            axes[1, column].plot(sizes, rows[:, 0, 4 + bands + b], "o-", color=colour)
        axes[0, column].axhline(0.9 if column == 0 else 0.75, color="grey", linestyle=":")
        axes[0, column].set(title=name, xscale="log", ylim=(0.5, 1.02))
        axes[1, column].set(xlabel="followers sampled", ylim=(0.0, 0.7))
    axes[0, 0].set_ylabel("coverage of the 90 % interval")
    axes[1, 0].set_ylabel("mean width")
    axes[0, 0].legend(loc="lower left", fontsize="small")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("CREDENCE_REAL_DATA", "../shared/data")
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--audiences", type=int, default=400, help="in each band of true share")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--plot", type=Path)
    chosen = parser.parse_args()
    missing = [
        name for name in (*FILES.values(), SHARES) if not (chosen.data / "accounts" / name).exists()
    ]
    if missing:
        print(f"skipped: {chosen.data}/accounts holds no {', '.join(missing)}; give --data DIR")
        return
    fitted: dict[tuple[str, ...], list[Judge]] = {}
    results: dict[str, dict[int, Floats]] = {}
    for name, train, real, fake in SETTINGS:
        if train not in fitted:
            fitted[train] = judges(chosen.data, train, chosen.seed)
        print(f"\n{name}: {4 * chosen.audiences} audiences a line, learned from {', '.join(train)}")
        print(
            "  estimate             n  mean absolute error  bias  coverage by band  width  by band"
        )
        for n in SIZES:
            drawn = draw(
                fitted[train], chosen.data, n, chosen.audiences, chosen.seed, real=real, fake=fake
            )
            measured = ours(fitted[train], drawn).measured()
            results.setdefault(name, {})[n] = measured
            show("posterior", n, measured)
            for rival in RIVALS if n in COMPARED else ():
                show(rival, n, theirs(rival, fitted[train], drawn, train).measured())
    times(fitted[BOTH][0])
    if chosen.plot:
        plot(chosen.plot, results)


if __name__ == "__main__":
    main()
