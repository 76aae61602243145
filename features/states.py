"""What fit features need of a creator at one `as_of`: storable, and good for any brief."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from features.arrays import Codes, Floats, Ints
from features.catalogue import BASE
from features.drivers import StateArrays
from features.view_audience import BREAKDOWN_COLUMNS
from features.view_deal import COLLABORATION_COLUMNS, CREATOR_FACTS, CREATOR_FOLLOWERS


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


def unpack(packed: Sequence[bytes]) -> States:
    """Return the states that were packed, in the order given.

    Parameters
    ----------
    packed : sequence of bytes
        One entry a state, from `pack`.

    Returns
    -------
    States
    """
    return _stack([_unpacked(state) for state in packed])


def _unpacked(packed: bytes) -> States:
    """Return one state as views of its bytes."""
    listed, worked, category = np.frombuffer(packed, dtype=np.int64, count=3).tolist()
    codes = np.frombuffer(packed, dtype=np.int64, count=2 * worked, offset=24)
    numbers = np.frombuffer(packed, dtype=np.float64, offset=24 + 16 * worked)
    base, numbers = np.split(numbers, [len(BASE)])
    creator, numbers = np.split(numbers, [CREATOR_FACTS])
    breakdown, collaborations = np.split(numbers, [BREAKDOWN_COLUMNS * listed])
    return States(
        base=base.reshape(1, -1),
        creator=creator.reshape(1, -1),
        category=np.array([category]),
        breakdown_offsets=np.array([0, listed]),
        breakdown=breakdown.reshape(listed, BREAKDOWN_COLUMNS),
        collaboration_offsets=np.array([0, worked]),
        collaborations=collaborations.reshape(worked, COLLABORATION_COLUMNS),
        collaboration_codes=codes.reshape(worked, 2),
    )


def _stack(states: Sequence[States]) -> States:
    """Return many states as one."""
    if not states:
        return empty()
    joined: dict[str, Ints | Floats] = {}
    for field in fields(States):
        arrays = [getattr(state, field.name) for state in states]
        if field.name.endswith("_offsets"):
            lengths = np.concatenate([np.diff(array) for array in arrays])
            joined[field.name] = np.concatenate([[0], np.cumsum(lengths)])
        else:
            joined[field.name] = np.concatenate(arrays)
    return States(**joined)  # type: ignore[arg-type]  # floats and ints by field name


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
