"""The linear part of a score: standardised, clipped columns, and indicators of what is missing."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from features.arrays import Floats, Ints, owned
from features.compiled import kernel, kernel_part
from models.parts import Numbers

CLIP = 4.0
"""Values count at most so many scale units from the centre: no outlier carries a score."""


class Form(NamedTuple):
    """An offset over columns of a wider matrix, for compiled loops.

    Parameters
    ----------
    places : Ints, shape (k,)
        Where its columns stand.
    terms : Floats, shape (4, k)
        Centre, scale, weight and what being unknown adds.
    intercept, clip : float
    """

    places: Ints
    terms: Floats
    intercept: float
    clip: float


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
    _own: Form = field(init=False, repr=False)

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
        object.__setattr__(self, "_own", self.form(np.arange(k)))

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

    def form(self, places: Ints) -> Form:
        """Return the form over the columns at these places of a wider matrix."""
        terms = np.array([self.centre, self.scale, self.weight, self.missing], np.float64)
        return Form(places.astype(np.int64), terms, float(self.intercept), float(self.clip))

    def raw(self, X: Floats, form: Form | None = None) -> Floats:
        """Return the log-odds of rows: intercept, then the terms in the order of the columns.

        Parameters
        ----------
        X : Floats, shape (n, k)
            The form's columns, NaN for unknown.
        form : Form, optional
            Where these are to be found in a wider X.
        """
        out = np.empty(len(X))
        _totals(owned(X, np.float64), form or self._own, out)
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


@kernel_part
def total(X: Floats, i: int, form: Form) -> float:
    """Return the log-odds of row i: what `_design` and `_terms` make of it, added up."""
    found = form.intercept
    clip = form.clip
    for j in range(len(form.places)):
        x = X[i, form.places[j]]
        if x == x:  # noqa: PLR0124  (not NaN)
            z = min(max((x - form.terms[0, j]) / form.terms[1, j], -clip), clip)
            found += form.terms[2, j] * z
        else:
            found += form.terms[3, j]
    return found


@kernel
def _totals(X: Floats, form: Form, out: Floats) -> None:
    for i in range(len(out)):
        out[i] = total(X, i, form)
