"""The linear part of a score: standardised, clipped columns, and indicators of what is missing."""

from dataclasses import dataclass

import numpy as np

from features.arrays import Floats
from features.compiled import kernel
from models.parts import Numbers

CLIP = 4.0
"""Values count at most so many scale units from the centre: no outlier carries a score."""


@dataclass(frozen=True, slots=True, eq=False)
class Offset:
    """A fitted linear form over some columns.

    A known value adds `weight * clip((x - centre) / scale)`, an unknown one, which stands at the
    reference, adds `missing`.

    Parameters
    ----------
    columns : tuple of str
        The k columns it reads.
    intercept : float
        Log-odds of a row at the reference.
    centre, scale, weight, missing : Floats, shape (k,)
        Reference and unit of a column, its coefficient, and the coefficient of its being unknown.
    clip : float
        Bound on the distance from the centre, in scale units.
    """

    columns: tuple[str, ...]
    intercept: float
    centre: Floats
    scale: Floats
    weight: Floats
    missing: Floats
    clip: float = CLIP

    def __post_init__(self) -> None:
        k = len(self.columns)
        shapes = {
            "centre": (self.centre, (k,)),
            "scale": (self.scale, (k,)),
            "weight": (self.weight, (k,)),
            "missing": (self.missing, (k,)),
        }
        for name, (values, shape) in shapes.items():
            if values.shape != shape:
                raise ValueError(
                    f"offset: {name} has shape {values.shape}, expected {shape} for {k} columns"
                )
        if not (self.scale > 0.0).all():
            raise ValueError(f"offset: every scale must be above 0, got {self.scale.min()}")

    @classmethod
    def constant(cls, intercept: float) -> "Offset":
        """Return the form without columns."""
        none = np.empty(0)
        return cls((), intercept, none, none, none, none)

    def design(self, X: Floats) -> Floats:
        """Return the regressors of rows.

        Parameters
        ----------
        X : Floats, shape (n, k)
            The form's columns, NaN for unknown.

        Returns
        -------
        Floats, shape (n, 2k + 1)
            One, the standardised values (0 where unknown), the indicators of the unknown.
        """
        out = np.empty((len(X), 2 * len(self.columns) + 1))
        _design(np.ascontiguousarray(X), self.centre, self.scale, float(self.clip), out)
        return out

    def terms(self, X: Floats) -> Floats:
        """Return what each column adds, in log-odds, shape (n, k)."""
        out = np.empty((len(X), len(self.columns)))
        _terms(self.design(X), self.weight, self.missing, out)
        return out

    def raw(self, X: Floats) -> Floats:
        """Return the log-odds of rows: intercept, then the terms in the order of the columns."""
        out = np.empty(len(X))
        _totals(self.terms(X), float(self.intercept), out)
        return out

    def numbers(self) -> Numbers:
        """Return the form as plain numbers."""
        return {
            "columns": list(self.columns),
            "intercept": float(self.intercept),
            "centre": self.centre.tolist(),
            "scale": self.scale.tolist(),
            "weight": self.weight.tolist(),
            "missing": self.missing.tolist(),
            "clip": float(self.clip),
        }

    @classmethod
    def from_numbers(cls, numbers: Numbers) -> "Offset":
        """Return the form that `numbers` describes."""
        return cls(
            columns=tuple(numbers["columns"]),
            intercept=numbers["intercept"],
            centre=np.array(numbers["centre"], dtype=np.float64),
            scale=np.array(numbers["scale"], dtype=np.float64),
            weight=np.array(numbers["weight"], dtype=np.float64),
            missing=np.array(numbers["missing"], dtype=np.float64),
            clip=numbers["clip"],
        )


# Loops, not matrix products: BLAS adds in an order that depends on how many rows it is given.


@kernel
def _design(X: Floats, centre: Floats, scale: Floats, clip: float, out: Floats) -> None:
    k = X.shape[1]
    for i in range(X.shape[0]):
        out[i, 0] = 1.0
        for j in range(k):
            x = X[i, j]
            known = x == x  # noqa: PLR0124  (NaN)
            z = (x - centre[j]) / scale[j] if known else 0.0
            out[i, 1 + j] = min(max(z, -clip), clip)
            out[i, 1 + k + j] = 0.0 if known else 1.0


@kernel
def _terms(design: Floats, weight: Floats, missing: Floats, out: Floats) -> None:
    k = len(weight)
    for i in range(len(out)):
        for j in range(k):
            out[i, j] = weight[j] * design[i, 1 + j] + missing[j] * design[i, 1 + k + j]


@kernel
def _totals(terms: Floats, intercept: float, out: Floats) -> None:
    for i in range(len(out)):
        total = intercept
        for j in range(terms.shape[1]):
            total += terms[i, j]
        out[i] = total
