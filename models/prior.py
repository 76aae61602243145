"""What a history alone says of a share: heaps of shares around places that its score sets.

Audited shares come in two heaps, of creators who bought followers and of those who did not, and a
history often leaves open to which a creator belongs. One Beta would put its mass between them.
"""

from dataclasses import dataclass, field

import numpy as np

from features.arrays import Floats, owned
from features.compiled import kernel, kernel_part, straight
from models.arithmetic import exponential, logarithm, sigmoid
from models.parts import Numbers
from models.share import STEPS, beta_log_mass, grid_logs


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
    compiled: tuple[Floats, Floats] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.weight[1] >= 0.0:
            raise ValueError(f"prior: the weight must not fall as the score rises: {self.weight}")
        heaps = [self.low] if self.high is None else [self.low, self.high]
        rows = [(heap.intercept, heap.slope, heap.concentration) for heap in heaps]
        numbers = np.array(rows, dtype=np.float64), np.array(self.weight, dtype=np.float64)
        object.__setattr__(self, "compiled", numbers)

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
        out = np.empty((len(score), STEPS + 1))
        heaps, weight = self.compiled
        _heaps(owned(score, np.float64), heaps, weight, grid_logs(), out)
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


@kernel_part
def _masses(score: float, heap: Floats, logs: Floats, out: Floats) -> None:
    """Write the log masses of a heap, given its intercept, slope and concentration."""
    beta_log_mass(sigmoid(heap[0] + heap[1] * score), heap[2], logs, out)


@kernel
def log_masses(score: Floats, heaps: Floats, weight: Floats, logs: Floats, out: Floats) -> None:
    """Write the logs of weighted sums of masses that are each scaled to 1 first, if two heaps."""
    one = np.empty(STEPS + 1)
    other = np.empty(STEPS + 1)
    for i in range(len(score)):
        if len(heaps) == 1:
            _masses(score[i], heaps[0], logs, out[i])
            continue
        _masses(score[i], heaps[0], logs, one)
        _masses(score[i], heaps[1], logs, other)
        high = sigmoid(weight[0] + weight[1] * score[i])
        tops = (one.max(), other.max())
        total = 0.0
        further = 0.0
        for j in range(STEPS + 1):
            one[j] = exponential(one[j] - tops[0])
            other[j] = exponential(other[j] - tops[1])
            total += one[j]
            further += other[j]
        parts = ((1.0 - high) / total, high / further)
        for j in range(STEPS + 1):
            out[i, j] = max(logarithm(parts[0] * one[j] + parts[1] * other[j]), -1e4)


_heaps = straight(log_masses)
