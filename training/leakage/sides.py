"""Audits a split: nothing of the rows that judge is known to the rows that teach."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from features.arrays import Ints
from features.catalogue import BASE
from training.dataset import Rows
from training.leakage.findings import Finding, refuse

# Known columns of a creator's own history from which on equal rows are copies: two creators of whom
# hardly anything is known may well look the same.
TELLING = 20

Parts = Iterable[tuple[Ints, Ints]]


def audit_sides(
    model: str,
    teaching: Rows,
    judging: Rows,
    cut: int,
    *,
    strangers: bool = False,
    parts: Parts = (),
) -> None:
    """Refuse a split whose sides know of each other.

    Parameters
    ----------
    model : str
        What is trained.
    teaching, judging : Rows
        What the twin learns from and what judges it.
    cut : int
        The moment at which the twin is trained, microseconds.
    strangers : bool
        Whether the twin must not have seen the creators that judge it.
    parts : iterable of (ndarray of int64, ndarray of int64)
        Folds of the teaching rows: those learned from and those left out.

    Raises
    ------
    LeakageError
        If a label was not known before the cut, a row that judges begins before it, or a creator,
        a collaboration or a copy of a row stands on both sides of the split or of a fold.
    """
    late = int((teaching.known >= cut).sum())
    early = int((judging.as_of < cut).sum())
    texts = (
        ("embargo", late, len(teaching), "teach with a label that was known only after the cut"),
        ("judged_before_cut", early, len(judging), "judge from before the cut"),
    )
    found = [
        Finding(check, f"{count:,} of {n:,} rows {what}, expected none: split by `known` and as_of")
        for check, count, n, what in texts
        if count
    ]
    found += _shared("the split", teaching, judging, strangers=strangers)
    for number, (learned, held) in enumerate(parts if len(teaching) else ()):
        sides = teaching.take(learned), teaching.take(held)
        found += _shared(f"fold {number}", *sides, strangers=True)
    refuse(model, found)


def _shared(where: str, one: Rows, other: Rows, *, strangers: bool) -> Iterator[Finding]:
    """Return what stands on both sides."""
    marks: dict[str, tuple[Sequence[str | bytes], Sequence[str | bytes]]] = {
        "collaboration or audit": (one.row_id, other.row_id)
    }
    if strangers:
        marks["creator"] = (one.creator_id, other.creator_id)
    marks["copy of a row"] = (_fingerprints(one), _fingerprints(other))
    for what, (left, right) in marks.items():
        if both := len(set(left) & set(right)):
            yield Finding(
                "on_both_sides",
                f"{both:,} times the same {what} on both sides of {where}, expected none: remove"
                " copies, and split by time and creator.",
            )


def _fingerprints(rows: Rows) -> list[bytes]:
    """Return what makes a row the same as another: its features and outcome, to the last bit."""
    history = np.isfinite(rows.X[:, : len(BASE)]).sum(axis=1) >= TELLING
    return [
        rows.X[row].tobytes() + rows.value[row].tobytes()
        for row in np.flatnonzero(history).tolist()
    ]
