"""What rows say of a score: whether something came, or how often."""

from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, gammaln

from features.arrays import Floats, Ints

USUAL_DISPERSION = 0.6
"""Of conversions around a fair forecast, where a fit begins: that of a lognormal of sd .7, between
the sds of a creator's and of a collaboration's effect."""

LEAST_DISPERSION, MOST_DISPERSION = 1e-3, 1e3
BIGGEST = 14.0  # a log count beyond any; keeps exponentials finite while a search strays


class Likelihood(Protocol):
    """What n rows say of their scores, each score a number of any size."""

    def __len__(self) -> int: ...

    def take(self, rows: Ints) -> Self:
        """Return what some of the rows say."""

    def losses(self, raw: Floats) -> Floats:
        """Return each row's loss: minus its log-likelihood, up to what no score changes."""

    def slopes(self, raw: Floats) -> tuple[Floats, Floats]:
        """Return first and second derivative of each row's loss by its score."""

    def start(self) -> float:
        """Return the best score that all rows share."""

    def dispersion_at(self, raw: Floats) -> float:
        """Return how much rows vary beyond what the scores let expect; 0 where that is fixed."""

    def dispersed(self, dispersion: float) -> Self:
        """Return the same rows, varying as much as that."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Whether it came: the score is the log-odds.

    Parameters
    ----------
    hit : ndarray of float64, shape (n,)
        1 it came, 0 it did not, between them a share.
    weight : ndarray of float64, shape (n,)
        Of the rows.
    """

    hit: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.hit)

    def take(self, rows: Ints) -> Self:
        """Return what some of the rows say."""
        return replace(self, hit=self.hit[rows], weight=self.weight[rows])

    def losses(self, raw: Floats) -> Floats:
        """Return each row's log-loss."""
        return np.asarray(self.weight * (np.logaddexp(0.0, raw) - self.hit * raw))

    def slopes(self, raw: Floats) -> tuple[Floats, Floats]:
        """Return first and second derivative of each row's loss by its score."""
        chance = expit(raw)
        return self.weight * (chance - self.hit), self.weight * chance * (1.0 - chance)

    def start(self) -> float:
        """Return the log-odds of the rows' rate, one row added."""
        ones, zeros = self.weight @ self.hit, self.weight @ (1.0 - self.hit)
        return float(np.log((ones + 0.5) / (zeros + 0.5)))

    def dispersion_at(self, raw: Floats) -> float:  # noqa: ARG002  (one shape)
        """Return 0: a hit varies by its chance alone."""
        return 0.0

    def dispersed(self, dispersion: float) -> Self:  # noqa: ARG002  (one shape)
        """Return the rows as they are."""
        return self


def hits(hit: Floats, weight: Floats | None = None) -> Hits:
    """Return what labels in [0, 1] say, each of weight 1 unless told."""
    return Hits(hit, np.ones_like(hit) if weight is None else weight)


@dataclass(frozen=True, slots=True)
class Counts:
    """How often it came: gamma-Poisson, the score being the log of the expected whole count.

    A count of which only a share has arrived is gamma-Poisson too, of that share of the mean and
    the same dispersion: what is still to come is never taken for what will not come.

    Parameters
    ----------
    count : ndarray of float64, shape (n,)
        What was seen so far.
    log_share : ndarray of float64, shape (n,)
        Log of the share that was to be expected so far: 0 for a whole count; or of an exposure.
    dispersion : float
        D of variance = mean + D * mean^2.
    """

    count: Floats
    log_share: Floats
    dispersion: float = USUAL_DISPERSION

    def __len__(self) -> int:
        return len(self.count)

    def take(self, rows: Ints) -> Self:
        """Return what some of the rows say."""
        return replace(self, count=self.count[rows], log_share=self.log_share[rows])

    def losses(self, raw: Floats) -> Floats:
        """Return each row's minus log-likelihood."""
        return gamma_poisson_losses(self.count, raw + self.log_share, self.dispersion)

    def slopes(self, raw: Floats) -> tuple[Floats, Floats]:
        """Return first and second derivative of each row's loss by its score."""
        mean = np.exp(np.minimum(raw + self.log_share, BIGGEST))
        shape = 1.0 / self.dispersion
        part = shape / (shape + mean)
        return part * (mean - self.count), part * part * mean * (1.0 + self.count / shape)

    def start(self) -> float:
        """Return the log of the rows' rate, half a count added."""
        return float(np.log((self.count.sum() + 0.5) / np.exp(self.log_share).sum()))

    def dispersion_at(self, raw: Floats) -> float:
        """Return the most likely dispersion around scores."""
        found = minimize_scalar(
            lambda log: self.dispersed(float(np.exp(log))).losses(raw).sum(),
            bounds=(np.log(LEAST_DISPERSION), np.log(MOST_DISPERSION)),
            method="bounded",
        )
        return float(np.exp(found.x))

    def dispersed(self, dispersion: float) -> Self:
        """Return the same counts with that dispersion."""
        return replace(self, dispersion=dispersion)


def gamma_poisson_losses(count: Floats, log_mean: Floats, dispersion: Floats | float) -> Floats:
    """Return minus the log-likelihood of gamma-Poisson counts.

    Parameters
    ----------
    count : ndarray of float64, shape (n,)
        At least 0.
    log_mean : ndarray of float64, shape (n,)
        Log of their means.
    dispersion : ndarray of float64, shape (n,), or float
        D of variance = mean + D * mean^2, above 0.
    """
    shape = 1.0 / np.asarray(dispersion)
    log_mean = np.minimum(log_mean, BIGGEST)
    log_sum = np.log(shape + np.exp(log_mean))
    constant = gammaln(count + shape) - gammaln(shape) - gammaln(count + 1.0)
    likelihood = constant + shape * (np.log(shape) - log_sum) + count * (log_mean - log_sum)
    return np.asarray(-likelihood)
