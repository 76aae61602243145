"""Draws that every part of the world shares: quantile tables, ragged rows, opaque ids."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Strings: TypeAlias = pa.Array

# The levels at which the published quantiles below and in figures.py are given.
LEVELS = np.array([0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0])


def from_quantiles(uniform: Floats, quantiles: Sequence[float]) -> Floats:
    """Return the values at `uniform` levels of nine quantiles, log-linear between them.

    The ends are held a third of a step outside the outermost quantiles.
    """
    inner = np.log1p(np.asarray(quantiles, dtype=np.float64))
    low = max(inner[0] - (inner[1] - inner[0]) / 3, 0.0)
    high = inner[-1] + (inner[-1] - inner[-2]) / 3
    values = np.interp(uniform, LEVELS, np.concatenate([[low], inner, [high]]))
    return np.asarray(np.expm1(values), dtype=np.float64)


def owners(counts: Ints) -> Ints:
    """Return for every row of a ragged table the index of the owner with `counts[i]` rows."""
    return np.repeat(np.arange(len(counts), dtype=np.int64), counts)


def ordinals(counts: Ints) -> Ints:
    """Return for every row of a ragged table its place, from 0, among its owner's rows."""
    total = int(counts.sum())
    starts = np.cumsum(counts) - counts
    return np.arange(total, dtype=np.int64) - np.repeat(starts, counts)


def ids(prefix: str, count: int, salt: int) -> Strings:
    """Return `count` distinct opaque ids; an odd multiplier permutes the 32-bit numbers."""
    numbers = (np.arange(count, dtype=np.uint64) * 2_654_435_761 + salt * 40_503) % (1 << 32)
    return pa.array([f"{prefix}{number:08x}" for number in numbers.tolist()], pa.string())


def lognormal(rng: np.random.Generator, median: float, sigma: float, size: int) -> Floats:
    """Return lognormal draws given by their median."""
    return median * np.exp(sigma * rng.standard_normal(size))


def choose(rng: np.random.Generator, weights: Sequence[float], size: int) -> Ints:
    """Return indices drawn with the given weights, which need not sum to one."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    found = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    return np.asarray(np.minimum(found, len(edges) - 1), dtype=np.int64)
