"""LightGBM trees from their text: built on first use, summed one row at a time."""

import threading

import numpy as np

from features.arrays import Floats
from models.boosting import CONTRIBUTIONS, RAW, Booster

_MISSING_TYPES = ("none", "zero", "nan", "unknown")


class Trees:
    """Trees over p columns; the text "" means none, which adds nothing.

    The booster is built once, by whichever thread asks first.

    Parameters
    ----------
    text : str
        LightGBM's model text, or "".
    width : int
        Number of columns p.
    """

    def __init__(self, text: str, width: int) -> None:
        self._text = text
        self._width = width
        self._lock = threading.Lock()
        self._booster: Booster | None = None

    def raw(self, X: Floats) -> Floats:
        """Return the sum of the trees, shape (n,)."""
        if not self._text or not len(X):
            return np.zeros(len(X))
        return self._built().predict(X, RAW)

    def contributions(self, X: Floats) -> Floats:
        """Return what each column adds and, last, the trees' expected value, shape (n, p + 1)."""
        if not self._text or not len(X):
            return np.zeros((len(X), self._width + 1))
        return self._built().predict(X, CONTRIBUTIONS)

    def _built(self) -> Booster:
        with self._lock:
            if self._booster is None:
                self._booster = _build(self._text, self._width)
            return self._booster


def _build(text: str, width: int) -> Booster:
    """Parse the text, whose hash was checked: LightGBM aborts the process on a damaged one."""
    booster = Booster(text)
    if booster.width != width:
        raise ValueError(
            f"trees: the booster reads {booster.width} columns, the model names {width}"
        )
    return booster


def missing_types(text: str) -> frozenset[str]:
    """Return how the splits of a LightGBM text treat a missing value.

    LightGBM gives a feature that was never missing in training the type "none" and then silently
    reads NaN as 0.

    Parameters
    ----------
    text : str
        LightGBM's model text, or "".

    Returns
    -------
    frozenset of str
        Those of "none", "zero" and "nan" that occur; {"nan"} (or nothing, without splits) is safe.
    """
    found: set[str] = set()
    for line in text.splitlines():
        name, _, values = line.partition("=")
        if name == "decision_type":
            # Bit 0: a categorical split; bit 1: the default direction; bits 2 and 3: missing type.
            found.update(_MISSING_TYPES[(int(kind) >> 2) & 3] for kind in values.split())
    return frozenset(found)
