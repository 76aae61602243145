"""Tails of the gamma-Poisson distribution, as log-odds that are accurate however far out.

N is Poisson around a mean that itself varies like a gamma: N has mean m and variance m + d m², with
d the dispersion (a negative binomial of size 1/d). Then P(N >= g) is the regularised incomplete
beta function I_q(g, 1/d) with q = d m / (1 + d m), which has a meaning between whole counts too.
Differences that would cancel are written so that they do not; a dispersion of almost 0 is Poisson.
"""

import math

from features.compiled import kernel_part
from models.arithmetic import exponential, logarithm

MANY = 20_000
"""Steps of the continued fraction after which it is taken as it is; a few dozen are usual."""

AGREED = 2e-15
"""Relative step at which the continued fraction stands."""

HUGE = 1e100
"""Above it, numerator and denominator of the fraction are scaled down together."""

TWO_PI = 2.0 * math.pi


@kernel_part
def log_ratio(ratio: float, excess: float) -> float:
    """Return the log of `ratio`, of which `excess` is ratio - 1 without cancellation."""
    if abs(excess) > 0.5:
        return logarithm(ratio)
    one = 1.0 + excess
    # one is rounded; log(one) / (one - 1) hardly notices.
    return excess if one == 1.0 else logarithm(one) * (excess / (one - 1.0))


@kernel_part
def remainder(z: float) -> float:
    """Return log Gamma(z + 1) - (z + 1/2) log z + z - log(2 pi) / 2 for z > 0."""
    short = 0.0
    if z < 10.0:
        steps, product = 0.0, 1.0
        while z + steps < 10.0:
            steps += 1.0
            product *= z + steps
        top = z + steps
        short = (top + 0.5) * logarithm(top) - (z + 0.5) * logarithm(z) - steps
        short -= logarithm(product)
        z = top
    w = 1.0 / (z * z)
    series = 1.0 / 1188.0 - w * (691.0 / 360360.0 - w * (1.0 / 156.0))
    series = 1.0 / 12.0 - w * (1.0 / 360.0 - w * (1.0 / 1260.0 - w * (1.0 / 1680.0 - w * series)))
    return short + series / z


@kernel_part
def _fraction(a: float, b: float, x: float, lead: float) -> float:
    """Return F, where I_x(a, b) = x^a (1 - x)^b / (B(a, b) F) and `lead` is a - (a + b) x.

    The even part of the usual continued fraction of I_x(a, b), every level times a + 2 m.
    """
    last, level = a + 1.0, 0.0
    top, under = a * (1.0 + lead) / last, 1.0
    top_before, under_before = 1.0, 0.0
    while level < MANY:
        level += 1.0
        r = x / last
        w = level * (b - level) * r
        alpha = (a + level - 1.0) * (a + b + level - 1.0) * w * r
        last += 2.0
        beta = level + w + (a + level) * (lead + 1.0 + level * (2.0 - x)) / last
        top, top_before = beta * top + alpha * top_before, top
        under, under_before = beta * under + alpha * under_before, under
        if abs(top * under_before - top_before * under) <= AGREED * abs(top * under_before):
            break
        if abs(under) > HUGE:
            top, top_before = top / HUGE, top_before / HUGE
            under, under_before = under / HUGE, under_before / HUGE
    return top / under


@kernel_part
def log_odds_of(count: float, mean: float, dispersion: float) -> float:
    """Return the log-odds of N >= count.

    Parameters
    ----------
    count : float
        At least 1 and at most 1e9, also between whole numbers.
    mean, dispersion : float
        Of N, 1e-30 to 1e7 and 1e-15 to 1e3.

    Returns
    -------
    float
        Finite; falls with the count and rises with the mean.
    """
    return log_odds_among(count, mean, dispersion, remainders(count, 1.0 / dispersion))


@kernel_part
def remainders(count: float, size: float) -> tuple[float, float, float]:
    """Return what the log of a probability takes of count and 1 / dispersion, whatever the mean."""
    return remainder(count + size), remainder(count), remainder(size)


@kernel_part
def log_odds_among(
    count: float, mean: float, dispersion: float, known: tuple[float, float, float]
) -> float:
    """Return what `log_odds_of` does, with the remainders of count and 1 / dispersion known."""
    size = 1.0 / dispersion
    wide, long = 1.0 + dispersion * mean, 1.0 + dispersion * count
    away = count - mean
    log_mass = -size * log_ratio(wide / long, -dispersion * away / long)
    log_mass -= count * log_ratio(count * wide / (mean * long), away / (mean * long))
    log_mass = log_mass + known[0] - known[1] - known[2]
    q, a, b, lead = dispersion * mean / wide, count, size, away / wide
    # The fraction is quick on the side that is about the smaller one.
    upper = q * (count + size + 2.0) < count + 1.0
    if not upper:
        q, a, b, lead = 1.0 / wide, size, count, -lead
    fraction = _fraction(a, b, q, lead)
    side = log_mass + logarithm(math.sqrt(count / (TWO_PI * long)) / fraction)
    odds = side - logarithm(1.0 - exponential(side))
    return odds if upper else -odds
