"""The part of the page that looks beyond the chosen."""

from collections.abc import Iterator, Mapping

from training.backtest.choice import Choice, Times, Unseen
from training.backtest.html import HIGHER, LARGE, UNKNOWN, cell, paragraph, picture, table
from training.backtest.words import NAMES
from training.cards.selection import STAGES
from training.selection import plots
from training.selection.estimates import (
    DOUBLY_ROBUST,
    ESTIMATORS,
    NAIVE,
    PICKS,
    SNIPS,
    Estimate,
)
from training.selection.weighted import CLIP

TITLE = "As if brands had not chosen"
NAMED = {
    NAIVE: "naive",
    SNIPS: "weighted (SNIPS)",
    DOUBLY_ROBUST: "doubly robust",
}
FIGURES = {
    "conversions": "mean conversions",
    "reached": "share that reached the goal",
    "brier": "Brier score of Credence",
    "log_loss": "log-loss of Credence",
}
POPULATION = {
    "applicants": "all who applied to the same briefs",
    "eligible": "all who were eligible for the same briefs, of whom a sample was looked at",
}
WHAT = (
    "The figures above are of creators whom brands chose, and they did not draw lots. Here the"
    " outcomes of the chosen stand in for {population}: {briefs:,} briefs whose first agreement was"
    " in a judged quarter, {people:,} creators, {chosen:,} chosen, {outcomes:,} outcomes. Everybody"
    " was seen as of that first agreement, without fee or compensation, which only the chosen have;"
    " the model is the one trained at the quarter's start."
)
HOW = (
    "Naive is the mean over the outcomes. Weighted counts each outcome by one over the creator's"
    " chance of being chosen, and divides by the sum of these weights (self-normalised inverse"
    " propensity). Doubly robust is what Credence expects of everybody, corrected by how far the"
    " weighted outcomes lie from it: it is right if either the chances or the model are. ESS is the"
    " effective sample size: so many equally weighted outcomes would say as much. No weight is"
    " larger than {clip:g} times their mean; {clipped:.1%} were cut."
)
LIMIT = (
    "A choice by what no column shows (a chat, a taste, how a post looks) cannot be corrected:"
    " where brands chose well by such things, mean and share stay too high. Which of the chosen"
    " have a known outcome is taken to be chance. The chances of being chosen are learned once from"
    " all judged quarters, each brief's from other briefs: they describe how the past chose and"
    " forecast nothing. The intervals take them as known."
)
ORDERS = (
    "What each of the first {k} of a brief would have brought on average, had the brief taken them"
    " in that order; all where a brief has fewer. {deciding:,} of {briefs:,} briefs have more than"
    " {k} and tell orders apart. The doubly robust value leans on what Credence itself expects,"
    " which can favour its own order; the weighted value knows the outcomes only."
)
NO_ORDERS = (
    "No application is known, so the eligible are a sample, which does not hold a brief's best"
    " creators: what an order brings among them cannot be said."
)
OVERLAP = (
    "AUC is how well columns tell the chosen from the others of their brief: at 0.5 brands chose at"
    " random of what columns show, at 1 nothing can be compared. Below 1 % and below 5 % are the"
    " shares of all whose chance lies under that of all but 1 % or 5 % of the chosen: about them"
    " the outcomes say next to nothing, whatever the weights. Of the eligible who did not apply a"
    " sample was looked at, each counted as the many it stands for."
)
TRUTH = "truth (simulated)"


def as_if_not_chosen(found: Choice | Unseen) -> Iterator[str]:
    """Return figures for all whom brands chose from, and what they rest on.

    Parameters
    ----------
    found : Choice or Unseen
        From `training.backtest.choice.choice`.

    Yields
    ------
    str
        HTML; one line where nothing can be said.
    """
    yield f"<h2>{TITLE}</h2>"
    if isinstance(found, Unseen):
        yield paragraph(f"Unknown: {found.why}.")
        return
    clipped = found.figures["conversions"].by[SNIPS].clipped
    yield paragraph(WHAT.format(population=POPULATION[found.population], **found.sizes))
    yield paragraph(HOW.format(clip=CLIP, clipped=clipped))
    yield f'<div class="notice">{LIMIT}</div>'
    yield _estimates(
        f"Estimates for {POPULATION[found.population]}",
        {FIGURES[name]: one for name, one in found.figures.items()},
    )
    yield paragraph(ORDERS.format(k=PICKS, **found.sizes) if found.orders else NO_ORDERS)
    if found.orders:
        yield _estimates(
            f"Mean conversions of the first {PICKS} of each brief, by who sorts",
            {NAMES[name]: one for name, one in found.orders.items()},
        )
        yield _times(found.times)
    yield "<h3>How alike the chosen and the others are</h3>"
    yield paragraph(OVERLAP)
    yield _overlap(found)
    seen, chance = found.whole.seen, found.whole.chance
    yield picture(
        plots.picture(seen, chance, "How likely the chosen and the others were to be chosen"),
        "Chances of being chosen, of the chosen and of the others",
        "Where the two hardly overlap, weighting has nothing to weigh.",
    )


def _estimates(caption: str, told: Mapping[str, Estimate]) -> str:
    """Return estimates, a row each, beside the truth where there is one."""
    known = any(one.truth is not None for one in told.values())
    names = [NAMED[one] for one in ESTIMATORS]
    rows = [
        (name, *(_weighted(one, by) for by in ESTIMATORS), *([_true(one.truth)] if known else []))
        for name, one in told.items()
    ]
    return table(caption, ("", *names, *([TRUTH] if known else [])), rows)


def _times(told: Mapping[str, Times]) -> str:
    """Return how many times a rival's value Credence's order brings."""
    known = any(one.truth is not None for one in told.values())
    names = [NAMED[one] for one in ESTIMATORS]
    rows = [
        (
            f"over {NAMES[name]}",
            *(cell(one.by[by], better=HIGHER, even=1.0) for by in ESTIMATORS),
            *([_true(one.truth)] if known else []),
        )
        for name, one in told.items()
    ]
    return table(
        "Credence's value over theirs, paired", ("", *names, *([TRUTH] if known else [])), rows
    )


def _overlap(found: Choice) -> str:
    head = ("", "taken", "not", "AUC", "below 1 %", "below 5 %", "ESS of the taken")
    rows = [
        (
            STAGES[name],
            f"{one.taken:,}",
            f"{one.left:,}",
            f"{one.auc:.3f}",
            f"{one.below_1:.1%}",
            f"{one.below_5:.1%}",
            f"{one.effective:,.0f} of {one.taken:,}",
        )
        for name, one in found.overlap.items()
    ]
    return table("Overlap, choice by choice", head, rows)


def _weighted(one: Estimate, estimator: str) -> str:
    """Return a figure with its interval, n and effective size, and whether weighting helped."""
    told = one.by[estimator]
    shown = f"{cell(told.metric)}<small>n = {told.metric.n:,}, ESS {told.effective:,.0f}</small>"
    nearer = None if estimator == NAIVE else one.nearer(estimator)
    if nearer is None:
        return shown
    word, kind = ("nearer", "better") if nearer else ("not nearer", "worse")
    return f'{shown}<small class="{kind}">{word} than naive</small>'


def _true(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.{1 if value >= LARGE else 3}f}"
