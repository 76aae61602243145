"""The overlap of a pool as a picture: how likely the chosen and the others were to be chosen."""

from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy.special import logit

from features.arrays import Flags, Floats
from training.selection.pool import Pool
from training.selection.propensity import Propensity
from training.selection.weighted import effective, weights

SIZE = (7.0, 6.5)  # inches
DPI = 90
BINS = 45
ROOM = 1.4  # of the bars' height, the rest is the legend's
TICKS = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99)


def picture(seen: Pool, chance: Propensity, title: str) -> bytes:
    """Draw the propensities of the chosen beside those of who was not.

    Parameters
    ----------
    seen : Pool
        Pairs of brief and creator.
    chance : Propensity
        Theirs.
    title : str
        Above it.

    Returns
    -------
    bytes
        A PNG file, equal for equal rows: above out of the applicants (where there are
        applications), below out of all eligible, each with the 1 % and 5 % quantile of the chosen.
    """
    listed = seen.applied
    parts = [("out of all eligible", chance.overall, np.ones(len(seen), np.bool_))]
    if listed.any():
        parts.insert(0, ("out of the applicants", chance.chosen, listed))
    # No pyplot: it would pick a window system and keep figures alive.
    figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=10)
    rows = np.atleast_1d(np.asarray(figure.subplots(len(parts), 1)))
    for axes, (name, chances, part) in zip(rows.tolist(), parts, strict=True):
        _spread(axes, chances[part], seen.chosen[part], seen.weight[part])
        axes.set_xlabel(f"chance of being chosen {name}, log-odds scale")
    sink = BytesIO()
    figure.savefig(sink, format="png", metadata={"Software": None})
    return sink.getvalue()


def _spread(axes: Axes, chance: Floats, chosen: Flags, weight: Floats) -> None:
    odds = logit(np.clip(chance, 1e-5, 1.0 - 1e-4))
    edges = np.linspace(odds.min(), odds.max(), BINS).tolist()
    for name, part, colour in (("chosen", chosen, "tab:blue"), ("not", ~chosen, "tab:orange")):
        mass = weight[part] / weight[part].sum()
        label = f"{name}, n = {part.sum():,}"
        axes.hist(odds[part], edges, weights=mass, color=colour, alpha=0.45, label=label)
    own = chance[chosen]
    for share, style in ((0.01, ":"), (0.05, "--")):
        at = float(np.quantile(own, share))
        below = float(np.average(chance < at, weights=weight))
        label = f"{share:.0%} of the chosen below; {below:.1%} of all"
        place = float(logit(np.clip(at, 1e-5, 0.9999)))
        axes.axvline(place, ymax=1.0 / ROOM, color="0.2", linestyle=style, label=label)
    ticks = [one for one in TICKS if odds.min() - 0.5 <= logit(one) <= odds.max() + 0.5]
    axes.set_xticks(logit(ticks), [f"{one:g}" for one in ticks])
    axes.set_ylabel("share of each")
    axes.set_title(
        f"{chosen.sum():,} chosen are worth {effective(weights(own)):,.0f} drawn at random",
        fontsize=9,
    )
    axes.set_ylim(top=axes.get_ylim()[1] * ROOM)
    axes.legend(frameon=False, fontsize=8, loc="upper left", ncols=2)
