"""Which rows a model may learn from and which judge it: later time, unseen creators, folds."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import GroupKFold

from features.arrays import Ints, Times

HELD_OUT_TIME = 0.2  # share of the rows, the latest ones, that judge the twin
UNSEEN_CREATORS = 0.2  # share of the creators that the twin never sees

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Split:
    """Rows of the evaluation twin.

    Parameters
    ----------
    train : ndarray of bool, shape (n,)
        Rows the twin learns from.
    test : ndarray of bool, shape (n,)
        Rows that judge it: those that begin at or after `cut`.
    unseen : ndarray of bool, shape (n,)
        Rows of the creators that the twin never sees.
    cut : int
        The moment at which the twin is trained, microseconds.
    """

    train: Flags
    test: Flags
    unseen: Flags
    cut: int


def is_unseen(creator_ids: Sequence[str]) -> Flags:
    """Tell which creators are kept from the twin: a fifth of them, by a stable hash of the id."""
    bound = int(UNSEEN_CREATORS * 256)
    hashes = (hashlib.blake2b(one.encode(), digest_size=1).digest()[0] for one in creator_ids)
    return np.fromiter((each < bound for each in hashes), np.bool_, len(creator_ids))


def by_time(start: Times, known: Times, unseen: Flags) -> Split:
    """Split rows at the moment after which the last fifth of them begins.

    A training row's label must be known strictly before the cut, so the twin learns nothing that
    a model trained at the cut could not have known (the embargo is the label's own delay).

    Parameters
    ----------
    start : ndarray of int64, shape (n,)
        When each row begins: the moment its features are seen at, microseconds.
    known : ndarray of int64, shape (n,)
        When each row's label became known, microseconds.
    unseen : ndarray of bool, shape (n,)
        Rows of creators to keep from training.

    Returns
    -------
    Split
        The twin's rows; without rows, the cut is 0.
    """
    if not len(start):
        none = np.zeros(0, np.bool_)
        return Split(none, none, none, 0)
    cut = int(np.sort(start)[int(len(start) * (1 - HELD_OUT_TIME))])
    return Split((known < cut) & ~unseen, start >= cut, unseen, cut)


def folds(groups: Ints, seed: int, count: int = 4) -> Iterator[tuple[Ints, Ints]]:
    """Yield (training rows, held-out rows) with each group on one side only.

    Parameters
    ----------
    groups : ndarray of int64, shape (n,)
        Group of each row, e.g. its creator.
    seed : int
        Shuffles the groups over the folds.
    count : int
        Number of folds, lowered to the number of groups.
    """
    parts = min(count, len(np.unique(groups)))
    split = GroupKFold(parts, shuffle=True, random_state=seed)
    for train, held in split.split(groups.reshape(-1, 1), groups=groups):
        yield train.astype(np.int64), held.astype(np.int64)
