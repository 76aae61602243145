"""Expected count and its quantiles, when the log-odds of gamma-Poisson tails are recalibrated."""

import math

import numpy as np

from features.arrays import Floats
from features.compiled import kernel_part
from models.arithmetic import exponential, logarithm, sigmoid
from models.calibration import on_curve
from models.gamma_poisson import log_odds_of, log_ratio

MOST = 1_000_000
"""Largest count that is considered."""

EXACT = 64
"""Tails up to here are summed one by one, those of larger counts integrated in panels."""

SMOOTH = 0.5
"""Dispersion from which a panel may be three times as wide as all before it, else as wide."""

NARROW = 1.0 / 64.0
"""Variance of count / mean up to which the tails fall from 1 to 0 within few of the panels."""

STEP = 0.6
"""Width of the trapezoids, in standard deviations of the count, where that is so."""

FARTHEST = 1e9
"""Greatest count that is asked for; larger goals are taken as this one."""

WALK = 256
"""Counts that are walked through one by one in search of a quantile."""

NEAR = 150.0
"""Mean up to which the walk is likely to meet both quantiles."""

RARE = -700.0
"""Log-odds below which a probability could hardly be told from 0."""

CANCELLED = 1e-10
"""Tails below it are not 1 less the sum of the other probabilities, which would be rounding."""

NEGLIGIBLE = 1e-10
"""A tail that would add less than this, relative to the sum, ends it."""

PATIENCE = 12
"""Secants in search of a quantile, before the interval is halved instead."""

# Nodes and weights of order 8 on [0, 1] by Gauss and Legendre.
NODES = (
    0.019855071751231884,
    0.10166676129318664,
    0.2372337950418355,
    0.4082826787521751,
    0.5917173212478249,
    0.7627662049581645,
    0.8983332387068134,
    0.9801449282487681,
)
WEIGHTS = (
    0.05061426814518813,
    0.11119051722668724,
    0.15685332293894364,
    0.18134189168918100,
    0.18134189168918100,
    0.15685332293894364,
    0.11119051722668724,
    0.05061426814518813,
)


@kernel_part
def recalibrated(log_odds: float, line: Floats, knots: Floats) -> float:
    """Return the log-odds on the line (intercept, slope), then on the curve."""
    return on_curve(line[0] + line[1] * log_odds, knots)


@kernel_part
def walked(mean: float, dispersion: float, targets: Floats, told: Floats) -> None:
    """Walk up the counts from 0 and write the quantiles that are met into `told`.

    Parameters
    ----------
    mean, dispersion : float
        Of the count N.
    targets : Floats, shape (2,)
        Falling log-odds; a quantile is the largest m where those of N >= m are above.
    told : Floats, shape (2,)
        The quantiles, left as they are where not met.
    """
    if mean > NEAR:
        return
    wide = 1.0 + dispersion * mean
    mass = exponential(-log_ratio(wide, dispersion * mean) / dispersion)
    below, rate, met = mass, mean / wide, 0
    aim = sigmoid(-targets[0])
    for g in range(WALK):
        while below >= aim:
            told[met] = g
            met += 1
            if met == len(targets):
                return
            aim = sigmoid(-targets[met])
        mass *= rate * (1.0 + dispersion * g) / (g + 1.0)
        below += mass


@kernel_part
def searched(mean: float, dispersion: float, target: float) -> float:
    """Return the largest count m <= MOST such that the log-odds of N >= m are above the target.

    Secants of the log-odds over the log of the count, along which they are almost straight.
    """
    low, high = 0.0, MOST + 1.0
    x, steps = min(max(np.ceil(mean), 1.0), float(MOST)), 0
    slope, place_before, odds_before = -1.7 / math.sqrt(dispersion + 1.0 / mean), 0.0, 0.0
    while high - low > 1.0:
        odds, place = log_odds_of(x, mean, dispersion), logarithm(x)
        if odds > target:
            low = x
        else:
            high = x
        if steps > 0:
            slope = (odds - odds_before) / (place - place_before)
        guess = exponential(place - (odds - target) / slope)
        place_before, odds_before = place, odds
        steps += 1
        if steps > PATIENCE:
            guess = 0.5 * (low + high)
        x = min(max(np.floor(guess), low + 1.0), high - 1.0)
    return low


@kernel_part
def summed(mean: float, dispersion: float, line: Floats, knots: Floats) -> float:
    """Return the sum of the recalibrated P(N >= g) over g = 1, 2, ..., at most MOST.

    Within a thousandth of it: large counts are integrated, which the tails between counts allow.
    """
    variance = dispersion + 1.0 / mean
    if variance < NARROW * min(1.0, line[1] * line[1]):
        total = _across(mean, mean * math.sqrt(variance), dispersion, line, knots)
    else:
        total = _upward(mean, dispersion, line, knots)
    return min(max(total, 0.0), float(MOST))


@kernel_part
def _across(mean: float, deviation: float, dispersion: float, line: Floats, knots: Floats) -> float:
    """Return the sum over a fall from 1 to 0 that is narrow and far from 0, by trapezoids."""
    step = STEP * deviation
    total = mean - 0.5 + 0.5 * step
    side, count = -1.0, mean
    while count < FARTHEST:
        odds = recalibrated(log_odds_of(count, mean, dispersion), line, knots)
        tail = sigmoid(side * odds)
        total += side * step * tail
        count += side * step
        if tail < NEGLIGIBLE or count <= 0.0:
            if side > 0.0:
                break
            side, count = 1.0, mean + step
    return total


@kernel_part
def _upward(mean: float, dispersion: float, line: Floats, knots: Floats) -> float:
    """Return the sum, one by one up to EXACT, then in panels.

    The places are always the same and their weights positive, so it rises as every tail does.
    """
    g, total = _walked_sum(mean, dispersion, line, knots)
    start, growth = EXACT + 0.5, 2.0 if dispersion < SMOOTH else 4.0
    width, node, count = start * (growth - 1.0), 0, 0.0
    while count < FARTHEST:
        if g < EXACT:
            g += 1
            count, weight = float(g), 1.0
        else:
            count, weight = start + width * NODES[node], width * WEIGHTS[node]
            node += 1
        tail = sigmoid(recalibrated(log_odds_of(count, mean, dispersion), line, knots))
        total += weight * tail
        if tail * max(count, EXACT) < NEGLIGIBLE * total:
            break
        if node == len(NODES):
            node, start, width = 0, start * growth, width * growth
    return total


@kernel_part
def _walked_sum(mean: float, dispersion: float, line: Floats, knots: Floats) -> tuple[int, float]:
    """Return up to which count, at most EXACT, a walk can sum the tails, and their sum."""
    wide = 1.0 + dispersion * mean
    log_none = -log_ratio(wide, dispersion * mean) / dispersion
    if log_none < RARE:
        return EXACT, float(EXACT)
    mass = exponential(log_none)
    below, rate, total = mass, mean / wide, 0.0
    for g in range(EXACT):
        if 1.0 - below < CANCELLED:
            return g, total
        odds = logarithm((1.0 - below) / below)
        total += sigmoid(recalibrated(odds, line, knots))
        mass *= rate * (1.0 + dispersion * g) / (g + 1.0)
        below += mass
    return EXACT, total
