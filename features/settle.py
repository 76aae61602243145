"""From the rows of a table as they came to those that stand: rules, references, duplicates."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from features.arrays import UNKNOWN_TIME, Ints, Times
from features.duplicates import never, unique
from features.frame import Frame
from features.ledger import Ledger
from features.rules import CONFLICT, REFERENCE, Broken, broken
from features.textindex import TextIndex
from features.texts import Finder


@dataclass(frozen=True, slots=True)
class Parent:
    """A table that others refer to; where it is `open`, rows may refer to what is not there."""

    find: Finder
    open: bool = False


# The ids that rows elsewhere hold too, as Arrow texts, and when the first of those became known.
Rivals = tuple[Any, Times]


@dataclass(frozen=True, slots=True)
class Settled:
    """The standing rows of a table.

    `links` holds for each column that refers to another table the row there, -1 without one;
    `hidden` is the time from which a differing row with the same key hides the row.
    """

    frame: Frame
    links: Mapping[str, Ints]
    hidden: Times

    def take(self, rows: Ints) -> "Settled":
        """Return these rows in this order."""
        links = {name: link[rows] for name, link in self.links.items()}
        return Settled(self.frame.take(rows), links, self.hidden[rows])


def arrow_finder(ids: Any) -> Finder:
    """Return what finds texts in an Arrow array of distinct ids.

    Parameters
    ----------
    ids : pyarrow.LargeStringArray

    Returns
    -------
    callable
    """

    def find(texts: Any) -> Ints:
        rows = pc.index_in(texts, value_set=ids).fill_null(-1)
        return np.asarray(rows.to_numpy(zero_copy_only=False), dtype=np.int64)

    return find


def indexed_finder(index: TextIndex, order: Ints | None) -> Finder:
    """Return what finds texts by their index, in rows that were then put in an order.

    Parameters
    ----------
    index : TextIndex
    order : ndarray of int64, optional
        Where the rows were put in one.

    Returns
    -------
    callable
    """
    if order is None:
        return index.find
    place = np.full(len(order) + 1, -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    return lambda texts: place[index.find(texts)]


def sorted_finder(ids: Sequence[str]) -> Finder:
    """Return what finds a few texts in a long sorted list of distinct ids.

    Parameters
    ----------
    ids : sequence of str

    Returns
    -------
    callable
    """

    def find(texts: Any) -> Ints:
        rows = [-1 if text is None else bisect_left(ids, text) for text in texts.to_pylist()]
        found = [
            row if 0 <= row < len(ids) and ids[row] == text else -1
            for row, text in zip(rows, texts.to_pylist(), strict=True)
        ]
        return np.array(found, dtype=np.int64)

    return find


def settle(
    frame: Frame, parents: Mapping[str, Parent], ledger: Ledger, rivals: Rivals | None = None
) -> Settled:
    """Return the rows that stand and record the others.

    Parameters
    ----------
    frame : Frame
        Rows as they came.
    parents : mapping
        Tables that are present, by name.
    ledger : Ledger
        Counts and bad rows are added to it.
    rivals : tuple, optional
        Where the frame is a part of its table: the keys of differing rows in other parts.

    Returns
    -------
    Settled
        In input order.

    Raises
    ------
    InputError
        If the ledger is strict and a row is bad.
    """
    ledger.count(frame.schema.name, read=len(frame))
    findings = broken(frame)
    good = frame.take(_others(frame, findings)) if findings else frame
    links, dangling = _links(good, parents)
    findings += [_moved(finding, frame, good) for finding in dangling]
    ledger.put_aside(frame, findings)
    if dangling:
        rows = _others(good, dangling)
        good, links = good.take(rows), {name: link[rows] for name, link in links.items()}
    settled = _settle_keys(good, links, ledger, rivals)
    ledger.observe(settled.frame)
    return settled


def _others(frame: Frame, findings: list[Broken]) -> Ints:
    keep = np.ones(len(frame), dtype=np.bool_)
    for finding in findings:
        keep[finding.rows] = False
    return np.flatnonzero(keep)


def _moved(finding: Broken, frame: Frame, part: Frame) -> Broken:
    """Return the finding on rows of a part as one on rows of the whole frame."""
    rows = np.searchsorted(frame.places, part.places[finding.rows])
    return Broken(rows, finding.column, finding.rule, finding.reason)


def _links(frame: Frame, parents: Mapping[str, Parent]) -> tuple[dict[str, Ints], list[Broken]]:
    links: dict[str, Ints] = {}
    findings: list[Broken] = []
    bad = np.zeros(len(frame), dtype=np.bool_)
    for name, table in frame.schema.references:
        parent = parents.get(table)
        if parent is None or name not in frame.columns:
            continue
        links[name] = frame.found(name, parent.find)
        if parent.open or not len(frame) or links[name].min() >= 0:
            continue
        lost = (links[name] < 0) & ~bad
        if lost.any():
            bad |= lost
            reason = f"{name} is not in {table}, or set aside there"
            findings.append(Broken(np.flatnonzero(lost), name, REFERENCE, reason))
    return links, findings


def _settle_keys(
    frame: Frame, links: dict[str, Ints], ledger: Ledger, rivals: Rivals | None
) -> Settled:
    if not frame.schema.key:
        return Settled(frame, links, never(len(frame)))
    # An open parent's -1 stands for many texts, so only closed links are keys.
    keys = {name: link for name, link in links.items() if not len(link) or link.min() >= 0}
    found = unique(frame, keys, None if rivals is None else _rival_times(frame, *rivals))
    ledger.count(frame.schema.name, collapsed=found.collapsed)
    if len(found.conflicting):
        key = ", ".join(frame.schema.key)
        reason = f"{key} is that of another row, which differs"
        finding = Broken(found.conflicting, frame.schema.key[0], CONFLICT, reason)
        ledger.put_aside(frame, [finding])
    if found.keep is None:
        return Settled(frame, links, found.hidden)
    links = {name: link[found.keep] for name, link in links.items()}
    return Settled(frame.take(found.keep), links, found.hidden)


def _rival_times(frame: Frame, ids: Any, known: Times) -> Times:
    """Return for each row when the first differing row elsewhere became known."""
    rows = arrow_finder(ids)(frame.text(frame.schema.key[0]))
    times: Times = np.append(known, UNKNOWN_TIME)[rows]
    return times
