"""The effects as one picture."""

from collections.abc import Mapping, Sequence
from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from models.manifest import Metric
from training.claims.moved import EFFECTS

SIZE, DPI = (13.0, 8.5), 90
TICKS = (0.4, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0)
FINE = (0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.3, 1.5)
CURVE = "engagement"
PERCENTILES = (10, 25, 50, 75, 90)


def effects(measured: Mapping[str, Sequence[Metric]]) -> bytes:
    """Draw every effect with its interval, and the curve of engagement.

    Parameters
    ----------
    measured : mapping of str to sequence of Metric
        By the keys of EFFECTS.

    Returns
    -------
    bytes
        A PNG file, equal for equal figures.
    """
    figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    _forest(left, {key: measured[key][0] for key in EFFECTS if key != CURVE})
    _curve(right, measured[CURVE])
    figure.suptitle(
        "What the conversion model learned from the simulated world: no evidence for the real one",
        fontsize=11,
    )
    sink = BytesIO()
    figure.savefig(sink, format="png", metadata={"Software": None})
    return sink.getvalue()


def _forest(axes: Axes, found: Mapping[str, Metric]) -> None:
    """Draw ratios, the largest on top; hollow where the sign was given."""
    known = {
        key: (one.value, one.low or one.value, one.high or one.value)
        for key, one in found.items()
        if one.value is not None
    }
    order = sorted(known, key=lambda key: known[key])
    for row, key in enumerate(order):
        value, low, high = known[key]
        face = "white" if EFFECTS[key].signed else "tab:blue"
        axes.plot([low, high], [row, row], color="tab:blue", linewidth=1.5)
        axes.plot(value, row, "o", color="tab:blue", markerfacecolor=face, markersize=5)
    labels = [f"{EFFECTS[key].title}\nn = {found[key].n:,}" for key in order]
    axes.set_yticks(np.arange(len(order)), labels, fontsize=7)
    axes.axvline(1.0, color="0.6", linewidth=1)
    _ratios(axes, "x", TICKS)
    axes.set_xlabel("expected conversions × (90 % interval; hollow: sign given)")


def _curve(axes: Axes, found: Sequence[Metric]) -> None:
    """Draw the ratios against the lowest engagement."""
    first = Metric(1.0, 1.0, 1.0, found[0].n)
    known = [
        (at, one.value, one.low, one.high)
        for at, one in zip(PERCENTILES, (first, *found), strict=True)
        if one.value is not None and one.low is not None and one.high is not None
    ]
    at, value, low, high = np.array(known, np.float64).reshape(-1, 4).T
    axes.errorbar(at, value, [value - low, high - value], marker="o", markersize=4, capsize=2)
    axes.axhline(1.0, color="0.6", linewidth=1)
    axes.set_xticks(PERCENTILES)
    _ratios(axes, "y", FINE)
    axes.set_xlabel(f"percentile of the engagement rate\namong peers (n = {found[0].n:,})")
    axes.set_ylabel("expected conversions × (10th percentile = 1)")


def _ratios(axes: Axes, which: str, marks: Sequence[float]) -> None:
    """Show ratios on a log scale with plain numbers."""
    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = axis.get_view_interval()
    ticks = [tick for tick in marks if low <= tick <= high]
    axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="both", which="minor", length=0)
