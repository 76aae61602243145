"""What fit features need of a creator at one `as_of`: storable, and good for any brief."""

from dataclasses import dataclass

import numpy as np

from features.arrays import Codes, Floats, Ints
from features.catalogue import BASE, FIT, NAMES
from features.compiled import kernel, kernel_part, straight
from features.drivers import SERVED, START, Asked, StateArrays, fit_rows
from features.view_audience import BREAKDOWN_COLUMNS
from features.view_deal import COLLABORATION_COLUMNS, CREATOR_FACTS, CREATOR_FOLLOWERS

_BASE, _FIT = len(BASE), len(FIT)


@dataclass(frozen=True, slots=True)
class States:
    """The state of n creators, each at its own `as_of`.

    Parameters
    ----------
    base : ndarray of float64, shape (n, len(BASE))
        The base features: X without fit.
    creator : ndarray of float64, shape (n, CREATOR_FACTS)
        The entries CREATOR_... of `features.view_deal`.
    category : ndarray of int64, shape (n,)
        Codes, 0 unknown.
    breakdown_offsets, breakdown
        Audience breakdown of state i: rows offsets[i]:offsets[i + 1], columns BREAKDOWN_....
    collaboration_offsets, collaborations, collaboration_codes
        Visible collaborations of state i, likewise, columns COLLABORATION_....
    """

    base: Floats
    creator: Floats
    category: Codes
    breakdown_offsets: Ints
    breakdown: Floats
    collaboration_offsets: Ints
    collaborations: Floats
    collaboration_codes: Codes

    def __len__(self) -> int:
        return len(self.category)

    @property
    def followers(self) -> Floats:
        """Followers of the last visible snapshot, NaN unknown."""
        return self.creator[:, CREATOR_FOLLOWERS]

    @property
    def arrays(self) -> StateArrays:
        """The arrays for compiled loops."""
        return StateArrays(
            self.creator,
            self.category,
            self.breakdown_offsets,
            self.breakdown,
            self.collaboration_offsets,
            self.collaborations,
            self.collaboration_codes,
        )


def pack(states: States, row: int) -> bytes:
    """Return one state as raw bytes.

    Parameters
    ----------
    states : States
    row : int
        Which one.

    Returns
    -------
    bytes
        What `unpack` reads, in the byte order of this machine.
    """
    first, last = states.breakdown_offsets[row : row + 2]
    begin, end = states.collaboration_offsets[row : row + 2]
    return b"".join(
        (
            np.array([last - first, end - begin], dtype=np.int64).tobytes(),
            states.category[row : row + 1].tobytes(),
            states.collaboration_codes[begin:end].tobytes(),
            states.base[row].tobytes(),
            states.creator[row].tobytes(),
            states.breakdown[first:last].tobytes(),
            states.collaborations[begin:end].tobytes(),
        )
    )


def unpack(words: Ints, starts: Ints) -> States:
    """Return states that were packed, in the order given.

    Parameters
    ----------
    words : ndarray of int64, shape (w,)
        What `pack` gave, among anything else of whole words.
    starts : ndarray of int64, shape (n,)
        Where each state begins.

    Returns
    -------
    States
    """
    n = len(starts)
    offsets = np.zeros((2, n + 1), dtype=np.int64)
    _measure(words, starts, offsets)
    listed, worked = offsets[:, n].tolist()
    found = States(
        base=np.empty((n, len(BASE))),
        creator=np.empty((n, CREATOR_FACTS)),
        category=np.empty(n, dtype=np.int64),
        breakdown_offsets=offsets[0],
        breakdown=np.empty((listed, BREAKDOWN_COLUMNS)),
        collaboration_offsets=offsets[1],
        collaborations=np.empty((worked, COLLABORATION_COLUMNS)),
        collaboration_codes=np.empty((worked, 2), dtype=np.int64),
    )
    _unpack(words, words.view(np.float64), starts, found.base, found.arrays)
    return found


def matrix_of(words: Ints, starts: Ints, asked: Asked) -> Floats:
    """Return X of states that were packed, without the detour of states.

    Parameters
    ----------
    words : ndarray of int64, shape (w,)
        What `pack` gave, among anything else of whole words.
    starts : ndarray of int64, shape (n,)
        Where each state begins.
    asked : Asked
        The brief and the offer of each; its states are 0 to n - 1.

    Returns
    -------
    ndarray of float64, shape (n, len(NAMES))
        Bit for bit what `features.computing.matrix` gives.
    """
    X = np.empty((len(starts), len(NAMES)))
    _matrix(words, words.view(np.float64), starts, asked, X)
    return X


@kernel
def _measure(words: Ints, starts: Ints, offsets: Ints) -> None:
    """Add up how many lines of breakdown and collaborations the states have."""
    for i in range(len(starts)):
        for part in range(2):
            offsets[part, i + 1] = offsets[part, i] + words[starts[i] + part]


@kernel_part
def _copied(words: Ints | Floats, at: int, target: Ints | Floats, first: int, last: int) -> int:
    """Copy words to the rows first:last of a matrix, and return where they end."""
    for row in range(first, last):
        for j in range(target.shape[1]):
            target[row, j] = words[at]
            at += 1
    return at


@kernel
def _unpack(words: Ints, numbers: Floats, starts: Ints, base: Floats, to: StateArrays) -> None:
    """Copy states out of the words, or the same words as numbers, that `pack` wrote."""
    for i in range(len(starts)):
        listed = to.breakdown_offsets[i], to.breakdown_offsets[i + 1]
        worked = to.collaboration_offsets[i], to.collaboration_offsets[i + 1]
        to.category[i] = words[starts[i] + 2]
        at = _copied(words, starts[i] + 3, to.collaboration_codes, worked[0], worked[1])
        at = _copied(numbers, at, base, i, i + 1)
        at = _copied(numbers, at, to.creator, i, i + 1)
        at = _copied(numbers, at, to.breakdown, listed[0], listed[1])
        at = _copied(numbers, at, to.collaborations, worked[0], worked[1])


@straight
@kernel
def _matrix(words: Ints, numbers: Floats, starts: Ints, asked: Asked, X: Floats) -> None:
    n = len(starts)
    offsets = np.zeros((2, n + 1), dtype=np.int64)
    _measure(words, starts, offsets)
    worked = offsets[1, n]
    base = np.empty((n, _BASE))
    states = StateArrays(
        np.empty((n, CREATOR_FACTS)),
        np.empty(n, dtype=np.int64),
        offsets[0],
        np.empty((offsets[0, n], BREAKDOWN_COLUMNS)),
        offsets[1],
        np.empty((worked, COLLABORATION_COLUMNS)),
        np.empty((worked, 2), dtype=np.int64),
    )
    _unpack(words, numbers, starts, base, states)
    fit = np.full((n, _FIT), np.nan)
    fit_rows(states, asked, fit, SERVED, (START, n))
    for i in range(n):
        for j in range(_BASE):
            X[i, j] = base[i, j]
        for j in range(_FIT):
            X[i, _BASE + j] = fit[i, j]


def empty(n: int = 0) -> States:
    """Return n states of which nothing is known.

    Parameters
    ----------
    n : int
        How many.

    Returns
    -------
    States
    """
    return States(
        base=np.full((n, len(BASE)), np.nan),
        creator=np.full((n, CREATOR_FACTS), np.nan),
        category=np.zeros(n, dtype=np.int64),
        breakdown_offsets=np.zeros(n + 1, dtype=np.int64),
        breakdown=np.empty((0, BREAKDOWN_COLUMNS)),
        collaboration_offsets=np.zeros(n + 1, dtype=np.int64),
        collaborations=np.empty((0, COLLABORATION_COLUMNS)),
        collaboration_codes=np.empty((0, 2), dtype=np.int64),
    )
