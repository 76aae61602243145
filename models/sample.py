"""What a sample of scored followers says about the share of fakes among all of them.

Counting flagged followers is biased whenever the share differs from the one in training. A mixture
is not: with r = P(columns | fake) / P(columns | real) of an account, the likelihood of a sample at
the apparent share q is the product of 1 - q + q * r. Three errors go into it:

* sampling: the product itself, over n accounts;
* model: r was itself learned from finitely many accounts. The log-likelihood is tempered to
  n * accounts / (n + accounts) of its accounts, so no sample, however large, is certain;
* transfer: elsewhere, log r may be off by a shift for every account alike, and real and fake
  accounts may look fake at other rates: the apparent share is real + (fake - real) * share. A
  sample cannot tell such a case from another share, so a case keeps its weight whatever the sample
  says: the likelihoods of the cases are averaged after each was scaled to the same area. Where
  columns are missing and r is near 1, a shift moves the share far, and the interval is wide.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np

from features.arrays import Floats, Ints
from features.compiled import kernel, kernel_part
from models.arithmetic import exponential, logarithm
from models.parts import Numbers
from models.share import GRID, STEPS

REACH = 8.0
"""Log-odds beyond this count as this: no single account decides a share."""

BINS = 512
"""Accounts are counted in bins of their log-odds first, so that time and memory are linear in n."""


class Transfer(NamedTuple):
    """How accounts of another origin may look, with the weight of that case.

    Parameters
    ----------
    weight : float
        Above 0; the weights of a model add up to 1.
    shift : float
        What is added to the log-odds of every account, to the nearest bin (1/32).
    real, fake : float
        Apparent share of an audience of real accounts only, and of fake ones only;
        0 <= real < fake <= 1.
    """

    weight: float
    shift: float = 0.0
    real: float = 0.0
    fake: float = 1.0


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a share's interval holds beyond sampling error.

    Parameters
    ----------
    accounts : float
        Model error: how many sampled followers have the sampling error that the learned odds have.
    transfer : tuple of Transfer
        Transfer error: how accounts of another origin may look.
    """

    accounts: float
    transfer: tuple[Transfer, ...]
    _cases: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_cases", np.array(self.transfer, dtype=np.float64))
        if not self.accounts > 0.0:
            raise ValueError(f"doubt: accounts must be above 0, got {self.accounts}")
        if abs(sum(case.weight for case in self.transfer) - 1.0) > 1e-9:
            raise ValueError(f"doubt: the weights must add up to 1, got {self.transfer}")
        for case in self.transfer:
            if not (case.weight > 0.0 and 0.0 <= case.real < case.fake <= 1.0):
                raise ValueError(f"doubt: expected 0 <= real < fake <= 1, got {case}")

    @property
    def cases(self) -> Floats:
        """The cases of `transfer`, one a row."""
        return self._cases

    def numbers(self) -> Numbers:
        """Return the doubt as plain numbers."""
        return {
            "accounts": float(self.accounts),
            "transfer": self._cases.tolist(),
        }

    @classmethod
    def from_numbers(cls, numbers: Numbers) -> "Doubt":
        """Return the doubt that `numbers` describes."""
        return cls(numbers["accounts"], tuple(Transfer(*case) for case in numbers["transfer"]))


def transfers(
    deviation: float = 0.0, real: Sequence[float] = (0.0,), fake: Sequence[float] = (1.0,)
) -> tuple[Transfer, ...]:
    """Return the cases of a normal shift and of equally likely rates, all independent.

    Parameters
    ----------
    deviation : float
        Standard deviation of the shift, in log-odds; five Gauss-Hermite nodes stand for it.
    real, fake : sequence of float
        Apparent shares of real and of fake accounts.
    """
    even = 1.0 / (len(real) * len(fake))
    nodes = NORMAL if deviation else ((0.0, 1.0),)
    return tuple(
        Transfer(weight * even, deviation * node, low, high)
        for node, weight in nodes
        for low in real
        for high in fake
    )


NORMAL = (
    (-2.8569700138728056, 0.011257411327720689),
    (-1.3556261799742659, 0.22207592200561266),
    (0.0, 0.53333333333333333),
    (1.3556261799742659, 0.22207592200561266),
    (2.8569700138728056, 0.011257411327720689),
)
"""Nodes and weights that stand for a standard normal."""

EXACT = Doubt(accounts=1e12, transfer=(Transfer(1.0),))
"""Sampling error alone, for measuring the other two."""


def log_likelihoods(log_odds: Floats, offsets: Ints, doubt: Doubt) -> Floats:
    """Return the log-likelihood of each sample at every share of the grid.

    Parameters
    ----------
    log_odds : Floats, shape (m,)
        log r of the sampled accounts, sample after sample.
    offsets : Ints, shape (n + 1,)
        Sample i is `log_odds[offsets[i]:offsets[i + 1]]`; an empty one says nothing.
    doubt : Doubt
        Model and transfer error.

    Returns
    -------
    Floats, shape (n, 201)
        Up to a constant a row; 0 everywhere without accounts.
    """
    out = np.empty((len(offsets) - 1, STEPS + 1))
    _log_likelihoods(
        np.ascontiguousarray(log_odds),
        np.array(offsets, dtype=np.int64),
        float(doubt.accounts),
        doubt.cases,
        _mixture(),
        out,
    )
    return out


@cache
def _mixture() -> Floats:
    """Return log(1 - q + q * r) for r of every bin and q of the grid, shape (bins, 201)."""
    out = np.empty((BINS, STEPS + 1))
    _fill_mixture(GRID, out)
    return out


@kernel
def _fill_mixture(grid: Floats, out: Floats) -> None:
    for b in range(BINS):
        r = exponential(REACH * ((2 * b + 1) / BINS - 1.0))
        for j in range(len(grid)):
            out[b, j] = logarithm(1.0 - grid[j] + grid[j] * r)


@kernel_part
def _count(log_odds: Floats, counts: Floats) -> None:
    """Count the accounts in every bin; they have no order."""
    counts[:] = 0.0
    for value in log_odds:
        b = int((value + REACH) * (BINS / (2.0 * REACH)))
        counts[min(max(b, 0), BINS - 1)] += 1.0


@kernel_part
def _apparent(counts: Floats, shift: float, mixture: Floats, out: Floats) -> None:
    """Write the log-likelihood at every apparent share if all log-odds are shifted."""
    bins = int(np.floor(shift * (BINS / (2.0 * REACH)) + 0.5))
    out[:] = 0.0
    for b in range(BINS):
        if counts[b] > 0.0:
            shifted = min(max(b + bins, 0), BINS - 1)
            for j in range(len(out)):
                out[j] += counts[b] * mixture[shifted, j]


@kernel_part
def _add_case(apparent: Floats, case: Floats, temper: float, out: Floats) -> None:
    """Add a case's likelihood of every share, scaled to an area of its weight."""
    steps = len(out) - 1
    values = np.empty(steps + 1)
    for j in range(steps + 1):
        place = (case[2] + (case[3] - case[2]) * (j / steps)) * steps
        left = min(int(place), steps - 1)
        values[j] = apparent[left] + (apparent[left + 1] - apparent[left]) * (place - left)
    top = values.max()
    area = 0.0
    for j in range(steps + 1):
        values[j] = exponential(temper * (values[j] - top))
        area += values[j]
    area -= 0.5 * (values[0] + values[steps])
    for j in range(steps + 1):
        out[j] += case[0] * values[j] / area


@kernel
def _log_likelihoods(  # noqa: PLR0917  (compiled code takes no keywords)
    log_odds: Floats, offsets: Ints, accounts: float, cases: Floats, mixture: Floats, out: Floats
) -> None:
    counts = np.empty(BINS)
    apparent = np.empty(out.shape[1])
    for i in range(out.shape[0]):
        out[i] = 0.0
        n = offsets[i + 1] - offsets[i]
        if n == 0:
            continue
        _count(log_odds[offsets[i] : offsets[i + 1]], counts)
        for c in range(cases.shape[0]):
            if c == 0 or cases[c, 1] != cases[c - 1, 1]:
                _apparent(counts, cases[c, 1], mixture, apparent)
            _add_case(apparent, cases[c], accounts / (n + accounts), out[i])
        for j in range(out.shape[1]):
            # Far from every case the likelihood underflows; -1e4 there keeps sums of logs finite.
            out[i, j] = max(logarithm(out[i, j]), -1e4)
