"""What a sample of scored followers says about the share of fakes among all of them.

Counting flagged followers is biased whenever the share differs from the one in training. A mixture
is not: if log-odds are spread like R among an audience's real followers and like F among its fake
ones, the likelihood of a sample at the share q is the product of (1 - q) R + q F. Three errors go
into it:

* sampling: the product itself, over n accounts;
* model: R and F were themselves learned from finitely many accounts. The log-likelihood is tempered
  to n * accounts / (n + accounts) of its accounts, so no sample, however large, is certain;
* transfer: an audience may hold kinds of real or fake accounts that no training source held. Each
  way they may look is a pair of spreads with a weight given beforehand (`Looks`). A sample has a
  say in which pair it is: accounts between the two heaps seen in training fit no mixture of those
  heaps, and the weight moves to pairs that explain them, which give another share and leave more of
  it open. So the interval is narrow where an audience looks like the sources and wide where not.
  A sample that fits none of them (some of its columns are missing, say) is read by the log-odds at
  their word: the product of 1 - q + q exp(log-odds + shift), with a few shifts (`Shift`).
  What no sample can tell is fakes that look just like real accounts, and the reverse: elsewhere,
  an audience shows the share real + (fake - real) * share (`Transfer`), with weights that stay.

The likelihood of every share is then the weighted sum over all cases. Accounts are counted in bins
first, so that time is linear in n and a sample of a million needs no more memory than one of ten.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from features.arrays import Floats, Ints
from models.mixture import EVERY, KNOTS, SOME, Mixtures, fill_log_likelihoods, mixtures
from models.parts import Numbers
from models.share import STEPS

REACH = float(KNOTS[-1])
"""Log-odds beyond this count as this: no single account decides a share."""

FIT = 0.5
"""How well a case fits counts as by this part of the accounts only: no case is quite true."""

_NEVER = -1e300  # the log of no weight that can still be added to


class Transfer(NamedTuple):
    """What share the accounts of an audience of another origin show, with the weight of that case.

    Parameters
    ----------
    weight : float
        Above 0; the weights of a model add up to 1.
    real, fake : float
        Apparent share of an audience of real accounts only, and of fake ones only;
        0 <= real < fake <= 1.
    """

    weight: float
    real: float = 0.0
    fake: float = 1.0


class Shift(NamedTuple):
    """What is added to all log-odds where they are taken at their word, with its weight.

    Parameters
    ----------
    weight : float
        Above 0; the weights of a model add up to 1.
    log_odds : float
    """

    weight: float
    log_odds: float = 0.0


@dataclass(frozen=True, slots=True)
class Looks:
    """How log-odds may be spread among the real and the fake accounts of an audience.

    Parameters
    ----------
    real, fake : tuple of tuple of float
        Spreads: the shares of accounts at each of `KNOTS`, above 0. The first is that of the
        training sources, the others are of sources unlike them.
    weights : tuple of tuple of float
        Of the pair of real spread i and fake spread j. The first pair is an audience like the
        training sources, to which `Transfer` does not apply.
    unlike : float
        Weight of an audience that is like none of the pairs; with it, all weights add up to 1.
    """

    real: tuple[tuple[float, ...], ...]
    fake: tuple[tuple[float, ...], ...]
    weights: tuple[tuple[float, ...], ...]
    unlike: float

    def __post_init__(self) -> None:
        spreads = np.array(self.real + self.fake)
        if spreads.shape[1:] != KNOTS.shape or not (spreads > 0.0).all():
            raise ValueError(f"looks: expected spreads above 0 at {len(KNOTS)} knots")
        weights = np.array(self.weights)
        total = weights.sum() + self.unlike
        if weights.shape != (len(self.real), len(self.fake)) or abs(total - 1.0) > 1e-9:
            raise ValueError("looks: a weight is needed for each pair, and all must add up to 1")
        if not (weights[0, 0] > 0.0 and self.unlike > 0.0 and (weights >= 0.0).all()):
            raise ValueError("looks: the first pair and being unlike all need weights above 0")


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a share's interval holds beyond sampling error.

    Parameters
    ----------
    accounts : float
        Model error: how many sampled followers have the sampling error that the spreads have.
    transfer : tuple of Transfer
        What share accounts of another origin show.
    looks : Looks, optional
        How log-odds are spread; without it they are taken at their word.
    shifts : tuple of Shift
        Of log-odds that are taken at their word.
    """

    accounts: float
    transfer: tuple[Transfer, ...]
    looks: Looks | None = None
    shifts: tuple[Shift, ...] = (Shift(1.0),)
    _mixtures: list[Mixtures] = field(init=False, repr=False, compare=False, default_factory=list)
    _at_word: list["Doubt"] = field(init=False, repr=False, compare=False, default_factory=list)

    def __post_init__(self) -> None:
        if not self.accounts > 0.0:
            raise ValueError(f"doubt: accounts must be above 0, got {self.accounts}")
        for cases in (self.transfer, self.shifts):
            if abs(sum(case.weight for case in cases) - 1.0) > 1e-9:
                raise ValueError(f"doubt: the weights must add up to 1, got {cases}")
        for case in self.transfer:
            if not (case.weight > 0.0 and 0.0 <= case.real < case.fake <= 1.0):
                raise ValueError(f"doubt: expected 0 <= real < fake <= 1, got {case}")

    @property
    def mixtures(self) -> Mixtures:
        """The cases, ready for a sample; made when first asked for, as most commands never do."""
        if not self._mixtures:
            self._mixtures.append(self._made())
        return self._mixtures[0]

    @property
    def at_word(self) -> "Doubt":
        """The same without spreads, for samples that lack a column these were learned with."""
        if not self._at_word:
            self._at_word.append(replace(self, looks=None))
        return self._at_word[0]

    def _made(self) -> Mixtures:
        weight, shift = np.array(self.shifts).T
        real, fake = np.ones((len(weight), len(KNOTS))), np.exp(KNOTS + shift[:, None])
        if self.looks is None:
            log_weight = np.r_[_NEVER, np.log(weight)]
            even = np.ones((1, len(KNOTS)))
            return mixtures(
                log_weight, np.r_[even, real], np.r_[even, fake], spreads=1, steps=EVERY
            )
        pairs = np.array(self.looks.weights)
        i, j = np.nonzero(pairs)
        return mixtures(
            np.log(np.r_[pairs[i, j], self.looks.unlike * weight]),
            np.r_[np.array(self.looks.real)[i], real],
            np.r_[np.array(self.looks.fake)[j], fake],
            spreads=len(i),
            steps=SOME,
        )

    def numbers(self) -> Numbers:
        """Return the doubt as plain numbers."""
        return {
            "accounts": float(self.accounts),
            "transfer": [[float(number) for number in case] for case in self.transfer],
            "looks": self.looks
            and {
                "real": self.looks.real,
                "fake": self.looks.fake,
                "weights": self.looks.weights,
                "unlike": float(self.looks.unlike),
            },
            "shifts": [[float(number) for number in case] for case in self.shifts],
        }

    @classmethod
    def from_numbers(cls, numbers: Numbers) -> "Doubt":
        """Return the doubt that `numbers` describes."""
        given = numbers["looks"]
        real, fake, weights = (
            tuple(tuple(row) for row in given[name]) if given else ()
            for name in ("real", "fake", "weights")
        )
        return cls(
            numbers["accounts"],
            tuple(Transfer(*case) for case in numbers["transfer"]),
            Looks(real, fake, weights, given["unlike"]) if given else None,
            tuple(Shift(*case) for case in numbers["shifts"]),
        )


def transfers(
    real: Sequence[float] = (0.0,), fake: Sequence[float] = (1.0,)
) -> tuple[Transfer, ...]:
    """Return the cases of equally likely apparent shares of real and of fake accounts."""
    even = 1.0 / (len(real) * len(fake))
    return tuple(Transfer(even, low, high) for low in real for high in fake)


def shifts(deviation: float) -> tuple[Shift, ...]:
    """Return five shifts that stand for a normal one, by the Gauss-Hermite rule."""
    return tuple(Shift(weight, deviation * node) for node, weight in NORMAL)


NORMAL = (
    (-2.8569700138728056, 0.011257411327720689),
    (-1.3556261799742659, 0.22207592200561266),
    (0.0, 0.53333333333333333),
    (1.3556261799742659, 0.22207592200561266),
    (2.8569700138728056, 0.011257411327720689),
)
"""Nodes and weights that stand for a standard normal."""

EXACT = Doubt(accounts=1e12, transfer=(Transfer(1.0),))
"""Sampling error alone, the log-odds at their word: for measuring the other two errors."""


def log_likelihoods(log_odds: Floats, offsets: Ints, doubt: Doubt) -> Floats:
    """Return the log-likelihood of each sample at every share of the grid.

    Parameters
    ----------
    log_odds : Floats, shape (m,)
        log P(columns | fake) / P(columns | real) of the sampled accounts, sample after sample.
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
    made = doubt.mixtures
    fill_log_likelihoods(
        np.ascontiguousarray(log_odds),
        np.array(offsets, dtype=np.int64),
        float(doubt.accounts),
        FIT,
        (made.log_weight, made.spreads, made.table, made.width, made.place, made.part),
        np.array(doubt.transfer, dtype=np.float64),
        out,
    )
    return out
