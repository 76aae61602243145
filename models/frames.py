"""What a follower sample says of all followers when it was not drawn at random, or not today.

A sample of recent followers holds what was bought last, one of engaged followers hardly a fake, and
an old one knows nothing of what came since. So the share that a sample shows has other odds than
the creator's: by how much is uncertain, and that is what is kept here, as weights over a lattice of
factors. A frame has its own weights. With age a sample may also have been overtaken: the chance
grows towards 1, and the factors then are those of the frame and of time together.
"""

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from features.arrays import FRAMES, Floats, Ints
from features.compiled import kernel, kernel_part
from models.arithmetic import exponential, logarithm
from models.parts import Numbers
from models.share import GRID

FACTOR = 1.5
"""From one place of the lattice to the next, the odds grow by this."""

REACH = 9
"""Places on either side of "the same odds"."""

PLACES = 2 * REACH + 1

NEGLIGIBLE = 1e-9
"""Weights below this are not worth their time."""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """How the odds of a sampled share differ from the creator's.

    Parameters
    ----------
    frames : Floats, shape (4, 19)
        Weights of the factors FACTOR ** -9, ..., FACTOR ** 9 of a fresh sample: of each of FRAMES,
        and of one whose frame is unknown or mixed. A row sums to 1.
    drift : Floats, shape (19,)
        Weights of the factors that time adds to an overtaken sample.
    lasting : float
        Days after which a sample has been overtaken with probability 1 - 1 / e.
    """

    frames: Floats
    drift: Floats
    lasting: float
    _overtaken: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        weights = np.vstack([self.frames, self.drift])
        if weights.shape != (len(FRAMES) + 2, PLACES) or not (weights >= 0.0).all():
            raise ValueError(f"frames: expected 4 + 1 rows of {PLACES} weights, none below 0")
        if (abs(weights.sum(axis=1) - 1.0) > 1e-9).any() or not self.lasting > 0.0:
            raise ValueError("frames: weights must add up to 1 and samples last longer than 0 days")
        object.__setattr__(
            self, "_overtaken", np.array([added(f, self.drift) for f in self.frames])
        )

    def log_likelihoods(self, seen: Floats, frame: Floats, age: Floats) -> Floats:
        """Return what samples say of the creators' shares.

        Parameters
        ----------
        seen : Floats, shape (n, 201)
            What they say of the shares that they were drawn from.
        frame : Floats, shape (n,)
            As in `features.samples.Samples`.
        age : Floats, shape (n,)
            Days; NaN for no sample.

        Returns
        -------
        Floats, shape (n, 201)
            Up to a constant a row; 0 everywhere without a sample.
        """
        known = np.isfinite(frame) & (frame < len(FRAMES))
        out = np.empty(seen.shape)
        _log_likelihoods(
            np.ascontiguousarray(seen),
            np.where(known, np.nan_to_num(frame), len(FRAMES)).astype(np.int64),
            age / self.lasting,
            np.ascontiguousarray(self.frames),
            self._overtaken,
            lattice(),
            out,
        )
        return out

    def numbers(self) -> Numbers:
        """Return the weights as plain numbers."""
        return {
            "frames": self.frames.tolist(),
            "drift": self.drift.tolist(),
            "lasting": float(self.lasting),
        }

    @classmethod
    def from_numbers(cls, numbers: Numbers) -> "Frames":
        """Return the frames that `numbers` describe."""
        return cls(np.array(numbers["frames"]), np.array(numbers["drift"]), numbers["lasting"])


def added(one: Floats, other: Floats) -> Floats:
    """Return the weights of a product of independent factors; the ends hold what is beyond."""
    out = np.zeros(PLACES)
    for shift, weight in enumerate(other.tolist(), start=-REACH):
        places = np.clip(np.arange(PLACES) + shift, 0, PLACES - 1)
        np.add.at(out, places, weight * one)
    return out


@cache
def lattice() -> Floats:
    """Return where each share of the grid lies, in steps of it, once its odds grew by each factor.

    Returns
    -------
    Floats, shape (19, 201)
    """
    # Products alone: the same bits on every CPU.
    factor = np.cumprod(np.full(REACH, FACTOR))
    factors = np.concatenate([1.0 / factor[::-1], [1.0], factor])
    odds = factors[:, None] * GRID
    return np.asarray(odds / (1.0 - GRID + odds) * (len(GRID) - 1))


@kernel_part
def _seen_through(values: Floats, weights: Floats, places: Floats, out: Floats) -> None:
    """Add up the likelihood at the places of every factor, by their weights."""
    last = len(values) - 2
    out[:] = 0.0
    for k in range(len(weights)):
        if weights[k] > NEGLIGIBLE:
            for j in range(len(out)):
                left = min(int(places[k, j]), last)
                part = places[k, j] - left
                out[j] += weights[k] * (values[left] + (values[left + 1] - values[left]) * part)


@kernel
def _log_likelihoods(  # noqa: PLR0917  (compiled code takes no keywords)
    seen: Floats,
    frame: Ints,
    age: Floats,
    fresh: Floats,
    overtaken: Floats,
    places: Floats,
    out: Floats,
) -> None:
    values = np.empty(seen.shape[1])
    weights = np.empty(fresh.shape[1])
    for i in range(seen.shape[0]):
        if np.isnan(age[i]):
            out[i] = 0.0
            continue
        top = seen[i].max()
        for j in range(len(values)):
            values[j] = exponential(seen[i, j] - top)
        lasts = exponential(-max(age[i], 0.0))
        for k in range(len(weights)):
            weights[k] = lasts * fresh[frame[i], k] + (1.0 - lasts) * overtaken[frame[i], k]
        _seen_through(values, weights, places, out[i])
        for j in range(len(values)):
            # Far from every factor the likelihood underflows; -1e4 keeps sums of logs finite.
            out[i, j] = max(logarithm(out[i, j]), -1e4)
