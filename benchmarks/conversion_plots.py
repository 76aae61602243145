"""A picture of how often what was promised came true, and of what the intervals hold."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.conversion_figures import DECILES, Judged, average, by_decile, told
from features.arrays import Floats

BINS = 20
COLOURS = {"credence": "tab:blue", "LightGBM default": "tab:red", "the truth": "0.35"}


def plot(found: Judged, path: Path, title: str) -> None:
    """Draw reliability, coverage and width, and the PIT of the counts."""
    figure = Figure(figsize=(11.0, 9.0), dpi=90, layout="constrained")
    FigureCanvasAgg(figure)
    (first, second), (third, fourth) = figure.subplots(2, 2)
    _reliability(first, found)
    _coverage(second, found)
    _pit(third, found)
    _errors(fourth, found)
    figure.suptitle(title, fontsize=11)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})


def _reliability(axes: Axes, found: Judged) -> None:
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    answers = {"credence": found.p, "the truth": found.truth, **found.rivals}
    for name, colour in COLOURS.items():
        p = answers[name]
        bins = np.array_split(np.argsort(p, kind="stable"), DECILES)
        x = np.array([p[one].mean() for one in bins])
        inside = [np.isin(np.arange(len(p)), one) for one in bins]
        rates = [told(average(found.hit), found.group, mask) for mask in inside]
        y, low, high = (
            np.array([getattr(rate, part) or 0.0 for rate in rates])
            for part in ("value", "low", "high")
        )
        axes.errorbar(x, y, [np.maximum(y - low, 0), np.maximum(high - y, 0)], color=colour,
                      marker="o", markersize=3, linewidth=1, capsize=2, label=name)  # fmt: skip
    axes.set(xlabel="predicted probability", ylabel="observed share, 90 % interval")
    axes.set_title(f"reliability, tenths of {len(found):,} rows", fontsize=10)
    axes.legend(frameon=False, fontsize=9)


def _coverage(axes: Axes, found: Judged) -> None:
    p, inside, width, _ = (np.array(column) for column in zip(*by_decile(found), strict=True))
    axes.plot(p, inside, color="tab:blue", marker="o", markersize=4, label="truth in the interval")
    axes.plot(p, width, color="tab:orange", marker="s", markersize=4, label="mean width")
    axes.axhline(0.8, color="tab:blue", linewidth=0.8, linestyle=":")
    axes.axhline(0.25, color="tab:orange", linewidth=0.8, linestyle=":")
    axes.set(xlabel="predicted probability, tenths of the rows", ylim=(0, 1.02))
    axes.set_title("interval of the probability (dotted: least, and most mean width)", fontsize=10)
    axes.legend(frameon=False, fontsize=9)


def _pit(axes: Axes, found: Judged) -> None:
    edges = np.arange(BINS + 1) / BINS
    for name, pit in (("credence", found.pit), ("the truth", found.true_pit)):
        width = np.maximum(pit[1] - pit[0], 1e-12)
        below: Floats = np.clip((edges[:, None] - pit[0]) / width, 0.0, 1.0).mean(axis=1)
        axes.stairs(np.diff(below) * BINS, edges, color=COLOURS[name], label=name, linewidth=1.4)
    axes.axhline(1.0, color="0.7", linewidth=1)
    axes.set(xlabel="PIT of the count", ylabel="density", ylim=(0, 1.6))
    axes.set_title("counts against their forecast: flat is right", fontsize=10)
    axes.legend(frameon=False, fontsize=9)


def _errors(axes: Axes, found: Judged) -> None:
    axes.scatter(found.truth, found.p, s=3, alpha=0.25, color="tab:blue", linewidths=0)
    axes.plot([0, 1], [0, 1], color="0.5", linewidth=1)
    axes.set(xlabel="true probability", ylabel="predicted probability")
    axes.set_title("each row's probability beside its truth", fontsize=10)
