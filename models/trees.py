"""LightGBM trees from their text: built on first use, summed and explained one row at a time."""

import logging
import threading
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from features.arrays import Floats
from models.boosting import CONTRIBUTIONS, RAW, Booster
from models.contributions import Contributions
from models.forest import Forest, OtherTreesError, thresholds_of
from models.tree_text import Grown, read
from models.walks import ZERO, Laid

TRIED = 256
"""Made-up rows on which our sums must be LightGBM's before they are used."""

EXPLAINED = 32
"""Made-up rows on which contributions must be LightGBM's before they are used."""

CLOSE = 1e-9
"""By so much contributions may differ from LightGBM's, which adds up in another order."""

_MISSING_TYPES = ("none", "zero", "nan", "unknown")
_EDGES = (np.nan, np.inf, -np.inf, 0.0, -0.0, ZERO, -ZERO, ZERO / 2, -ZERO / 2, 1e300, -1e300)

_log = logging.getLogger("credence")


class _Built(NamedTuple):
    """The trees, and our own way to sum them where it can."""

    booster: Booster
    forest: Forest | None


class _Explained(NamedTuple):
    """The trees, and our own way to explain them where it can."""

    booster: Booster
    contributions: Contributions | None


class Trees:
    """Trees over p columns; the text "" means none, which adds nothing.

    They are built once, by whichever thread asks first, and their structure is checked before
    anything follows it; contributions are prepared when they are first asked for. LightGBM itself
    sums and explains trees that ours cannot; the log says so.

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
        self._made: _Built | None = None
        self._explained: _Explained | None = None

    @property
    def is_walked(self) -> bool:
        """Whether our own kernel sums the trees, and not LightGBM."""
        return bool(self._text) and self._built().forest is not None

    @property
    def is_explained(self) -> bool:
        """Whether our own kernel finds the contributions, and not LightGBM."""
        return bool(self._text) and self._explain().contributions is not None

    @property
    def laid(self) -> Laid | None:
        """The trees for kernels that sum them; None where they do not, or there are none."""
        forest = self._built().forest if self._text else None
        return None if forest is None or not len(forest.laid.starts) else forest.laid

    def raw(self, X: Floats) -> Floats:
        """Return the sum of the trees, shape (n,), with the bits that LightGBM gives."""
        if not self._text or not len(X):
            return np.zeros(len(X))
        booster, forest = self._built()
        return booster.predict(X, RAW) if forest is None else forest.raw(X)

    def contributions(self, X: Floats) -> Floats:
        """Return what each column adds and, last, the trees' expected value, shape (n, p + 1)."""
        if not self._text or not len(X):
            return np.zeros((len(X), self._width + 1))
        booster, contributions = self._explain()
        return booster.predict(X, CONTRIBUTIONS) if contributions is None else contributions.of(X)

    def _built(self) -> _Built:
        if self._made is None:  # a lock for every row would take as long as ten trees
            with self._lock:
                if self._made is None:
                    self._made = _build(self._text, self._width)
        return self._made

    def _explain(self) -> _Explained:
        if self._explained is None:
            booster = self._built().booster
            with self._lock:
                if self._explained is None:
                    contributions = _contributions(read(self._text, self._width), booster)
                    self._explained = _Explained(booster, contributions)
        return self._explained


def _build(text: str, width: int) -> _Built:
    """Check and parse the text, whose hash was checked: LightGBM aborts on a damaged one."""
    grown = read(text, width)
    booster = Booster(text)
    try:
        forest = Forest(grown)
    except OtherTreesError as error:
        _log.warning("LightGBM itself sums the trees of %s columns: %s", width, error)
        return _Built(booster, None)
    if not agree(forest, grown, booster):
        _log.warning("LightGBM itself sums the trees of %s columns: its sums differ", width)
        return _Built(booster, None)
    return _Built(booster, forest)


def _contributions(grown: Grown, booster: Booster) -> Contributions | None:
    """Return our own way to explain trees, unless it cannot or LightGBM finds other numbers."""
    width = booster.width
    try:
        found = Contributions(grown, width)
    except OtherTreesError as error:
        _log.warning("LightGBM itself explains the trees of %s columns: %s", width, error)
        return None
    if not explain_alike(found, grown, booster):
        _log.warning("LightGBM itself explains the trees of %s columns: it finds others", width)
        return None
    return found


def agree(forest: Forest, grown: Grown, booster: Booster) -> bool:
    """Return whether we and LightGBM give the same bits at and beside thresholds.

    Parameters
    ----------
    forest : Forest
        Ours, which goes another way for a row alone.
    grown : Grown
        The trees.
    booster : Booster
        LightGBM's own trees.
    """
    X = _made_up(TRIED, thresholds_of(grown), booster.width)
    alone = np.array([forest.raw(row[None])[0] for row in X])
    expected = booster.predict(X, RAW).tobytes()
    return forest.raw(X).tobytes() == expected and alone.tobytes() == expected


def explain_alike(contributions: Contributions, grown: Grown, booster: Booster) -> bool:
    """Return whether we and LightGBM find the same contributions at and beside thresholds.

    Parameters
    ----------
    contributions : Contributions
        Ours.
    grown : Grown
        The trees.
    booster : Booster
        LightGBM's own trees.
    """
    X = _made_up(EXPLAINED, thresholds_of(grown), booster.width)
    differ = np.abs(contributions.of(X) - booster.predict(X, CONTRIBUTIONS))
    return bool((differ <= CLOSE).all())


def _made_up(rows: int, thresholds: Mapping[int, Floats], width: int) -> Floats:
    """Return rows at and beside thresholds, and of what else tells implementations apart."""
    random = np.random.default_rng(0)  # the same rows always
    X = random.choice(_EDGES, (rows, width))
    for column, found in thresholds.items():
        near = np.concatenate([np.nextafter(found, side) for side in (-np.inf, np.inf)])
        X[:, column] = random.choice([*found, *near, *_EDGES], rows)
    return X


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
