"""How likely a follower account is to be fake, and how many of an audience are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.arrays import Flags, Floats, Ints
from features.errors import InputError
from models.accounts import ACCOUNT_COLUMNS, account_matrix
from models.arithmetic import logit, sigmoids
from models.calibration import Calibration
from models.levels import LIMIT, level
from models.parts import NUMBERS, TREES, decode, encode
from models.sample import REACH, Doubt, log_likelihoods
from models.served import Served
from models.share import STEPS, beta_log_masses, posteriors

SHOWN: Mapping[str, Callable[[Floats], Flags]] = {
    "has_profile_pic": lambda values: ~np.isnan(values[:, 3]),
    "is_private": lambda values: ~np.isnan(values[:, 4]),
    "username_digit_ratio": lambda values: ~np.isnan(values[:, 6]) | ~np.isnan(values[:, 7]),
    "log_bio_length": lambda values: ~np.isnan(values[:, 8]),
}
"""Whether accounts show what a column is made of, for the columns that a sample may lack."""


class EmptyAudienceError(InputError):
    """A share of no followers was asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Audience:
    """What n sampled followers say about an audience.

    Parameters
    ----------
    n : int
        Sampled followers.
    share, share_low, share_high : float
        Share of followers that look inauthentic, with its 90 % interval.
    level : str
        Of `models.levels`.
    probabilities : Floats, shape (n,)
        That each account is fake, at the audience's own share.
    """

    n: int
    share: float
    share_low: float
    share_high: float
    level: str
    probabilities: Floats


@dataclass(frozen=True, slots=True, eq=False)
class FakeAccounts:
    """The fitted account model.

    Parameters
    ----------
    version : str
        Of the registry.
    served : Served
        Over some of `ACCOUNT_COLUMNS`.
    calibration : Calibration
        To probabilities at `training_share`.
    training_share : float
        Share of fakes, 0 to 1 exclusive, at which the calibrated probabilities hold.
    doubt : Doubt
        Model and transfer error of a share.
    prior : tuple of float
        Mean and concentration of the Beta prior of an audience's share; (.5, 2) is even.
    limit : float
        The share that separates levels.
    """

    version: str
    served: Served
    calibration: Calibration
    training_share: float
    doubt: Doubt
    prior: tuple[float, float] = (0.5, 2.0)
    limit: float = LIMIT

    def __post_init__(self) -> None:
        if not 0.0 < self.training_share < 1.0:
            raise ValueError(
                f"fake_accounts: training_share {self.training_share} is not in (0, 1)"
            )

    def scores(self, values: Floats) -> Floats:
        """Return the probability that each account is fake, at the training share.

        Parameters
        ----------
        values : Floats, shape (n, 9)
            The columns `features.tables.FOLLOWER_VALUES`, NaN for unknown.

        Returns
        -------
        Floats, shape (n,)
        """
        return self.calibration.probability(self._raw(values))

    def log_odds(self, values: Floats) -> Floats:
        """Return log P(columns | fake) / P(columns | real), shape (n,), cut at +-8."""
        return np.clip(self._uncut(values), -REACH, REACH)

    def log_likelihoods(self, values: Floats, offsets: Ints, log_odds: Floats) -> Floats:
        """Return what samples say of every share of the grid, up to a constant a row.

        Parameters
        ----------
        values : Floats, shape (m, 9)
            Sampled followers, sample after sample.
        offsets : Ints, shape (n + 1,)
            Sample i is `values[offsets[i]:offsets[i + 1]]`.
        log_odds : Floats, shape (m,)
            What `log_odds` says of them.

        Returns
        -------
        Floats, shape (n, 201)
            Without a column that the model reads, log-odds are spread otherwise than where they
            were learned: most of a sample's accounts must show each of them, or the sample is read
            by its log-odds alone, which widens the interval.
        """
        found = log_likelihoods(log_odds, offsets, self.doubt)
        lacking = self._lacking(values, offsets)
        if lacking.any():
            sizes = np.diff(offsets)
            at = np.r_[0, np.cumsum(sizes[lacking])]
            some = log_odds[np.repeat(lacking, sizes)]
            found[lacking] = log_likelihoods(some, at, self.doubt.at_word)
        return found

    def _lacking(self, values: Floats, offsets: Ints) -> Flags:
        """Return which samples lack a column of the model for at least half of their accounts."""
        known = [shown(values) for name, shown in SHOWN.items() if name in self.served.columns]
        before = np.zeros((len(known), len(values) + 1), np.int64)
        for row, flags in enumerate(known):
            np.cumsum(flags, out=before[row, 1:])
        found = before[:, offsets[1:]] - before[:, offsets[:-1]]
        return np.asarray((2 * found < np.diff(offsets)).any(axis=0))

    def audience(self, values: Floats) -> Audience:
        """Return the share of fakes among the followers that these were sampled from.

        Parameters
        ----------
        values : Floats, shape (n, 9)
            One row a sampled follower; n from 1 on, in time linear in n.

        Returns
        -------
        Audience

        Raises
        ------
        EmptyAudienceError
            If there is no row.
        """
        n = len(values)
        if not n:
            raise EmptyAudienceError("an audience needs at least one sampled follower, got none")
        uncut = self._uncut(values)
        mean, concentration = self.prior
        masses = beta_log_masses(np.array([mean]), concentration)
        masses += self.log_likelihoods(values, np.array([0, n]), np.clip(uncut, -REACH, REACH))
        posterior = posteriors(masses, self.limit)
        share, low, high = (
            float(values[0]) for values in (posterior.share, posterior.low, posterior.high)
        )
        return Audience(
            n, share, low, high, level(low, high, limit=self.limit, sampled=n), _at(uncut, share)
        )

    def _uncut(self, values: Floats) -> Floats:
        return self.calibration.log_odds(self._raw(values)) - logit(self.training_share)

    def _raw(self, values: Floats) -> Floats:
        places = [ACCOUNT_COLUMNS.index(name) for name in self.served.columns]
        return self.served.raw(account_matrix(values)[:, places])

    def parts(self) -> dict[str, bytes]:
        """Return the files that hold the model."""
        numbers = {
            "columns": list(self.served.columns),
            "served": self.served.numbers(),
            "calibration": self.calibration.numbers(),
            "training_share": float(self.training_share),
            "doubt": self.doubt.numbers(),
            "prior": [float(value) for value in self.prior],
            "limit": float(self.limit),
        }
        return {NUMBERS: encode(numbers), TREES: self.served.booster.encode()}

    @classmethod
    def from_parts(
        cls,
        parts: Mapping[str, bytes],
        upstream: Mapping[str, Any],  # noqa: ARG003  (one shape for every model)
        version: str,
    ) -> "FakeAccounts":
        """Return the model that the files hold; it has no upstream."""
        numbers = decode(parts[NUMBERS])
        mean, concentration = numbers["prior"]
        return cls(
            version=version,
            served=Served.from_numbers(
                numbers["served"], parts[TREES].decode(), numbers["columns"]
            ),
            calibration=Calibration.from_numbers(numbers["calibration"]),
            training_share=numbers["training_share"],
            doubt=Doubt.from_numbers(numbers["doubt"]),
            prior=(mean, concentration),
            limit=numbers["limit"],
        )


def _at(log_odds: Floats, share: float) -> Floats:
    """Return the probabilities at a share, which is kept off 0 and 1 by half a step of the grid.

    Log-odds count beyond their reach, by less than 1: so they rank accounts there without a tie.
    """
    beyond = np.maximum(np.abs(log_odds) - REACH, 0.0)
    kept = np.clip(log_odds, -REACH, REACH) + np.sign(log_odds) * (beyond / (1.0 + beyond))
    half = 0.5 / STEPS
    out = np.empty(len(log_odds))
    sigmoids(kept + logit(min(max(share, half), 1.0 - half)), out)
    return out
