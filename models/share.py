"""A share as a posterior over a grid: prior masses, and what is read off the posterior."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from features.arrays import Floats, owned
from features.compiled import kernel, kernel_part, straight
from models.arithmetic import exponential, logarithm

STEPS = 200
GRID: Floats = np.arange(STEPS + 1) / STEPS
"""The shares 0, .005, ..., 1: middles of cells, of which the two outer ones are half as wide."""

TAIL = 0.05
"""Probability on either side of a 90 % interval."""

EXTREME = 1e-4
"""Prior means closer to 0 or 1 than this are moved to it: a prior never rules a share out."""


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """What is read off n posteriors of a share.

    Parameters
    ----------
    share : Floats, shape (n,)
        The mean.
    low, high : Floats, shape (n,)
        The equal-tailed 90 % interval, widened to hold the mean.
    above : Floats, shape (n,)
        Probability that the share is at least the limit.
    """

    share: Floats
    low: Floats
    high: Floats
    above: Floats


def beta_log_masses(mean: Floats, concentration: float) -> Floats:
    """Return the log mass of Beta(mean * concentration, (1 - mean) * concentration) in every cell.

    Parameters
    ----------
    mean : Floats, shape (n,)
        Means of the priors.
    concentration : float
        How many observed followers the prior is worth.

    Returns
    -------
    Floats, shape (n, 201)
        Up to a constant a row; Beta(1, 1) gives the widths of the cells.
    """
    out = np.empty((len(mean), STEPS + 1))
    _beta_log_masses(np.ascontiguousarray(mean), float(concentration), grid_logs(), out)
    return out


def posteriors(log_masses: Floats, limit: float) -> Posterior:
    """Return mean, interval and tail of posteriors.

    Parameters
    ----------
    log_masses : Floats, shape (n, 201)
        Log mass of every cell of the grid, up to a constant a row; within a cell the mass is even.
    limit : float
        The share whose exceedance `above` tells.

    Returns
    -------
    Posterior
        n rows, each from its own row alone.
    """
    out = np.empty((4, len(log_masses)))
    _read_off(owned(log_masses, np.float64), float(limit), out)
    return Posterior(*out)


@kernel
def _fill_logs(out: Floats) -> None:
    """Write the logs of the inner shares of the grid, and of what they leave."""
    steps = out.shape[1]
    for j in range(1, steps):
        out[0, j] = logarithm(j / steps)
        out[1, j] = logarithm(1.0 - j / steps)


@cache
def grid_logs() -> Floats:
    """Return the logs of the shares of the grid and of 1 minus them, shape (2, 200); never of 0."""
    out = np.zeros((2, STEPS))
    _fill_logs(out)
    return out


@kernel_part
def beta_log_mass(mean: float, concentration: float, logs: Floats, out: Floats) -> None:
    """Write the log mass of a Beta in every cell, given `grid_logs()`."""
    steps = len(out) - 1
    log_width = -logarithm(float(steps))
    log_half = -logarithm(2.0 * steps)
    mu = min(max(mean, EXTREME), 1.0 - EXTREME)
    a = mu * concentration
    b = (1.0 - mu) * concentration
    # The density may be infinite at 0 and 1; the mass of the half cells there is not.
    out[0] = a * log_half - logarithm(a)
    out[steps] = b * log_half - logarithm(b)
    for j in range(1, steps):
        out[j] = log_width + (a - 1.0) * logs[0, j] + (b - 1.0) * logs[1, j]


@kernel
def _beta_log_masses(mean: Floats, concentration: float, logs: Floats, out: Floats) -> None:
    for i in range(len(mean)):
        beta_log_mass(mean[i], concentration, logs, out[i])


@kernel_part
def _edge(cell: int, steps: int) -> float:
    """Return where a cell begins (where the one before it ends)."""
    return min(max((cell - 0.5) / steps, 0.0), 1.0)


@kernel_part
def _quantile(masses: Floats, target: float) -> float:
    """Return the share below which the masses add up to `target`."""
    steps = len(masses) - 1
    below = 0.0
    for j in range(steps + 1):
        if masses[j] > 0.0 and below + masses[j] >= target:
            left = _edge(j, steps)
            share: float = left + (_edge(j + 1, steps) - left) * ((target - below) / masses[j])
            return share
        below += masses[j]
    return 1.0


@kernel_part
def _below(masses: Floats, limit: float) -> float:
    """Return the mass below `limit`."""
    steps = len(masses) - 1
    below = 0.0
    for j in range(steps + 1):
        left = _edge(j, steps)
        right = _edge(j + 1, steps)
        if right <= limit:
            below += masses[j]
        elif left < limit:
            below += masses[j] * ((limit - left) / (right - left))
    return below


@kernel
def read_off(log_masses: Floats, limit: float, out: Floats) -> None:
    """Write mean, low, high and the tail above the limit of posteriors, shape (4, n)."""
    steps = log_masses.shape[1] - 1
    masses = np.empty(steps + 1)
    for i in range(log_masses.shape[0]):
        top = log_masses[i].max()
        total = 0.0
        mean = 0.0
        for j in range(steps + 1):
            masses[j] = exponential(log_masses[i, j] - top)
            total += masses[j]
            mean += masses[j] * 0.5 * (_edge(j, steps) + _edge(j + 1, steps))
        mean /= total
        out[0, i] = mean
        out[1, i] = min(_quantile(masses, TAIL * total), mean)
        out[2, i] = max(_quantile(masses, (1.0 - TAIL) * total), mean)
        out[3, i] = min(max(1.0 - _below(masses, limit) / total, 0.0), 1.0)


_read_off = straight(read_off)
