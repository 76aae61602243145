"""Labelled accounts, their columns and identities."""

import hashlib
from dataclasses import dataclass

import numpy as np

from features.arrays import PLATFORMS, Floats, Ints
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
    X : ndarray of float64, shape (n, 12)
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

    def slices(self, chosen: Ints) -> dict[str, list[str]]:
        """Return what a model card tells some of the accounts apart by: source and platform."""
        accounts = self.accounts
        return {
            "source": [accounts.sources[number] for number in accounts.source[chosen].tolist()],
            "platform": [PLATFORMS[int(code)] for code in accounts.platform[chosen].tolist()],
        }


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
