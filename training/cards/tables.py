"""The tables of a card: figures, bins of the calibration plot, slices."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from models.manifest import Metric
from training.cards.slices import FEWEST, FEWEST_A_CLASS, Slice, headline, sliced
from training.cards.subject import Subject
from training.cards.words import MEASURES, PREFIXES
from training.evaluate import WITHOUT, parts
from training.reliability import FEWEST as FEWEST_A_BIN
from training.reliability import reliability

UNKNOWN = "unknown"
SHOWN = (
    ("auc", "AUC"),
    ("average_precision", "average precision"),
    ("log_loss", "log-loss"),
    ("log_loss_constant", "own rate's log-loss"),
    ("calibration_slope", "calibration slope"),
)
"""Figures of a slice."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; columns after the first are aligned right."""
    lines = [head, ["---", *(["---:"] * (len(head) - 1))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def figure(metric: Metric | None) -> str:
    """Return a figure with its 90 % interval."""
    if metric is None or metric.value is None:
        return UNKNOWN
    if metric.low is None or metric.high is None:
        return f"{metric.value:.3f}"
    return f"{metric.value:.3f} [{metric.low:.3f}, {metric.high:.3f}]"


def figures(subject: Subject) -> str:
    """Return the metrics of a run, those of unseen rows first.

    Parameters
    ----------
    subject : Subject
        What a metric's name begins with says which rows it is about.

    Returns
    -------
    str
        A table with a column for each kind of rows, and the n of each figure; those of single
        sources are slices.
    """
    metrics = {key: one for key, one in subject.metrics.items() if not key.startswith(WITHOUT)}
    prefixes = [part for part in PREFIXES if any(_prefix(name) == part for name in metrics)]
    usual = {
        part: Counter(one.n for name, one in metrics.items() if _prefix(name) == part)
        for part in prefixes
    }
    sizes = {part: counts.most_common(1)[0][0] for part, counts in usual.items()}
    found = {name.removeprefix(_prefix(name)) for name in metrics}
    names = [*(name for name in MEASURES if name in found), *sorted(found - {*MEASURES})]
    rows = [
        (
            MEASURES.get(name, f"`{name}`"),
            *(_counted(metrics.get(part + name), sizes[part]) for part in prefixes),
        )
        for name in names
    ]
    called = {**PREFIXES, **parts(subject.name), "": PREFIXES[""]}
    return table(("Figure", *(f"{called[one]}, n = {sizes[one]:,}" for one in prefixes)), rows)


def _prefix(name: str) -> str:
    return next(one for one in PREFIXES if name.startswith(one))


def _counted(metric: Metric | None, usual: int) -> str:
    """Return a figure, with its n where it is not that of its column."""
    if metric is None:
        return ""
    return figure(metric) + ("" if metric.n == usual else f" (n = {metric.n:,})")


def calibration(subject: Subject) -> str:
    """Return the bins of the calibration plot for the rows that the card is about."""
    bins = reliability(subject.held_out, headline(subject.held_out), subject.seed)
    if not bins:
        return f"Too few held-out rows: a bin takes {FEWEST_A_BIN} of them."
    return table(
        ("Predicted", "Observed [90 % interval]", "n"),
        (
            (
                f"{one.predicted:.3f}",
                f"{one.observed:.3f} [{one.low:.3f}, {one.high:.3f}]",
                f"{one.n:,}",
            )
            for one in bins
        ),
    )


def slices(subject: Subject) -> str:
    """Return the figures of every slice of the rows that the card is about."""
    found = sliced(subject.held_out, subject.seed)
    if not any(found.values()):
        return "There are no held-out rows to tell apart."
    head = ("n", "hits", "predicted", *(name for _, name in SHOWN))
    return "\n\n".join(
        f"### By {name}\n\n{table((name.capitalize(), *head), _rows(every))}"
        for name, every in found.items()
        if every
    )


def _rows(every: Sequence[Slice]) -> Iterator[tuple[str, ...]]:
    for one in every:
        counts = (one.name, f"{one.n:,}", f"{one.hits:,}")
        if one.figures is None:
            few = f"too few: {FEWEST} rows and {FEWEST_A_CLASS} of each label are needed"
            yield (*counts, few, *([""] * len(SHOWN)))
            continue
        yield (*counts, *(figure(one.figures[name]) for name in ("predicted", *dict(SHOWN))))
