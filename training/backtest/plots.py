"""The pictures of a backtest, as PNG files that are equal for equal rows."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from models.manifest import Metric
from training.backtest.figures import HINDSIGHT, RANDOM, Figures, orders
from training.backtest.judged import ENGAGEMENT, FOLLOWERS, Judged
from training.backtest.lift import GRID, band, gains
from training.backtest.replay import CONSTANT, CREDENCE, LOGISTIC
from training.backtest.words import NAMES
from training.held_out import HeldOut
from training.reliability import reliability

WIDTH = 5.6  # inches: readable on a phone, two beside each other on a desk
DPI = 130
MOST_UPRIGHT = 5  # quarters whose names stand side by side
# Told apart by people who see few colours, and never by colour alone.
COLOURS = {
    CREDENCE: "#0072b2",
    LOGISTIC: "#d55e00",
    CONSTANT: "#777777",
    ENGAGEMENT: "#009e73",
    FOLLOWERS: "#cc79a7",
    RANDOM: "#777777",
}
MARKERS = {CREDENCE: "o", LOGISTIC: "s", CONSTANT: "D", ENGAGEMENT: "^", FOLLOWERS: "v"}
LINES = {CREDENCE: "-", LOGISTIC: "--", ENGAGEMENT: "-.", FOLLOWERS: ":"}


def calibration(rows: Judged, seed: int) -> bytes:
    """Draw observed shares against probabilities, and how the probabilities are spread."""
    canvas = _canvas(5.6)
    top, bottom = canvas.subplots(2, 1, height_ratios=(3.4, 1))
    top.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for name in (LOGISTIC, CREDENCE):
        bins = reliability(_held(rows, name), np.ones(len(rows), np.bool_), seed)
        if bins:
            _, predicted, observed, low, high = np.array(bins).T
            ends = [observed - low, high - observed]
            top.errorbar(predicted, observed, ends, label=NAMES[name], **_style(name))
        bottom.hist(
            rows.probability[name],
            np.linspace(0.0, 1.0, 41).tolist(),
            color=COLOURS[name],
            histtype="step",
            linewidth=1.4,
        )
    top.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    top.set(ylabel="share that reached the goal")
    _legend(top, "upper left")
    bottom.set(xlim=(-0.02, 1.02), xlabel="predicted probability", ylabel="rows")
    return _png(canvas)


def gain(rows: Judged, what: str, names: Sequence[str], seed: int) -> bytes:
    """Draw what the best-rated share of the collaborations holds of "hit" or "conversions"."""
    canvas = _canvas(4.6)
    axes = canvas.subplots()
    worth, ranked = getattr(rows, what), orders(rows)
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    low, high = band(getattr(ranked[CREDENCE], what), worth, rows.brief, seed)
    axes.fill_between(GRID, low, high, color=COLOURS[CREDENCE], alpha=0.2, linewidth=0)
    for name in names:
        found = gains(getattr(ranked[name], what), worth, np.ones(len(rows)))
        label, colour = NAMES[name], COLOURS[name]
        axes.plot(GRID, found, LINES[name], color=colour, label=label, linewidth=1.6)
    label = {"hit": "share of reached goals", "conversions": "share of conversions"}[what]
    axes.set_xlabel("best-rated share of collaborations")
    axes.set_ylabel(label)
    axes.set(xlim=(0, 1), ylim=(0, 1.01))
    _legend(axes, "lower right")
    return _png(canvas)


def ranking(found: Figures, depth: int) -> bytes:
    """Draw the conversions that the first few of a brief bring, by who sorts."""
    canvas = _canvas(3.0)
    axes = canvas.subplots()
    names = [CREDENCE, LOGISTIC, FOLLOWERS, ENGAGEMENT, RANDOM]
    metrics = found.ranking[f"conversions_at_{depth}"]
    for place, name in enumerate(names):
        _point(axes, metrics[name], place, name)
    best = metrics[HINDSIGHT].value
    if best is not None:
        axes.axvline(best, color="0.5", linestyle=":", linewidth=1.4)
    axes.set_yticks(range(len(names)), [NAMES[name] for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.set_xlabel(f"conversions of the first {depth} of a brief")
    return _png(canvas)


def log_loss(found: Figures) -> bytes:
    """Draw the log-loss from quarter to quarter."""
    canvas, axes = _quarters(found, "log-loss")
    for step, name in enumerate((CREDENCE, LOGISTIC, CONSTANT)):
        _line(axes, found, (name, "log_loss"), (step - 1) * 0.08)
    axes.set_ylim(bottom=0)
    _legend(axes, "lower left")
    return _png(canvas)


def intercept(found: Figures) -> bytes:
    """Draw what Credence's log-odds lacked, from quarter to quarter."""
    canvas, axes = _quarters(found, "calibration intercept, log-odds")
    _line(axes, found, (CREDENCE, "calibration_intercept"), 0.0)
    axes.axhline(0.0, color="0.6", linewidth=1)
    widest = max(0.5, *(abs(end) for end in axes.get_ylim()))
    axes.set_ylim(-widest, widest)
    return _png(canvas)


def _quarters(found: Figures, label: str) -> tuple[Canvas, Axes]:
    canvas = _canvas(4.2)
    axes = canvas.subplots()
    axes.set_xlim(-0.5, len(found.quarters) - 0.5)
    turned = 0 if len(found.quarters) <= MOST_UPRIGHT else 45
    axes.set_xticks(range(len(found.quarters)), list(found.quarters), rotation=turned)
    axes.set_ylabel(label)
    return canvas, axes


def _line(axes: Axes, found: Figures, what: tuple[str, str], beside: float) -> None:
    """Draw one figure over the quarters where it is known."""
    forecaster, measure = what
    metrics = [one[forecaster][measure] for one in found.quarters.values()]
    there = [(place, *_ends(one)) for place, one in enumerate(metrics) if one.value is not None]
    if there:
        place, value, low, high = np.array(there).T
        ends = [value - low, high - value]
        axes.errorbar(place + beside, value, ends, label=NAMES[forecaster], **_style(forecaster))


def _point(axes: Axes, metric: Metric, place: int, name: str) -> None:
    if metric.value is not None:
        value, low, high = _ends(metric)
        style = {**_style(name), "marker": MARKERS.get(name, "x")}
        axes.errorbar([value], [place], xerr=[[value - low], [high - value]], **style)


def _ends(metric: Metric) -> tuple[float, float, float]:
    """Return a known value with its interval, without one the value itself."""
    value = metric.value
    assert value is not None
    low = value if metric.low is None else min(metric.low, value)
    high = value if metric.high is None else max(metric.high, value)
    return value, low, high


def _style(name: str) -> dict[str, Any]:
    return {
        "color": COLOURS[name],
        "marker": MARKERS.get(name, "x"),
        "markersize": 5,
        "linewidth": 1.3,
        "elinewidth": 1.1,
        "capsize": 2.5,
    }


def _canvas(height: float) -> Canvas:
    """Return an empty picture; no pyplot, which would keep figures alive."""
    canvas = Canvas(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(canvas)
    return canvas


def _legend(axes: Axes, where: Literal["upper left", "lower left", "lower right"]) -> None:
    if handles := axes.get_legend_handles_labels()[0]:
        axes.legend(handles=handles, loc=where, frameon=False)


def _png(canvas: Canvas) -> bytes:
    for axes in canvas.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="0.93", linewidth=0.8)
        axes.set_axisbelow(True)
    sink = BytesIO()
    canvas.savefig(sink, format="png", metadata={"Software": None})
    return sink.getvalue()


def _held(rows: Judged, name: str) -> HeldOut:
    """Return rows as the reliability curve takes them."""
    return HeldOut(
        row_id=rows.row_id,
        group=[str(brief) for brief in rows.brief.tolist()],
        creator_id=rows.creator_id,
        as_of=rows.agreed,
        known=np.ones(len(rows), np.bool_),
        label=rows.hit,
        prediction=rows.probability[name],
        X=np.empty((len(rows), 0)),
        names=(),
        champion=np.full(len(rows), np.nan),
    )
