"""Exponential and logarithm from the four operations alone: a score has the same bits on every CPU.

numpy's and libm's own differ in the last bit between CPUs, and known answers are compared bit for
bit. The polynomials are those of fdlibm (error below one unit in the last place).
"""

import math

import numpy as np

from features.arrays import Floats
from features.compiled import kernel, kernel_part

LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
INVERSE_LN2 = 1.44269504088896338700
ROOT_HALF = 0.70710678118654752440
EXP_OVERFLOW = 709.782712893384
EXP_UNDERFLOW = -745.1332191019411

# How a float64 is made: sign, 11 bits of exponent + BIAS, then FRACTION bits of fraction.
FRACTION, BIAS = 52, 1023
FRACTION_BITS, HALF_BITS = (1 << FRACTION) - 1, (BIAS - 1) << FRACTION
LEAST_NORMAL = 2.2250738585072014e-308
ENLARGED = 2.0**54
MOST_EXPONENT = 1000.0


@kernel_part
def exponential(x: float) -> float:
    """Return e to the power x."""
    if not x <= EXP_OVERFLOW:
        return x if x != x else math.inf  # noqa: PLR0124  (NaN)
    if x < EXP_UNDERFLOW:
        return 0.0
    k = math.floor(x * INVERSE_LN2 + 0.5)
    high = x - k * LN2_HIGH
    low = k * LN2_LOW
    r = high - low
    t = r * r
    tail = 6.61375632143793436117e-05 + t * (
        -1.65339022054652515390e-06 + t * 4.13813679705723846039e-08
    )
    c = r - t * (1.66666666666666019037e-01 + t * (-2.77777777770155933842e-03 + t * tail))
    mantissa = 1.0 - ((low - (r * c) / (2.0 - c)) - high)
    if abs(k) < MOST_EXPONENT:
        # What ldexp gives, without a call of the C library.
        return mantissa * float(np.int64((int(k) + BIAS) << FRACTION).view(np.float64))
    return math.ldexp(mantissa, int(k))


@kernel_part
def logarithm(x: float) -> float:
    """Return the natural logarithm of x, -inf at zero and NaN below."""
    if not x > 0.0:
        return -math.inf if x == 0.0 else math.nan
    if x == math.inf:
        return x
    # What frexp gives, without a call of the C library.
    exponent = 1 - BIAS
    if x < LEAST_NORMAL:
        x *= ENLARGED
        exponent -= 54
    bits = np.float64(x).view(np.int64)
    exponent += int(bits >> FRACTION)
    mantissa = float(np.int64(bits & FRACTION_BITS | HALF_BITS).view(np.float64))
    if mantissa < ROOT_HALF:
        mantissa *= 2.0
        exponent -= 1
    f = mantissa - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (
        3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01)
    )
    odd = z * (
        6.666666666666735130e-01
        + w
        * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01))
    )
    half = 0.5 * f * f
    low = s * (half + even + odd) + exponent * LN2_LOW
    return exponent * LN2_HIGH - ((half - low) - f)


@kernel_part
def sigmoid(x: float) -> float:
    """Return the probability whose log-odds are x."""
    if x >= 0.0:
        return 1.0 / (1.0 + exponential(-x))
    odds = exponential(x)
    return odds / (1.0 + odds)


@kernel
def logit(p: float) -> float:
    """Return the log-odds of the probability p, infinite at 0 and 1."""
    return logarithm(p) - logarithm(1.0 - p)


@kernel
def sigmoids(x: Floats, out: Floats) -> None:
    """Write the probability of every log-odds of `x` into `out`."""
    for i in range(len(x)):
        out[i] = sigmoid(x[i])


@kernel
def exponentials(x: Floats, out: Floats) -> None:
    """Write e to the power of every number of `x` into `out`."""
    for i in range(len(x)):
        out[i] = exponential(x[i])
