"""Labelled accounts, their columns, identities, and weights that hide their source."""

import hashlib
from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints
from features.errors import InputError
from features.tables import Accounts
from models.accounts import account_matrix

FEWEST = 20  # accounts of a class without which nothing is learned, nor a source judged


class TooFewAccountsError(InputError):
    """Labelled accounts from which nothing can be learned."""

    def __init__(self, fakes: int, reals: int) -> None:
        super().__init__(
            f"accounts: {fakes} fake and {reals} real ones, at least {FEWEST} of each are needed;"
            " add labelled accounts, or train without them on the built-in world"
        )


@dataclass(frozen=True, slots=True)
class Rows:
    """Labelled accounts, ready to learn from.

    Parameters
    ----------
    accounts : Accounts
        As they were read.
    X : ndarray of float64, shape (n, 14)
        `ACCOUNT_COLUMNS`.
    group : ndarray of int64, shape (n,)
        Equal for rows with equal values, which are never on both sides of a split.
    row_id : list of str, length n
        The same for the same account in every training.
    """

    accounts: Accounts
    X: Floats
    group: Ints
    row_id: list[str]


def prepare(accounts: Accounts) -> Rows:
    """Return the columns and identities of labelled accounts.

    Parameters
    ----------
    accounts : Accounts
        From `features.read` or `features.reader.read_accounts`.

    Returns
    -------
    Rows

    Raises
    ------
    TooFewAccountsError
        If a class has fewer than twenty.
    """
    fakes = int(accounts.is_fake.sum())
    if min(fakes, len(accounts.is_fake) - fakes) < FEWEST:
        raise TooFewAccountsError(fakes, len(accounts.is_fake) - fakes)
    shown = np.nan_to_num(accounts.values, nan=-1.0)
    _, group = np.unique(shown, axis=0, return_inverse=True)
    ids: list[str] = []
    copies: dict[str, int] = {}
    for source, values in zip(accounts.source.tolist(), shown, strict=True):
        digest = hashlib.blake2b(values.tobytes(), digest_size=8).hexdigest()
        name = f"{accounts.sources[source]}:{digest}"
        copies[name] = copies.get(name, 0) + 1
        ids.append(f"{name}:{copies[name]}")
    return Rows(accounts, account_matrix(accounts.values), group.reshape(-1).astype(np.int64), ids)


def weights(fake: Floats, source: Ints) -> Floats:
    """Weigh accounts so that in each class every source counts the same.

    Else a source with many fakes would make whatever marks the source a mark of fakes. The share of
    fakes over all rows stays what it is, so that probabilities hold at a share that is known.

    Parameters
    ----------
    fake : ndarray of float64, shape (n,)
        1 fake, 0 real.
    source : ndarray of int64, shape (n,)
        Where each account comes from.

    Returns
    -------
    ndarray of float64, shape (n,)
        With mean 1.
    """
    weight = np.zeros(len(fake))
    for label in (0.0, 1.0):
        rows = np.flatnonzero(fake == label)
        _, place, sizes = np.unique(source[rows], return_inverse=True, return_counts=True)
        weight[rows] = len(rows) / (len(sizes) * sizes[place])
    return weight
