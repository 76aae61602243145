"""The log-likelihood of a sample under mixtures of spreads of log-odds, in compiled loops.

A case is a pair of spreads: R of real accounts, F of fake ones. The accounts of a sample are
counted in narrow bins, the counts shared out to the knots on either side, and multiplied with a
table of log((1 - q) R + q F). With many cases the table holds some q only, closer together near 0
and 1 where likelihoods are narrow; between them a cubic through the four nearest serves, which is
off by less than .05 where model error leaves a sample the worth of a thousand accounts.
"""

from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints
from features.compiled import kernel, kernel_part
from models.arithmetic import exponential, logarithm
from models.share import GRID, STEPS

REACH = 8.0
KNOTS: Floats = np.linspace(-REACH, REACH, 65)
"""The log-odds at which spreads are given."""

FINE = 8  # bins between two knots, in which accounts are counted
ANYHOW = 16.0  # how many accounts the even spread is worth that any spread is expected around
HALF_LOG_2_PI = 0.91893853320467274
_GAPS = (1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 6, 7, 7, 8, 8, 10, 10)  # add up to half the grid

EVERY: Ints = np.arange(STEPS + 1)
"""All steps of the grid, exact."""

SOME: Ints = np.cumsum(np.r_[0, _GAPS, _GAPS[::-1]])
"""Steps of the grid between which likelihoods are smooth."""


@dataclass(frozen=True, slots=True)
class Mixtures:
    """Cases, ready for a sample.

    Parameters
    ----------
    log_weight : Floats, shape (c,)
        Of each case; the first case is the known one, -1e300 where there is none.
    spreads : int
        So many of the first cases are spreads, the others ratios of spreads.
    table : Floats, shape (c, 65, m)
        log((1 - q) R + q F) at each knot, for q at some steps of the grid.
    width : Floats, shape (m,)
        Of the shares that each of those steps stands for.
    place : Ints, shape (201,)
        The first of the four of those m steps that the value at a step of the grid is made of.
    part : Floats, shape (201, 4)
        How much of each.
    """

    log_weight: Floats
    spreads: int
    table: Floats
    width: Floats
    place: Ints
    part: Floats


def mixtures(
    log_weight: Floats, real: Floats, fake: Floats, *, spreads: int, steps: Ints
) -> Mixtures:
    """Return the table of some cases.

    Parameters
    ----------
    log_weight : Floats, shape (c,)
        Of each case.
    real, fake : Floats, shape (c, 65)
        The spreads, above 0, or 1 and the ratio of the two.
    spreads : int
        So many of the first cases are spreads.
    steps : Ints, shape (m,)
        Steps of the grid, increasing, with both ends.
    """
    table = np.empty((len(log_weight), len(KNOTS), len(steps)))
    _fill_table(real, fake, GRID[steps], table)
    after = np.searchsorted(steps, EVERY)
    place = np.clip(after - 2, 0, len(steps) - 4)
    part = np.ones((len(EVERY), 4))
    for k in range(4):
        for other in range(4):
            if other != k:
                x, y = steps[place + k], steps[place + other]
                part[:, k] *= (EVERY - y) / (x - y)
    edges = np.r_[0.0, (GRID[steps[1:]] + GRID[steps[:-1]]) / 2.0, 1.0]
    return Mixtures(log_weight, spreads, table, np.diff(edges), place.astype(np.int64), part)


@kernel
def _fill_table(real: Floats, fake: Floats, shares: Floats, out: Floats) -> None:
    for c in range(out.shape[0]):
        for b in range(out.shape[1]):
            for m in range(out.shape[2]):
                q = shares[m]
                out[c, b, m] = logarithm((1.0 - q) * real[c, b] + q * fake[c, b])


@kernel_part
def _count(log_odds: Floats, start: int, stop: int, bins: Ints, out: Floats) -> None:
    """Count accounts at the knots; whole bins are shared out, so the order is irrelevant."""
    last = len(bins) - 1
    for b in range(len(bins)):
        bins[b] = 0
    for i in range(start, stop):
        b = int((log_odds[i] + REACH) * (len(bins) / (2.0 * REACH)))
        bins[min(max(b, 0), last)] += 1
    for b in range(len(out)):
        out[b] = 0.0
    for b in range(len(bins)):
        left = b // FINE
        right = bins[b] * ((b - left * FINE + 0.5) / FINE)
        out[left] += bins[b] - right
        out[left + 1] += right


@kernel_part
def _add_up(counts: Floats, table: Floats, c: int, temper: float, out: Floats) -> float:
    """Write a case's tempered log-likelihood below its height into its row; return the height."""
    steps = out.shape[1]
    for m in range(steps):
        out[c, m] = 0.0
    for b in range(len(counts)):
        if counts[b] > 0.0:
            for m in range(steps):
                out[c, m] += counts[b] * table[c, b, m]
    top = out[c, 0]
    for m in range(steps):
        top = max(top, out[c, m])
    for m in range(steps):
        out[c, m] = temper * (out[c, m] - top)
    height: float = temper * top
    return height


@kernel_part
def _raise(out: Floats, c: int, height: float) -> None:
    for m in range(out.shape[1]):
        out[c, m] += height


@kernel_part
def _log_area(values: Floats, c: int, width: Floats) -> float:
    """Return the log of the area under exp of a row."""
    area = 0.0
    for m in range(len(width)):
        area += width[m] * exponential(values[c, m])
    return logarithm(area)


@kernel_part
def _log_gamma(x: float) -> float:
    """Return the log of the gamma function by Stirling's series, right to nine digits."""
    product = 1.0
    while x < 10.0:
        product *= x
        x += 1.0
    series = (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * x * x)) / (x * x)) / x
    return (x - 0.5) * logarithm(x) - x + HALF_LOG_2_PI + series - logarithm(product)


@kernel_part
def _unlike(counts: Floats, part: float) -> float:
    """Return the log-likelihood of a part of a sample whose spread is any, by Polya's urn."""
    each = ANYHOW / len(counts)
    total = 0.0
    found = 0.0
    for b in range(len(counts)):
        if counts[b] > 0.0:
            total += part * counts[b]
            found += _log_gamma(each + part * counts[b]) - _log_gamma(each)
    return found - _log_gamma(ANYHOW + total) + _log_gamma(ANYHOW)


@kernel_part
def _log_sum(terms: Floats, first: int, m: int) -> float:
    """Return the log of the sum of exp over a column, from a row on."""
    top = terms[first, m]
    for c in range(first, len(terms)):
        top = max(top, terms[c, m])
    total = 0.0
    for c in range(first, len(terms)):
        total += exponential(terms[c, m] - top)
    found: float = top + logarithm(total)
    return found


@kernel_part
def _weigh(  # noqa: PLR0917  (compiled code takes no keywords)
    counts: Floats,
    temper: float,
    fit: float,
    log_weight: Floats,
    spreads: int,
    table: Floats,
    width: Floats,
    out: Floats,
) -> None:
    """Write the weighted log-likelihood of every case into its row.

    A spread weighs by its height. A ratio of spreads has none of its own: it weighs by its area,
    and all of them by how likely the sample is if its spread is unlike any known.
    """
    unlike = 0.0
    if spreads > 1:
        unlike = _unlike(counts, temper * fit)
    for c in range(len(log_weight)):
        height = _add_up(counts, table, c, temper, out)
        if c < spreads:
            _raise(out, c, log_weight[c] + fit * height)
        else:
            _raise(out, c, log_weight[c] + unlike - _log_area(out, c, width))


@kernel
def fill_log_likelihoods(  # noqa: PLR0917
    log_odds: Floats,
    offsets: Ints,
    accounts: float,
    fit: float,
    mixtures: tuple[Floats, int, Floats, Floats, Ints, Floats],
    transfer: Floats,
    out: Floats,
) -> None:
    """Write the log-likelihood of every sample at every share, 0 for an empty sample."""
    log_weight, spreads, table, width, place, part = mixtures
    steps = out.shape[1] - 1
    bins = np.empty((len(KNOTS) - 1) * FINE, dtype=np.int64)
    counts = np.empty(len(KNOTS))
    terms = np.empty((len(log_weight), table.shape[2]))
    elsewhere = np.empty(table.shape[2])
    fine = np.empty(steps + 1)
    shown = np.empty((len(transfer) + 1, steps + 1))
    for i in range(len(out)):
        n = offsets[i + 1] - offsets[i]
        if n > 0:
            _count(log_odds, offsets[i], offsets[i + 1], bins, counts)
            temper = accounts / (n + accounts)
            _weigh(counts, temper, fit, log_weight, spreads, table, width, terms)
            for m in range(len(elsewhere)):
                elsewhere[m] = _log_sum(terms, 1, m)
            for j in range(steps + 1):
                fine[j] = 0.0
                shown[0, j] = 0.0
                for k in range(4):
                    fine[j] += part[j, k] * elsewhere[place[j] + k]
                    shown[0, j] += part[j, k] * terms[0, place[j] + k]
            _show(fine, transfer, shown)
        for j in range(steps + 1):
            out[i, j] = _log_sum(shown, 0, j) if n > 0 else 0.0


@kernel_part
def _show(values: Floats, transfer: Floats, out: Floats) -> None:
    """Write, from row 1 on, the log-likelihood of every share by the apparent share it leads to."""
    steps = len(values) - 1
    for c in range(len(transfer)):
        start = logarithm(transfer[c, 0])
        for j in range(steps + 1):
            apparent = (transfer[c, 1] + (transfer[c, 2] - transfer[c, 1]) * (j / steps)) * steps
            left = min(int(apparent), steps - 1)
            step = (values[left + 1] - values[left]) * (apparent - left)
            out[c + 1, j] = start + values[left] + step
