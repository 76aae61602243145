"""What earlier collaborations of a brand, a category and a market say beyond the features.

Partial pooling: each member of a group has an effect, drawn to none the less it has shown, and the
variance that is left. A new brand has no effect and all of the variance: a wider interval, not a
guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np

from features.arrays import Codes, Floats, Ints, owned
from features.compiled import kernel, kernel_part
from models.aims import Aims
from models.parts import Numbers

KINDS = ("market", "category", "brand")
"""Fields of Aims whose members are pooled, in the order in which one explains what others left."""

STRANGE = 0.1
"""Least variance of a member never seen: a third more or less. That few members differed little is
no proof that the next one will not."""


class Members(NamedTuple):
    """The members of several kinds one after the other, for compiled loops.

    Parameters
    ----------
    ends : Ints, shape (kinds + 1,)
        Those of kind j are ends[j]:ends[j + 1].
    codes : Codes, shape (k,)
        Rising within a kind.
    known : Floats, shape (2, k)
        Their effects and variances.
    strange : Floats, shape (kinds,)
        Variance of one never seen.
    """

    ends: Ints
    codes: Codes
    known: Floats
    strange: Floats


def members_of(pools: "list[Pool]") -> Members:
    """Return the members of pools."""
    none = np.empty(0)
    return Members(
        np.cumsum([0, *(len(pool.codes) for pool in pools)]),
        np.concatenate([none.astype(np.int64), *(pool.codes for pool in pools)]),
        np.stack(
            [
                np.concatenate([none, *(pool.effects for pool in pools)]),
                np.concatenate([none, *(pool.variances for pool in pools)]),
            ]
        ),
        np.array([max(pool.between, STRANGE) for pool in pools], np.float64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Effects of the members of one kind of group on the log of the expected conversions.

    Parameters
    ----------
    between : float
        Variance of the effects between members, at least 0; that of a new member is at least
        STRANGE.
    codes : Codes, shape (k,)
        Rising codes of the members that were seen.
    effects, variances : Floats, shape (k,)
        Their effects, and what is unsure about these.
    """

    between: float
    codes: Codes
    effects: Floats
    variances: Floats
    _members: Members = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not len(self.codes) == len(self.effects) == len(self.variances):
            raise ValueError(f"pool: {len(self.codes)} codes, {len(self.effects)} effects")
        if not (np.diff(self.codes) > 0).all() or not self.between >= 0.0:
            raise ValueError("pool: codes must rise, and the variance between them be at least 0")
        object.__setattr__(self, "_members", members_of([self]))

    def at(self, codes: Codes) -> tuple[Floats, Floats]:
        """Return effect and variance of members, those of a new one where a code is unknown."""
        out = np.empty((2, len(codes)))
        _looked_up(self._members, owned(codes, np.int64), out)
        return out[0], out[1]

    def numbers(self) -> Numbers:
        """Return the effects as plain numbers."""
        return {
            "between": float(self.between),
            "codes": self.codes.tolist(),
            "effects": self.effects.tolist(),
            "variances": self.variances.tolist(),
        }

    @classmethod
    def from_numbers(cls, numbers: Numbers) -> Self:
        """Return the effects that `numbers` describes."""
        return cls(
            numbers["between"],
            np.array(numbers["codes"], np.int64),
            np.array(numbers["effects"], np.float64),
            np.array(numbers["variances"], np.float64),
        )

    @classmethod
    def none(cls) -> Self:
        """Return the pool of a kind whose members do not differ."""
        empty = np.zeros(0)
        return cls(0.0, np.zeros(0, np.int64), empty, empty)


@dataclass(frozen=True, slots=True, eq=False)
class Pools:
    """The effects of all kinds, and how unsure creators are.

    Parameters
    ----------
    kinds : mapping of str to Pool
        One for each of KINDS.
    creators : float
        Variance between creators of what their features do not tell.
    told : float
        Information of one earlier collaboration about it: the variance of a creator with n of them
        is creators / (1 + n * creators * told).
    usual : float
        Mean of the variances of the rows that the dispersion was learned on, which holds it.
    """

    kinds: Mapping[str, Pool]
    creators: float = 0.0
    told: float = 0.0
    usual: float = 0.0

    def effects(self, aim: Aims) -> dict[str, Floats]:
        """Return what each kind adds to the log of the expected conversions, shape (n,) each."""
        return {kind: pool.at(getattr(aim, kind))[0] for kind, pool in self.kinds.items()}

    def effect(self, aim: Aims) -> Floats:
        """Return what all kinds add together, shape (n,)."""
        return np.asarray(sum(self.effects(aim).values(), np.zeros(len(aim))))

    def variance(self, aim: Aims, worked: Floats) -> Floats:
        """Return how much surer (below 0) or less sure (above) rows are than usual.

        Parameters
        ----------
        aim : Aims
            Of the rows.
        worked : Floats, shape (n,)
            Their creators' earlier collaborations; NaN counts as none.

        Returns
        -------
        Floats, shape (n,)
        """
        return self.total_variance(aim, worked) - self.usual

    def total_variance(self, aim: Aims, worked: Floats) -> Floats:
        """Return the variance that groups and creators leave, shape (n,)."""
        past = np.nan_to_num(worked, nan=0.0)
        found = self.creators / (1.0 + past * (self.creators * self.told))
        for kind, pool in self.kinds.items():
            found = found + pool.at(getattr(aim, kind))[1]
        return np.asarray(found)

    def members(self) -> Members:
        """Return the members of all kinds, in the order of KINDS."""
        return members_of([self.kinds[kind] for kind in KINDS])

    def numbers(self) -> Numbers:
        """Return everything as plain numbers."""
        return {
            "kinds": {kind: pool.numbers() for kind, pool in self.kinds.items()},
            "creators": float(self.creators),
            "told": float(self.told),
            "usual": float(self.usual),
        }

    @classmethod
    def from_numbers(cls, numbers: Numbers) -> Self:
        """Return what `numbers` describes."""
        kinds = {kind: Pool.from_numbers(numbers["kinds"][kind]) for kind in KINDS}
        return cls(kinds, numbers["creators"], numbers["told"], numbers["usual"])

    @classmethod
    def none(cls) -> Self:
        """Return pools in which nobody differs."""
        return cls({kind: Pool.none() for kind in KINDS})


@kernel_part
def member(members: Members, kind: int, code: int) -> tuple[float, float]:
    """Return effect and variance of a member of a kind, those of a new one where it is unknown."""
    low, high = members.ends[kind], members.ends[kind + 1]
    while low < high:
        middle = (low + high) >> 1
        if members.codes[middle] < code:
            low = middle + 1
        else:
            high = middle
    if low < members.ends[kind + 1] and members.codes[low] == code:
        return members.known[0, low], members.known[1, low]
    return 0.0, members.strange[kind]


@kernel
def _looked_up(members: Members, codes: Codes, out: Floats) -> None:
    for i in range(len(codes)):
        out[0, i], out[1, i] = member(members, 0, codes[i])
