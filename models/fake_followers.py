"""Share of followers that look inauthentic: one posterior of history and follower sample."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.arrays import Floats, Ints
from features.catalogue import NAMES
from features.samples import Samples
from models.calibration import Calibration
from models.fake_accounts import FakeAccounts
from models.levels import LIMIT, level
from models.parts import NUMBERS, REFERENCES, TREES, decode, encode
from models.references import References
from models.sample import log_likelihoods
from models.served import Served
from models.share import Posterior, beta_log_masses, posteriors

BLOCK = 4096
"""Rows whose posteriors are held at once: 201 shares each."""


@dataclass(frozen=True, slots=True, eq=False)
class FakeFollowersScores:
    """Scores of n rows.

    Parameters
    ----------
    risk : Floats, shape (n,)
        Probability that the share is at least the limit.
    share, low, high : Floats, shape (n,)
        Mean of the posterior and its 90 % interval.
    n_sampled : Ints, shape (n,)
        Sampled followers that took part.
    level : list of str, length n
        Of `models.levels`.
    """

    risk: Floats
    share: Floats
    low: Floats
    high: Floats
    n_sampled: Ints
    level: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class FakeFollowers:
    """The fitted audience model.

    Parameters
    ----------
    version : str
        Of the registry.
    served : Served
        The prior's score, over growth and engagement columns of the catalogue.
    calibration : Calibration
        To the prior's mean.
    concentration : float
        Of the Beta prior: how many sampled followers the history is worth.
    accounts : FakeAccounts
        The model's own copy of the account model, which reads the sample.
    references : References
        Of peers, for the reasons.
    limit : float
        The share whose exceedance is the risk.
    """

    version: str
    served: Served
    calibration: Calibration
    concentration: float
    accounts: FakeAccounts
    references: References
    limit: float = LIMIT

    def __post_init__(self) -> None:
        if not self.concentration > 0.0:
            raise ValueError(f"fake_followers: concentration {self.concentration} must be above 0")

    def score(self, X: Floats, samples: Samples) -> FakeFollowersScores:
        """Return the posterior of each row's share.

        Parameters
        ----------
        X : Floats, shape (n, len(NAMES))
            The catalogue's columns.
        samples : Samples
            The follower sample of each row, possibly empty.

        Returns
        -------
        FakeFollowersScores
            A row's values do not depend on the rows beside it, to the last bit.
        """
        blocks = [
            self._posterior(X[start : start + BLOCK], *_slice(samples, start, start + BLOCK))
            for start in range(0, max(len(X), 1), BLOCK)
        ]
        share, low, high, risk = (
            np.concatenate([getattr(block, name) for block in blocks])
            for name in ("share", "low", "high", "above")
        )
        levels = [
            level(a, b, limit=self.limit) for a, b in zip(low.tolist(), high.tolist(), strict=True)
        ]
        return FakeFollowersScores(risk, share, low, high, np.diff(samples.offsets), levels)

    def inputs(self, X: Floats) -> Floats:
        """Return the columns that the prior reads, shape (n, p)."""
        return X[:, [NAMES.index(name) for name in self.served.columns]]

    def prior_risk(self, X: Floats) -> Floats:
        """Return the risk by the history alone, shape (n,)."""
        return posteriors(self._prior(X), self.limit).above

    def _prior(self, X: Floats) -> Floats:
        mean = self.calibration.probability(self.served.raw(self.inputs(X)))
        return beta_log_masses(mean, self.concentration)

    def _posterior(self, X: Floats, values: Floats, offsets: Ints) -> Posterior:
        masses = self._prior(X)
        masses += log_likelihoods(self.accounts.log_odds(values), offsets, self.accounts.doubt)
        return posteriors(masses, self.limit)

    def parts(self) -> dict[str, bytes]:
        """Return the files that hold the model, without its upstream `fake_accounts`."""
        numbers = {
            "columns": list(self.served.columns),
            "served": self.served.numbers(),
            "calibration": self.calibration.numbers(),
            "concentration": float(self.concentration),
            "limit": float(self.limit),
        }
        return {
            NUMBERS: encode(numbers),
            TREES: self.served.booster.encode(),
            REFERENCES: encode(self.references.numbers()),
        }

    @classmethod
    def from_parts(
        cls, parts: Mapping[str, bytes], upstream: Mapping[str, Any], version: str
    ) -> "FakeFollowers":
        """Return the model that the files hold, with `upstream["fake_accounts"]`."""
        numbers = decode(parts[NUMBERS])
        accounts = upstream["fake_accounts"]
        if not isinstance(accounts, FakeAccounts):
            raise TypeError(
                f"fake_followers: fake_accounts upstream is a {type(accounts).__name__}"
            )
        return cls(
            version=version,
            served=Served.from_numbers(
                numbers["served"], parts[TREES].decode(), numbers["columns"]
            ),
            calibration=Calibration.from_numbers(numbers["calibration"]),
            concentration=numbers["concentration"],
            accounts=accounts,
            references=References.from_numbers(decode(parts[REFERENCES])),
            limit=numbers["limit"],
        )


def _slice(samples: Samples, start: int, stop: int) -> tuple[Floats, Ints]:
    """Return the accounts of some rows' samples and where each sample begins."""
    offsets = samples.offsets[start : stop + 1]
    return samples.values[offsets[0] : offsets[-1]], offsets - offsets[0]
