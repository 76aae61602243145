"""Audiences drawn from labelled accounts that no model has seen, and the models that judge them."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

import training
from features.reader import read_accounts
from models.fake_accounts import FakeAccounts

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FILES = {"InstaFake": "instagram_instafake.csv", "Kaggle": "instagram_kaggle.csv"}
SHARES = "influencer_fake_share_srf.csv"
BANDS = (0.0, 0.1, 0.3, 0.6, 1.0)
JITTER = 0.02  # the published shares are few: each stands for its surroundings
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Judge:
    """A model and the accounts that it did not see.

    Parameters
    ----------
    model : FakeAccounts
        Fitted on four fifths of some sources.
    odds : dict of str to (Floats, Floats)
        By source: log-odds of real and of fake accounts, the fifth set aside of a source that the
        model learned from, all of another.
    """

    model: FakeAccounts
    odds: dict[str, tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True)
class Audiences:
    """Simulated audiences with their true shares.

    Parameters
    ----------
    log_odds : list of Floats
    share : Floats, shape (m,)
    band : Ints, shape (m,)
        Place of the share in `BANDS`.
    fold : Ints, shape (m,)
        Which judge has not seen its accounts.
    """

    log_odds: list[Floats]
    share: Floats
    band: Ints
    fold: Ints


def judges(data: Path, train: Sequence[str], seed: int) -> list[Judge]:
    """Fit five models, each without a fifth of its sources' accounts; copies stay together."""
    rng = np.random.default_rng(seed)
    tables = {name: pd.read_csv(data / "accounts" / file) for name, file in FILES.items()}
    folds = {}
    for name, table in tables.items():
        group = table.groupby([c for c in table if c != "source"], dropna=False).ngroup()
        folds[name] = rng.integers(0, FOLDS, group.max() + 1)[group.to_numpy()]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for fold in range(FOLDS):
            files = []
            for name in train:
                files.append(Path(folder) / f"{name}.csv")
                tables[name][folds[name] != fold].to_csv(files[-1], index=False)
            model = training.fit("fake_accounts", accounts=files, seed=seed).model
            assert isinstance(model, FakeAccounts)
            odds = {}
            for name, table in tables.items():
                aside = Path(folder) / "aside.csv"
                table[(folds[name] == fold) | (name not in train)].to_csv(aside, index=False)
                accounts, _, _ = read_accounts([aside])
                scored = model.log_odds(accounts.values)
                odds[name] = (scored[accounts.is_fake == 0.0], scored[accounts.is_fake == 1.0])
            found.append(Judge(model, odds))
    return found


def true_shares(data: Path, each: int, rng: np.random.Generator) -> tuple[Floats, Ints]:
    """Draw `each` shares of every band from the published ones."""
    published = pd.read_csv(data / "accounts" / SHARES)["fake_ratio"].to_numpy()
    found = []
    for low, high in pairwise(BANDS):
        inside = published[(published >= low) & (published < high)]
        drawn = rng.choice(inside, 20 * each) + rng.normal(0.0, JITTER, 20 * each)
        found.append(drawn[(drawn >= low) & (drawn < high)][:each])
    return np.concatenate(found), np.repeat(np.arange(len(found)), [len(part) for part in found])


def draw(
    found: Sequence[Judge],
    data: Path,
    n: int,
    each: int,
    seed: int,
    *,
    real: Sequence[str],
    fake: Sequence[str],
) -> Audiences:
    """Draw audiences of n followers; each mixes the sources in proportions of its own."""
    rng = np.random.default_rng([seed, n])
    share, band = true_shares(data, each, rng)
    fold = rng.integers(0, len(found), len(share))

    def some(m: int, pools: list[Floats]) -> Floats:
        parts = rng.multinomial(m, rng.dirichlet(np.ones(len(pools))))
        drawn = [rng.choice(pool, part) for pool, part in zip(pools, parts, strict=True)]
        return np.concatenate(drawn)

    log_odds = []
    for one, judge in zip(share.tolist(), fold.tolist(), strict=True):
        fakes = int(rng.binomial(n, one))
        odds = found[judge].odds
        log_odds.append(
            np.concatenate(
                [
                    some(n - fakes, [odds[name][0] for name in real]),
                    some(fakes, [odds[name][1] for name in fake]),
                ]
            )
        )
    return Audiences(log_odds, share, band, fold)
