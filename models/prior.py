"""What a history alone says of a share: heaps of shares around places that its score sets.

Audited shares come in two heaps, of creators who bought followers and of those who did not, and a
history often leaves open to which a creator belongs. One Beta would put its mass between them.
"""

from dataclasses import dataclass

import numpy as np

from features.arrays import Floats
from features.compiled import kernel
from models.arithmetic import exponential, logarithm, sigmoids
from models.parts import Numbers
from models.share import STEPS, beta_log_masses


@dataclass(frozen=True, slots=True)
class Heap:
    """A Beta whose mean follows the history's score.

    Parameters
    ----------
    concentration : float
        How many sampled followers the heap is worth; above 0.
    intercept, slope : float
        The log-odds of its mean are intercept + slope * score; the slope is at least 0.
    """

    concentration: float
    intercept: float = 0.0
    slope: float = 1.0

    def __post_init__(self) -> None:
        if not self.concentration > 0.0:
            raise ValueError(f"prior: concentration {self.concentration} must be above 0")
        if not self.slope >= 0.0:
            raise ValueError(f"prior: a mean must not fall as the score rises, got {self.slope}")


@dataclass(frozen=True, slots=True)
class Prior:
    """The share of a creator given the log-odds of its mean.

    Parameters
    ----------
    low : Heap
        The only heap, or that of the low shares.
    high : Heap or None
        That of the high shares.
    weight : tuple of float
        Intercept and slope (at least 0) of the log-odds of belonging to `high`.
    """

    low: Heap
    high: Heap | None = None
    weight: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        if not self.weight[1] >= 0.0:
            raise ValueError(f"prior: the weight must not fall as the score rises: {self.weight}")

    def log_masses(self, score: Floats) -> Floats:
        """Return the log mass of every cell of the share's grid.

        Parameters
        ----------
        score : Floats, shape (n,)
            Calibrated log-odds of the mean share.

        Returns
        -------
        Floats, shape (n, 201)
            Up to a constant a row.
        """
        low = _masses(self.low, score)
        if self.high is None:
            return low
        out = np.empty(low.shape)
        weight = _probabilities(self.weight[0] + self.weight[1] * score)
        _mix(low, _masses(self.high, score), weight, out)
        return out

    def numbers(self) -> Numbers:
        """Return the prior as plain numbers."""
        heaps = [self.low] if self.high is None else [self.low, self.high]
        return {
            "heaps": [
                [float(heap.concentration), float(heap.intercept), float(heap.slope)]
                for heap in heaps
            ],
            "weight": [float(number) for number in self.weight],
        }

    @classmethod
    def from_numbers(cls, numbers: Numbers) -> "Prior":
        """Return the prior that `numbers` describe."""
        low, *high = (Heap(*heap) for heap in numbers["heaps"])
        intercept, slope = numbers["weight"]
        return cls(low, high[0] if high else None, (intercept, slope))


def _masses(heap: Heap, score: Floats) -> Floats:
    mean = _probabilities(heap.intercept + heap.slope * score)
    return beta_log_masses(mean, heap.concentration)


def _probabilities(log_odds: Floats) -> Floats:
    out = np.empty(len(log_odds))
    sigmoids(np.ascontiguousarray(log_odds), out)
    return out


@kernel
def _mix(low: Floats, high: Floats, weight: Floats, out: Floats) -> None:
    """Write the logs of weighted sums of masses that are each scaled to 1 first."""
    one = np.empty(STEPS + 1)
    other = np.empty(STEPS + 1)
    for i in range(out.shape[0]):
        tops = (low[i].max(), high[i].max())
        total = 0.0
        further = 0.0
        for j in range(STEPS + 1):
            one[j] = exponential(low[i, j] - tops[0])
            other[j] = exponential(high[i, j] - tops[1])
            total += one[j]
            further += other[j]
        parts = ((1.0 - weight[i]) / total, weight[i] / further)
        for j in range(STEPS + 1):
            out[i, j] = max(logarithm(parts[0] * one[j] + parts[1] * other[j]), -1e4)
