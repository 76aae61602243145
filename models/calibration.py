"""From raw log-odds to calibrated ones: a sigmoid, then where it earned it a rising curve."""

from dataclasses import dataclass

import numpy as np

from features.arrays import Floats
from features.compiled import kernel, kernel_part
from models.arithmetic import sigmoids
from models.parts import Numbers


@dataclass(frozen=True, slots=True)
class Calibration:
    """Calibrated log-odds = curve(intercept + slope * raw).

    Parameters
    ----------
    intercept, slope : float
        The sigmoid; slope > 0, so that calibrating never changes an order.
    curve : tuple of (float, float)
        Knots of a rising piecewise linear map on log-odds; it goes on with slope 1 outside, so that
        no probability is too small to be given. () is the identity.
    covariance : tuple of float
        Variance of the intercept, covariance with the slope, variance of the slope.
    """

    intercept: float = 0.0
    slope: float = 1.0
    curve: tuple[tuple[float, float], ...] = ()
    covariance: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if not self.slope > 0.0:
            raise ValueError(f"calibration: the slope must be above 0, got {self.slope}")
        steps = np.diff(np.array(self.curve).reshape(-1, 2), axis=0)
        if not (steps[:, 0] > 0.0).all() or not (steps[:, 1] >= 0.0).all():
            raise ValueError(f"calibration: the curve must rise, got knots {self.curve}")

    def log_odds(self, raw: Floats) -> Floats:
        """Return the calibrated log-odds of raw ones."""
        straight = self.intercept + self.slope * raw
        if not self.curve:
            return straight
        out = np.empty(len(straight))
        _curved(np.ascontiguousarray(straight), self.knots(), out)
        return out

    def probability(self, raw: Floats) -> Floats:
        """Return the calibrated probability of raw log-odds."""
        log_odds = np.ascontiguousarray(self.log_odds(raw))
        out = np.empty(len(log_odds))
        sigmoids(log_odds, out)
        return out

    def raw(self, log_odds: float) -> float:
        """Return the largest raw log-odds whose calibrated ones are not above `log_odds`."""
        knots, values = self.knots()
        straight, last = log_odds, len(knots) - 1
        if last >= 0:
            right = int(np.searchsorted(values, log_odds, side="right"))
            if right in (0, last + 1):
                end = min(right, last)
                straight = float(knots[end] + (log_odds - values[end]))
            else:
                rise = (values[right] - values[right - 1]) / (knots[right] - knots[right - 1])
                straight = float(knots[right - 1] + (log_odds - values[right - 1]) / rise)
        return (straight - self.intercept) / self.slope

    def knots(self) -> Floats:
        """Return the curve's knots and their values, shape (2, k)."""
        return np.ascontiguousarray(np.array(self.curve, dtype=np.float64).reshape(-1, 2).T)

    def variance(self, raw: Floats) -> Floats:
        """Return the variance of the sigmoid's log-odds that comes from fitting it."""
        intercept, both, slope = self.covariance
        return np.maximum(intercept + 2.0 * both * raw + slope * raw * raw, 0.0)

    def numbers(self) -> Numbers:
        """Return the calibration as plain numbers."""
        return {
            "intercept": float(self.intercept),
            "slope": float(self.slope),
            "curve": [[float(knot), float(value)] for knot, value in self.curve],
            "covariance": [float(value) for value in self.covariance],
        }

    @classmethod
    def from_numbers(cls, numbers: Numbers) -> "Calibration":
        """Return the calibration that `numbers` describes."""
        intercept, both, slope = numbers["covariance"]
        return cls(
            numbers["intercept"],
            numbers["slope"],
            tuple((knot, value) for knot, value in numbers["curve"]),
            (intercept, both, slope),
        )


@kernel_part
def on_curve(x: float, knots: Floats) -> float:
    """Return the value at x of a rising curve, shape (2, k), that goes on with slope 1."""
    last = knots.shape[1] - 1
    if last < 0:
        return x
    if x <= knots[0, 0]:
        below: float = knots[1, 0] + (x - knots[0, 0])
        return below
    if x >= knots[0, last]:
        above: float = knots[1, last] + (x - knots[0, last])
        return above
    j = 1
    while x >= knots[0, j]:
        j += 1
    rise = (knots[1, j] - knots[1, j - 1]) / (knots[0, j] - knots[0, j - 1])
    # Rounding must not lift it above the next knot.
    between: float = min(knots[1, j - 1] + rise * (x - knots[0, j - 1]), knots[1, j])
    return between


@kernel
def _curved(straight: Floats, knots: Floats, out: Floats) -> None:
    for i in range(len(straight)):
        out[i] = on_curve(straight[i], knots)
