"""Share of followers that look inauthentic: one posterior of history and follower sample."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from features.arrays import Floats, Ints, owned
from features.catalogue import NAMES
from features.samples import Samples
from models.calibration import Calibration
from models.fake_accounts import FakeAccounts
from models.frames import Frames
from models.history_share import Fitted, history_share
from models.levels import LIMIT, level
from models.parts import NUMBERS, REFERENCES, TREES, decode, encode
from models.prior import Prior
from models.references import References
from models.served import Served
from models.share import Posterior, grid_logs, posteriors
from models.walks import NO_TREES

_NONE = np.empty(0)

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
class Sampled:
    """What the follower samples of n rows say, before it is asked how and when they were drawn.

    Parameters
    ----------
    seen : Floats, shape (n, 201)
        Of `FakeFollowers.seen`.
    n : Ints, shape (n,)
        Sampled followers.
    frame, age : Floats, shape (n,)
        As in `features.samples.Samples`.
    """

    seen: Floats
    n: Ints
    frame: Floats
    age: Floats


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
        To the log-odds of the prior's mean.
    prior : Prior
        The share given these.
    accounts : FakeAccounts
        The model's own copy of the account model, which reads the sample.
    frames : Frames
        What a sample says of all followers, by how and when it was drawn.
    references : References
        Of peers, for the reasons.
    limit : float
        The share whose exceedance is the risk.
    """

    version: str
    served: Served
    calibration: Calibration
    prior: Prior
    accounts: FakeAccounts
    frames: Frames
    references: References
    limit: float = LIMIT
    _fitted: Fitted = field(init=False, repr=False)

    def __post_init__(self) -> None:
        heaps, weight = self.prior.compiled
        fitted = Fitted(
            places=_places(self.served.columns),
            offset=self.served.form,
            line=np.array([self.calibration.intercept, self.calibration.slope], np.float64),
            knots=self.calibration.knots(),
            heaps=heaps,
            weight=weight,
            logs=grid_logs(),
            limit=float(self.limit),
        )
        object.__setattr__(self, "_fitted", fitted)

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
        if len(X) <= BLOCK and not len(samples.values):
            return self.posterior(X)
        blocks = []
        for start in range(0, max(len(X), 1), BLOCK):
            rows = slice(start, start + BLOCK)
            offsets = samples.offsets[start : start + BLOCK + 1]
            values = samples.values[offsets[0] : offsets[-1]]
            if not len(values):
                blocks.append(self.posterior(X[rows]))
                continue
            seen = self.seen(values, offsets - offsets[0])
            sampled = Sampled(seen, np.diff(offsets), samples.frame[rows], samples.age[rows])
            blocks.append(self.posterior(X[rows], sampled))
        if len(blocks) == 1:
            return blocks[0]
        return FakeFollowersScores(
            risk=np.concatenate([block.risk for block in blocks]),
            share=np.concatenate([block.share for block in blocks]),
            low=np.concatenate([block.low for block in blocks]),
            high=np.concatenate([block.high for block in blocks]),
            n_sampled=np.concatenate([block.n_sampled for block in blocks]),
            level=[one for block in blocks for one in block.level],
        )

    def seen(self, values: Floats, offsets: Ints) -> Floats:
        """Return what samples say of the shares they were drawn from, shape (n, 201).

        Parameters
        ----------
        values : Floats, shape (m, 9)
            Sampled followers, columns FOLLOWER_VALUES.
        offsets : Ints, shape (n + 1,)
            Sample i is `values[offsets[i]:offsets[i + 1]]`.
        """
        return self.accounts.log_likelihoods(values, offsets, self.accounts.log_odds(values))

    def posterior(self, X: Floats, sampled: "Sampled | None" = None) -> FakeFollowersScores:
        """Return the posterior of each row's share, given what its sample says.

        Parameters
        ----------
        X : Floats, shape (n, len(NAMES))
            The catalogue's columns.
        sampled : Sampled, optional
            What the rows' samples say; without it the history alone answers.
        """
        if sampled is None:
            found, counts = self._by_history(X), np.zeros(len(X), np.int64)
        else:
            seen = self.frames.log_likelihoods(sampled.seen, sampled.frame, sampled.age)
            found, counts = posteriors(self._prior(X) + seen, self.limit), sampled.n
        bounds = zip(found.low.tolist(), found.high.tolist(), strict=True)
        levels = [level(low, high, limit=self.limit) for low, high in bounds]
        return FakeFollowersScores(found.above, found.share, found.low, found.high, counts, levels)

    def inputs(self, X: Floats) -> Floats:
        """Return the columns that the prior reads, shape (n, p)."""
        return X.take(_places(self.served.columns), axis=1)

    def prior_risk(self, X: Floats) -> Floats:
        """Return the risk by the history alone, shape (n,)."""
        return self._by_history(X).above

    def _by_history(self, X: Floats) -> Posterior:
        """Return the posterior without a sample: `_prior` and all that follows, in one pass."""
        walked, trees = self.served.trees.laid, _NONE
        if walked is None:
            walked, trees = NO_TREES, self.served.trees.raw(self.inputs(X))
        out = np.empty((4, len(X)))
        history_share(self._fitted, walked, owned(X, np.float64), trees, out)
        return Posterior(*out)

    def _prior(self, X: Floats) -> Floats:
        return self.prior.log_masses(self.calibration.log_odds(self.served.raw(self.inputs(X))))

    def parts(self) -> dict[str, bytes]:
        """Return the files that hold the model, without its upstream `fake_accounts`."""
        numbers = {
            "columns": list(self.served.columns),
            "served": self.served.numbers(),
            "calibration": self.calibration.numbers(),
            "prior": self.prior.numbers(),
            "frames": self.frames.numbers(),
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
            prior=Prior.from_numbers(numbers["prior"]),
            accounts=accounts,
            frames=Frames.from_numbers(numbers["frames"]),
            references=References.from_numbers(decode(parts[REFERENCES])),
            limit=numbers["limit"],
        )


@cache
def _places(columns: tuple[str, ...]) -> Ints:
    """Return where in the catalogue columns are."""
    return np.array([NAMES.index(name) for name in columns], dtype=np.int64)
