"""LightGBM's C library: a booster from its text, and what it predicts.

`import lightgbm` brings pandas, scikit-learn and scipy along and takes longer than everything else
a scoring command does. The library beneath it needs none of them.
"""

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from features.arrays import Floats

RAW, CONTRIBUTIONS = 1, 3
_FLOAT64, _ROW_MAJOR, _ALL = 1, 1, -1
# Threads would not change a bit of it, and with a busy neighbour they cost more than they bring.
_PARAMETERS = b"num_threads=1"
_LOG = ctypes.CFUNCTYPE(None, ctypes.c_char_p)
# Kept here, because the library keeps the bare address. What it says is said by its status too.
_silent = _LOG(lambda _message: None)


class BoosterError(RuntimeError):
    """LightGBM's library is missing, or refused what it was asked."""


class Booster:
    """A booster over a matrix's columns, which several threads may ask at once.

    Parameters
    ----------
    text : str
        LightGBM's model text; a damaged one aborts the process, so its hash is checked before.

    Raises
    ------
    BoosterError
        If the library cannot be found or cannot read the text.
    """

    def __init__(self, text: str) -> None:
        self._library = _library()
        self._handle = ctypes.c_void_p()
        iterations, width = ctypes.c_int(), ctypes.c_int()
        self._check(
            self._library.LGBM_BoosterLoadModelFromString(
                text.encode(), ctypes.byref(iterations), ctypes.byref(self._handle)
            )
        )
        self._check(self._library.LGBM_BoosterGetNumFeature(self._handle, ctypes.byref(width)))
        self.width = width.value

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._library.LGBM_BoosterFree(self._handle)

    def predict(self, X: Floats, kind: int) -> Floats:
        """Return raw scores, shape (n,), or with CONTRIBUTIONS a row of width + 1 for each.

        Parameters
        ----------
        X : ndarray of float64, shape (n, width)
        kind : int
            RAW or CONTRIBUTIONS.

        Returns
        -------
        ndarray of float64
            The same bits as `lightgbm.Booster.predict` gives.
        """
        rows, columns = X.shape
        if columns != self.width:
            raise ValueError(f"trees: {columns} columns given, the booster reads {self.width}")
        X = np.ascontiguousarray(X, dtype=np.float64)
        out = np.empty(rows if kind == RAW else rows * (columns + 1))
        filled = ctypes.c_int64()
        self._check(
            self._library.LGBM_BoosterPredictForMat(
                self._handle,
                X.ctypes.data_as(ctypes.c_void_p),
                ctypes.c_int(_FLOAT64),
                ctypes.c_int32(rows),
                ctypes.c_int32(columns),
                ctypes.c_int(_ROW_MAJOR),
                ctypes.c_int(kind),
                ctypes.c_int(0),
                ctypes.c_int(_ALL),
                ctypes.c_char_p(_PARAMETERS),
                ctypes.byref(filled),
                out.ctypes.data_as(ctypes.c_void_p),
            )
        )
        return out if kind == RAW else out.reshape(rows, columns + 1)

    def _check(self, status: int) -> None:
        if status != 0:
            raise BoosterError(f"LightGBM: {self._library.LGBM_GetLastError().decode()}")


@cache
def _library() -> ctypes.CDLL:
    """Return LightGBM's shared library without importing its package."""
    package = find_spec("lightgbm")
    if package is None or not package.submodule_search_locations:
        raise BoosterError("LightGBM is not installed; run `make setup`")
    folder = Path(package.submodule_search_locations[0])
    found = sorted(folder.glob("*/lib_lightgbm.*"))
    if not found:
        raise BoosterError(f"no lib_lightgbm in {folder}; install LightGBM 4.7 or newer again")
    library = ctypes.CDLL(str(found[0]))
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    library.LGBM_RegisterLogCallback(_silent)
    return library
