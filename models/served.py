"""The one served form: a linear offset, trees on top of it, and where each log-odds comes from."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from features.arrays import Floats, owned
from models.offset import Form, Offset
from models.parts import Numbers
from models.trees import Trees


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """A fitted score in log-odds, before calibration.

    No trees is a logistic regression, an offset without columns a constant.

    Parameters
    ----------
    columns : tuple of str
        The p columns of X, in order.
    offset : Offset
        The linear part, over some of the columns.
    booster : str
        LightGBM's text of the trees, fitted with the offset as initial score; "" for none.
    """

    columns: tuple[str, ...]
    offset: Offset
    booster: str = ""
    trees: Trees = field(init=False, repr=False)
    _places: npt.NDArray[np.intp] = field(init=False, repr=False)
    form: Form = field(init=False, repr=False)

    def __post_init__(self) -> None:
        unknown = set(self.offset.columns) - set(self.columns)
        if unknown:
            raise ValueError(f"served: the offset reads columns it is not given: {sorted(unknown)}")
        places = np.array([self.columns.index(name) for name in self.offset.columns], dtype=np.intp)
        object.__setattr__(self, "_places", places)
        object.__setattr__(self, "form", self.offset.form(places))
        object.__setattr__(self, "trees", Trees(self.booster, len(self.columns)))

    def raw(self, X: Floats) -> Floats:
        """Return the log-odds of rows: the offset, then the trees.

        Parameters
        ----------
        X : Floats, shape (n, p)
            The columns, NaN for unknown.

        Returns
        -------
        Floats, shape (n,)
            A row's value does not depend on the rows beside it, to the last bit.
        """
        X = self._checked(X)
        return self.offset.raw(X, self.form) + self.trees.raw(X)

    def contributions(self, X: Floats) -> Floats:
        """Return what each column adds to `raw` and, last, the base; a row sums to `raw`.

        Parameters
        ----------
        X : Floats, shape (n, p)
            The columns, NaN for unknown.

        Returns
        -------
        Floats, shape (n, p + 1)
            Of a column: its term of the offset, its indicator and its part in the trees together.
        """
        X = self._checked(X)
        out = self.trees.contributions(X)
        out[:, self._places] += self.offset.terms(X[:, self._places])
        out[:, -1] += self.offset.intercept
        return out

    def numbers(self) -> Numbers:
        """Return everything but columns and trees as plain numbers."""
        return {"offset": self.offset.numbers()}

    @classmethod
    def from_numbers(cls, numbers: Numbers, booster: str, columns: Sequence[str]) -> "Served":
        """Return the score that `numbers`, the trees' text and the columns describe."""
        return cls(tuple(columns), Offset.from_numbers(numbers["offset"]), booster)

    def _checked(self, X: Floats) -> Floats:
        if X.ndim != 2 or X.shape[1] != len(self.columns):
            raise ValueError(f"served: X has shape {X.shape}, expected (n, {len(self.columns)})")
        return owned(X, np.float64)
