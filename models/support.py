"""Whom a model has a right to speak about: creators like those whom brands chose."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from features.arrays import Flags, Floats, owned
from features.catalogue import NAMES
from features.compiled import kernel, kernel_part
from models.offset import Form, Offset, total
from models.parts import Numbers

_PLACES = {name: place for place, name in enumerate(NAMES)}

MOST = 1.5
"""Variance of the log mean at which doubt about a stranger levels off: the middle 90 % of what a
log-normal factor of that variance may do spans from an eighth to eightfold."""


class Edges(NamedTuple):
    """A support for compiled loops.

    Parameters
    ----------
    form : Form
        Of the offset, over columns of the catalogue.
    edges : Floats, shape (3, k)
        Low, high and absent.
    least, rise : float
    """

    form: Form
    edges: Floats
    least: float
    rise: float


@dataclass(frozen=True, slots=True, eq=False)
class Support:
    """How far a pair of creator and brief is from those that came about.

    The depth of a row is how far its log-odds of being chosen lie below `least`, plus how far the
    one column that is furthest outside what the chosen showed lies outside, in units of the column
    up to the offset's clip; where nearly all of the chosen show a column, its being unknown counts
    one unit.

    Parameters
    ----------
    offset : Offset
        Log-odds of a chosen pair against one of the eligible, over columns of the catalogue.
    least : float
        Log-odds that most of the chosen exceed.
    low, high : Floats, shape (k,)
        The range of each of its columns among the chosen.
    absent : Floats, shape (k,)
        What a column's being unknown adds: 1 where the chosen show it, else 0.
    rise : float
        Variance of the log mean per unit of depth, near the edge.
    limit : float
        Greatest depth that is still inside.
    """

    offset: Offset
    least: float
    low: Floats
    high: Floats
    absent: Floats
    rise: float
    limit: float
    compiled: Edges = field(init=False, repr=False)

    def __post_init__(self) -> None:
        shapes = {part.shape for part in (self.low, self.high, self.absent)}
        if shapes != {(len(self.offset.columns),)}:
            raise ValueError(
                f"support: low, high and absent have shapes {sorted(shapes)}, expected one value"
                f" for each of {len(self.offset.columns)} columns"
            )
        if self.rise < 0.0 or self.limit < 0.0:
            raise ValueError(
                f"support: rise and limit must not be negative, got {self.rise} and {self.limit}"
            )
        places = np.array([_PLACES[name] for name in self.offset.columns], np.int64)
        edges = np.array([self.low, self.high, self.absent], np.float64)
        steps = float(self.least), float(self.rise)
        object.__setattr__(self, "compiled", Edges(self.offset.form(places), edges, *steps))

    @classmethod
    def none(cls) -> "Support":
        """Return the support of which nothing is known: every row is inside."""
        nothing = np.empty(0)
        return cls(Offset.constant(0.0), 0.0, nothing, nothing, nothing, 0.0, 0.0)

    def depth(self, X: Floats) -> Floats:
        """Return how far rows lie outside, 0 inside.

        Parameters
        ----------
        X : Floats, shape (n, len(NAMES))
            The catalogue's columns.

        Returns
        -------
        Floats, shape (n,)
            A row's value does not depend on the rows beside it, to the last bit.
        """
        return np.asarray(self._judged(X)[0])

    def distance(self, X: Floats) -> Floats:
        """Return minus the log-odds of rows to be chosen, less than nothing well inside."""
        return np.asarray(self.least - self.offset.raw(X, self.compiled.form))

    def variance(self, X: Floats) -> Floats:
        """Return the variance to add to the log mean of rows, from 0 inside up to below `MOST`."""
        return np.asarray(self._judged(X)[1])

    def judged(self, X: Floats) -> Flags:
        """Tell which rows are inside, so that the model may speak about them."""
        return np.asarray(self.depth(X) <= self.limit)

    def _judged(self, X: Floats) -> Floats:
        """Return depth and variance of rows, shape (2, n)."""
        out = np.empty((2, len(X)))
        _judge(owned(X, np.float64), self.compiled, out)
        return out

    def numbers(self) -> Numbers:
        """Return the support as plain numbers."""
        return {
            "offset": self.offset.numbers(),
            "least": float(self.least),
            "low": self.low.tolist(),
            "high": self.high.tolist(),
            "absent": self.absent.tolist(),
            "rise": float(self.rise),
            "limit": float(self.limit),
        }

    @classmethod
    def from_numbers(cls, numbers: Numbers) -> "Support":
        """Return the support that `numbers` describes."""
        return cls(
            offset=Offset.from_numbers(numbers["offset"]),
            least=numbers["least"],
            low=np.array(numbers["low"], dtype=np.float64),
            high=np.array(numbers["high"], dtype=np.float64),
            absent=np.array(numbers["absent"], dtype=np.float64),
            rise=numbers["rise"],
            limit=numbers["limit"],
        )


@kernel_part
def depth_of(X: Floats, i: int, support: Edges) -> float:
    """Return how far row i lies outside."""
    form, edges = support.form, support.edges
    furthest: float = 0.0
    for j in range(len(form.places)):
        x = X[i, form.places[j]]
        beyond = max(x - edges[1, j], edges[0, j] - x) / form.terms[1, j]
        if x != x:  # noqa: PLR0124  (NaN)
            beyond = edges[2, j]
        furthest = max(furthest, beyond)
    found: float = max(support.least - total(X, i, form), 0.0) + min(furthest, form.clip)
    return found


@kernel_part
def doubt_of(depth: float, support: Edges) -> float:
    """Return the variance that a depth adds to the log mean."""
    grown = support.rise * depth
    found: float = grown / (1.0 + grown / MOST)
    return found


@kernel
def _judge(X: Floats, support: Edges, out: Floats) -> None:
    for i in range(X.shape[0]):
        out[0, i] = depth_of(X, i, support)
        out[1, i] = doubt_of(out[0, i], support)
