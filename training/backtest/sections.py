"""The parts of the page about orders, drift and slices."""

from collections.abc import Iterator, Mapping
from html import escape

from models.manifest import Metric
from training.backtest import plots
from training.backtest.drift import MILD, STRONG, Shift
from training.backtest.figures import HINDSIGHT, RANKERS
from training.backtest.html import (
    NEITHER,
    UNKNOWN,
    cell,
    paragraph,
    picture,
    pictures,
    table,
)
from training.backtest.ranking import DEPTHS
from training.backtest.replay import CREDENCE, LOGISTIC
from training.backtest.report import Report
from training.backtest.words import DEPTH, DRIFT, NAMES, RANKED, RANKING, SLICED
from training.cards.slices import FEWEST, FEWEST_A_CLASS

MOST_SLICES = 15  # of one kind on the page; metrics.json holds all of them


def ranked(report: Report, seed: int) -> Iterator[str]:
    """Return what orders of a brief's creators are worth."""
    found = report.figures
    yield "<h2>The order within a brief</h2>"
    yield paragraph(RANKED)
    drawn = [
        picture(
            plots.ranking(found, depth),
            f"Conversions of the first {depth} of a brief by who sorts",
            f"Conversions of the first {depth} of a brief, 90 % intervals; dotted: hindsight.",
        )
        for depth in DEPTHS
    ]
    yield pictures(*drawn)
    for depth in DEPTHS:
        yield from _depth(report, depth)
    yield "<h3>The best-rated share of all collaborations</h3>"
    yield pictures(
        picture(
            plots.gain(report.rows, "hit", tuple(plots.LINES), seed),
            "Share of reached goals among the best-rated collaborations",
            "Gain: the share of all reached goals among the best-rated. Band: 90 % of Credence's.",
        ),
        picture(
            plots.gain(
                report.rows,
                "conversions",
                [name for name in plots.LINES if name != LOGISTIC],
                seed,
            ),
            "Share of conversions among the best-rated collaborations",
            "The same for conversions. The logistic regression answers only whether a goal is"
            " reached, which does not compare counts between briefs of different goals.",
        ),
    )
    names = next(iter(found.lift.values()))
    head = ("lift over the average", *(_share(name) for name in names))
    rows = [(NAMES[one], *(cell(m) for m in every.values())) for one, every in found.lift.items()]
    yield table(f"Goals reached there, n = {len(report.rows):,}", head, rows)


def _share(name: str) -> str:
    return f"best {name.split('_')[2]} %"


def _depth(report: Report, depth: int) -> Iterator[str]:
    found = report.figures
    yield f"<h3>The first {depth} of each brief</h3>"
    briefs = found.ranking[f"precision_at_{depth}"][CREDENCE].n
    yield paragraph(
        DEPTH.format(depth=depth, deciding=f"{found.deciding[depth]:,}", briefs=f"{briefs:,}")
    )
    keys = {name: f"{name}_at_{depth}" for name in RANKING}
    head = ("", *(_counted(RANKING[n][0], found.ranking[key]) for n, key in keys.items()))
    rows = [(NAMES[one], *(cell(found.ranking[k][one]) for k in keys.values())) for one in RANKERS]
    yield table("Figures of each order", head, rows)
    rivals = [one for one in RANKERS if one not in {CREDENCE, HINDSIGHT}]
    rows = [
        (
            f"less {NAMES[one]}",
            *(cell(found.ranking_less[k][one], better=RANKING[n][1]) for n, k in keys.items()),
            *(
                cell(found.ranking_times[keys[name]][one], better=RANKING[name][1], even=1.0)
                for name in ("conversions", "cost_per_conversion")
            ),
        )
        for one in rivals
    ]
    head = ("Credence", *(RANKING[n][0] for n in keys), "conversions, times", "cost, times")
    yield table("Credence less each rival, and over it; paired", head, rows)


def _counted(text: str, by_ranker: Mapping[str, Metric]) -> str:
    return f"{text} (n = {by_ranker[CREDENCE].n:,} briefs)"


def drifted(report: Report) -> Iterator[str]:
    """Return how the world moved away from what was learned."""
    yield "<h2>Drift of what comes in</h2>"
    yield paragraph(DRIFT)
    names = [one.quarter.name for one in report.played]
    sizes = [f"{one.quarter.name}, n = {len(one.asked):,}" for one in report.played]
    rows = [
        (escape(column), *(_shift(every[name]) for name in names))
        for column, every in report.drift.items()
    ]
    yield table("The score, and the ten features that drift most", ("", *sizes), rows)


def _shift(one: Shift) -> str:
    kind = "strong" if one.index >= STRONG else "mild" if one.index >= MILD else ""
    word = f" {kind}" if kind else ""
    return f'<td class="{kind}">{one.index:.3f}{word}<small>by chance {one.chance:.3f}</small></td>'


def by_slice(report: Report) -> Iterator[str]:
    """Return the figures of every kind of slice."""
    yield "<h2>Slices</h2>"
    yield paragraph(SLICED)
    yield paragraph(
        f"Log-loss and intercept take {FEWEST} collaborations with {FEWEST_A_CLASS} of either"
        " outcome."
    )
    head = ("n", "observed", "mean prediction", "log-loss", "intercept")
    for kind, every in report.figures.slices.items():
        shown = list(every.items())[:MOST_SLICES]
        rows = [_slice(name, found) for name, found in shown]
        more = len(every) - len(shown)
        rest = f"; {more} smaller ones are in metrics.json" if more else ""
        yield table(f"By {kind}{rest}", (kind, *head), rows)


def _slice(name: str, found: Mapping[str, Metric]) -> tuple[str, ...]:
    measures = ("observed", "predicted", "log_loss", "calibration_intercept")
    cells = (cell(found[one], better=NEITHER) for one in measures)
    return (escape(name) or UNKNOWN, f"{found['observed'].n:,}", *cells)
