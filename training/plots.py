"""The calibration plot of a training: how often what was promised came true."""

from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.calibration import calibration_curve

from features.arrays import Floats
from training.held_out import HeldOut
from training.metrics import BINS

SIZE = (6.4, 7.2)  # inches
FEWEST = 5  # rows a point


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
        A PNG file, equal for equal rows.
    """
    # No pyplot: it would pick a window system and keep figures alive.
    figure = Figure(figsize=SIZE, layout="constrained")
    FigureCanvasAgg(figure)
    top, bottom = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    top.plot([0, 1], [0, 1], color="0.7", linewidth=1, label="calibrated")
    for name, rows, colour in (
        ("known", held.known, "tab:blue"),
        ("unseen", ~held.known, "tab:orange"),
    ):
        if rows.sum() >= FEWEST:
            _curve(top, held.label[rows], held.prediction[rows], name=name, colour=colour)
            bottom.hist(held.prediction[rows], bins=np.linspace(0, 1, 31), color=colour, alpha=0.5)
    top.set(title=title, ylabel="observed rate", xlim=(0, 1), ylim=(0, 1))
    top.legend(loc="upper left", frameon=False)
    bottom.set(xlabel="predicted probability", ylabel="rows")
    sink = BytesIO()
    figure.savefig(sink, format="png", dpi=110, metadata={"Software": None})
    return sink.getvalue()


def _curve(axes: Axes, label: Floats, prediction: Floats, *, name: str, colour: str) -> None:
    """Draw the rates of bins of equal mass, each with one standard error for the eye."""
    bins = min(BINS, len(label) // FEWEST)
    rate, mean = calibration_curve(label, prediction, n_bins=bins, strategy="quantile")
    error = np.sqrt(rate * (1.0 - rate) / (len(label) / bins))
    text = f"{name}, {len(label)} rows"
    axes.errorbar(mean, rate, error, color=colour, marker="o", capsize=2, label=text)
