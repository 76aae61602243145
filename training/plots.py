"""The calibration plot of a training: how often what was promised came true."""

from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy.special import logit

from features.arrays import Floats
from training.held_out import HeldOut
from training.reliability import Bin, reliability

SIZE = (6.0, 7.0)  # inches
DPI = 90
WIDEST = np.log(999.0)  # log-odds: probabilities below .001 and above .999 are drawn there
TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
SEED = 7


def calibration(held: HeldOut, title: str) -> bytes:
    """Draw observed rates against predicted probabilities, known and unseen rows apart.

    Parameters
    ----------
    held : HeldOut
        Rows with their predictions; without any, the plot is empty.
    title : str
        Above it.

    Returns
    -------
    bytes
        A PNG file, equal for equal rows: above, bins of equal mass with 90 % intervals; below, how
        the predictions are spread, on a scale of log-odds.
    """
    # No pyplot: it would pick a window system and keep figures alive.
    figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    top, bottom = figure.subplots(2, 1, height_ratios=(3, 1))
    top.plot([0, 1], [0, 1], color="0.6", linewidth=1, label="calibrated")
    parts = (
        ("known", held.known, "tab:blue", "o"),
        ("unseen", ~held.known, "tab:orange", "s"),
    )
    for name, rows, colour, marker in parts:
        bins = reliability(held, rows, SEED)
        if bins:
            _curve(top, bins, f"{name}, n = {rows.sum():,}", colour, marker)
            _spread(bottom, held.prediction[rows], colour)
    top.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    top.set(xlabel="predicted probability", ylabel="observed share, 90 % interval")
    figure.suptitle(title, fontsize=10)
    # Outside: poor calibration may lead a curve through any corner.
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    bottom.set(xlabel="predicted probability, log-odds scale", ylabel="share of rows")
    bottom.set_xlim(-WIDEST - 0.3, WIDEST + 0.3)
    bottom.set_xticks(logit(TICKS), ["≤ .001", ".01", ".1", ".5", ".9", ".99", "≥ .999"])
    sink = BytesIO()
    figure.savefig(sink, format="png", metadata={"Software": None})
    return sink.getvalue()


def _curve(axes: Axes, bins: list[Bin], label: str, colour: str, marker: str) -> None:
    """Draw the bins' rates with their intervals."""
    _, predicted, observed, low, high = np.array(bins).T
    error = [observed - low, high - observed]
    axes.errorbar(
        predicted,
        observed,
        error,
        color=colour,
        marker=marker,
        markersize=4,
        linewidth=1,
        elinewidth=1,
        capsize=2,
        label=label,
    )


def _spread(axes: Axes, prediction: Floats, colour: str) -> None:
    """Draw how many of the rows have each prediction."""
    odds = np.clip(logit(prediction), -WIDEST, WIDEST)
    edges = np.linspace(-WIDEST, WIDEST, 41).tolist()
    share = np.full(len(odds), 1.0 / len(odds))
    axes.hist(odds, edges, weights=share, color=colour, histtype="step", linewidth=1.3)
