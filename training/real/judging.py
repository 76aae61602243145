"""What a model is worth on labelled accounts that it never saw, taken as one audience."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints
from features.tables import Accounts
from models.fake_accounts import FakeAccounts
from models.manifest import Metric
from training.metrics import MEASURES, bounded, draw, measure
from training.real.plain import at_em_share, plain

SHOWN = ("auc", "average_precision", "log_loss")


@dataclass(frozen=True, slots=True)
class Judged:
    """Figures of one model on one set of accounts.

    Parameters
    ----------
    n : int
        Accounts.
    raw : mapping of str to Metric
        Of the probabilities at the training share.
    own : Metric
        Log-loss at the share that the audience itself seems to hold.
    share : Metric
        That share, with the interval that the model gives it; for EM, of the bootstrap.
    truth : float
        The share of fakes by the labels.
    probability : ndarray of float64, shape (n,)
        At the audience's own share.
    """

    n: int
    raw: Mapping[str, Metric]
    own: Metric
    share: Metric
    truth: float
    probability: Floats


def judge(model: FakeAccounts, accounts: Accounts, seed: int) -> Judged:
    """Judge the product: all accounts are one audience whose labels it does not know."""
    found = model.audience(accounts.values)
    share = Metric(found.share, found.share_low, found.share_high, found.n)
    return judged(accounts, model.scores(accounts.values), found.probabilities, share, seed)


def judge_plain(train: Accounts, accounts: Accounts, seed: int) -> Judged:
    """Judge plain LightGBM, its own share by EM."""
    raw = plain(train, accounts)
    prior = float(train.is_fake.mean())
    own, share = at_em_share(raw, prior)
    draws = [at_em_share(raw, prior, weight)[1] for weight in draw(copies(accounts), seed)]
    return judged(accounts, raw, own, bounded(share, draws, len(raw)), seed)


def copies(accounts: Accounts) -> Ints:
    """Return a number for each account that equal ones share."""
    shown = np.nan_to_num(accounts.values, nan=-1.0)
    _, group = np.unique(shown, axis=0, return_inverse=True)
    return group.reshape(-1).astype(np.int64)


def judged(accounts: Accounts, raw: Floats, own: Floats, share: Metric, seed: int) -> Judged:
    """Measure probabilities; equal accounts are drawn together by the bootstrap.

    Parameters
    ----------
    accounts : Accounts
        With labels.
    raw, own : ndarray of float64, shape (n,)
        Probabilities at the training share, and at the audience's own.
    share : Metric
        The audience's own share.
    seed : int
        Of the bootstrap.
    """
    label, group = accounts.is_fake, copies(accounts)
    measures = {name: MEASURES[name] for name in SHOWN}
    at_own = measure(label, own, group, seed, {"log_loss": MEASURES["log_loss"]})
    return Judged(
        n=len(label),
        raw=measure(label, raw, group, seed, measures),
        own=at_own["log_loss"],
        share=share,
        truth=float(label.mean()),
        probability=own,
    )
