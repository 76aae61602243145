"""From raw log-odds to calibrated ones: a sigmoid, then where it earned it a rising curve."""

from dataclasses import dataclass

import numpy as np

from features.arrays import Floats
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
        Knots of a rising piecewise linear map on log-odds, constant outside; () is the identity.
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
        knots, values = np.array(self.curve).T
        return np.asarray(np.interp(straight, knots, values), dtype=np.float64)

    def probability(self, raw: Floats) -> Floats:
        """Return the calibrated probability of raw log-odds."""
        log_odds = np.ascontiguousarray(self.log_odds(raw))
        out = np.empty(len(log_odds))
        sigmoids(log_odds, out)
        return out

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
