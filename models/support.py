"""Whom a model has a right to speak about: creators like those whom brands chose."""

from dataclasses import dataclass

import numpy as np

from features.arrays import Flags, Floats
from features.catalogue import NAMES
from models.offset import Offset
from models.parts import Numbers

_PLACES = {name: place for place, name in enumerate(NAMES)}

MOST = 1.5
"""Variance of the log mean at which doubt about a stranger levels off: the middle 90 % of what a
log-normal factor of that variance may do spans from an eighth to eightfold."""


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
        own = self._own(X)
        beyond = np.fmax(own - self.high, self.low - own) / self.offset.scale
        furthest = np.where(np.isnan(own), self.absent, beyond).max(axis=1, initial=0.0)
        furthest = np.minimum(furthest, self.offset.clip)
        return np.asarray(np.maximum(self.least - self.offset.raw(own), 0.0) + furthest)

    def distance(self, X: Floats) -> Floats:
        """Return minus the log-odds of rows to be chosen, less than nothing well inside."""
        return np.asarray(self.least - self.offset.raw(self._own(X)))

    def variance(self, X: Floats) -> Floats:
        """Return the variance to add to the log mean of rows, from 0 inside up to below `MOST`."""
        grown = self.rise * self.depth(X)
        return np.asarray(grown / (1.0 + grown / MOST))

    def judged(self, X: Floats) -> Flags:
        """Tell which rows are inside, so that the model may speak about them."""
        return np.asarray(self.depth(X) <= self.limit)

    def _own(self, X: Floats) -> Floats:
        return X[:, [_PLACES[name] for name in self.offset.columns]]

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
