"""What a simulated world's truth says of a card's figures; only pages for people look at it."""

from pathlib import Path

from models.manifest import Metric
from training.cards.subject import Subject
from training.cards.tables import figure, table
from training.truth import Comparison, compare


def against_truth(subject: Subject, tables: Path) -> str:
    """Return how near the model comes to what its world really did.

    Parameters
    ----------
    subject : Subject
        The facts of a training.
    tables : Path
        The tables folder that it learned from.

    Returns
    -------
    str
        Nothing where the folder holds no truth about the model's rows.
    """
    found = compare(subject.name, subject.held_out, tables)
    if not found:
        return ""
    head = ("Figure", *(f"{one.rows}, n = {one.model.n:,}" for one in found))
    rows = [(name, *(figure(metric) for metric in every)) for name, every in _figures(found)]
    return "\n\n".join(
        [
            "### Against the truth of the simulated world",
            "The truth is each row's own probability in the simulation, which no model can beat;"
            " *gap closed* is how much of the way from the constant to it the model went.",
            table(head, rows),
        ]
    )


def _figures(found: list[Comparison]) -> list[tuple[str, list[Metric]]]:
    return [
        ("Log-loss of the rows' own rate, the best constant", [one.constant for one in found]),
        ("Log-loss of the model", [one.model for one in found]),
        ("Log-loss of the truth", [one.truth for one in found]),
        ("Gap closed", [one.gap for one in found]),
    ]
