"""Labelled accounts that nothing true can be learned from, and what is wrong with them.

Within one collection any trace of how it was collected looks like a mark of fakes: a column that
only one class has, a value that all of one class share, the same account many times. A model that
learns the trace is excellent here and worthless elsewhere, so the run is refused, not warned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import beta
from sklearn.metrics import roc_auc_score

from features.arrays import Flags, Floats
from features.errors import InputError
from features.rules import IMPOSSIBLE, RANGE
from features.schema import ACCOUNTS
from features.tables import FOLLOWER_VALUES, Accounts, SetAside
from training.labelled import FEWEST

COPIES, SEPARATES, CONSTANT = "copies", "separates_classes", "constant_in_class"

MOST_AUC = 0.97
MOST_COPIES = 0.05
CHANCE = 1e-3  # of a constant below which it is no accident
# So many times lower odds of another value are granted to an honest class first. Hardly any real
# account lacks a picture: 0.3 to 1.3 % in the public sets, where up to 57 % of the fakes do.
MILDER = {"has_profile_pic": 50.0}
MILD = 2.0
ERRORS = 2.0  # standard errors by which the AUC of a part of a file must clear the limit
SHOWN = 4  # findings that a message tells


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labelled accounts of one place.

    Parameters
    ----------
    place : str
        What to call it: the file, or the table.
    accounts : Accounts
        The rows that stand.
    set_aside : sequence of SetAside
        Those that do not.
    """

    place: str
    accounts: Accounts
    set_aside: Sequence[SetAside] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to refuse: the column at fault (or none), the rule, and the sentence."""

    column: str | None
    rule: str
    text: str


class UnfitAccountsError(InputError):
    """Labelled accounts that show how they were collected rather than what fakes are."""

    def __init__(self, place: str, findings: Sequence[Finding]) -> None:
        more = len(findings) - SHOWN
        told = " ".join(finding.text for finding in findings[:SHOWN])
        rest = f" {more} more like these." if more > 0 else ""
        super().__init__(
            f"{place} is no basis to learn from: {told}{rest}",
            table=ACCOUNTS.name,
            column=findings[0].column,
            rule=findings[0].rule,
        )


def refuse(labelled: Labelled) -> None:
    """Refuse labelled accounts that carry the marks of their collection.

    Copies and columns are judged over all rows and within each source, where an AUC must clear its
    limit by two standard errors: of many small sources one would exceed it by chance. Only the nine
    columns of an account count, not `platform` or `source`, which no model sees.

    Parameters
    ----------
    labelled : Labelled
        Of one file, table or collection.

    Raises
    ------
    UnfitAccountsError
        If a row is impossible, more than 5 % of the rows are copies, one column (or whether it is
        known) tells the classes apart with an AUC above .97, or it is constant in one class only.
        The message names every figure with its limit, and no value of any account.
    """
    findings = list(_impossible(labelled.set_aside))
    found: set[tuple[str | None, str]] = set()
    for part, accounts in _parts(labelled.accounts):
        for finding in _findings(accounts, ERRORS if part else 0.0):
            # What a whole file shows need not be said again of its sources.
            if (finding.column, finding.rule) not in found:
                found.add((finding.column, finding.rule))
                findings.append(replace(finding, text=part + finding.text))
    if findings:
        raise UnfitAccountsError(labelled.place, findings)


def _impossible(set_aside: Sequence[SetAside]) -> Iterator[Finding]:
    bad = [row for row in set_aside if row.rule in {RANGE, IMPOSSIBLE}]
    if not bad:
        return
    yield Finding(
        bad[0].reason.partition(" ")[0],  # a reason begins with its column
        bad[0].rule,
        f"{len(bad):,} row{'s' * (len(bad) > 1)} with impossible values, none may be; first"
        f" {bad[0].key}: {bad[0].reason} ({bad[0].rule}). Correct or remove them, and leave empty"
        " what is unknown.",
    )


def _parts(accounts: Accounts) -> Iterator[tuple[str, Accounts]]:
    """Return all rows, then those of each source where there are several."""
    yield "", accounts
    if len(accounts.sources) > 1:
        for number, name in enumerate(accounts.sources):
            yield f"source {name!r}: ", _only(accounts, accounts.source == number)


def _only(accounts: Accounts, rows: Flags) -> Accounts:
    return replace(
        accounts,
        source=accounts.source[rows],
        platform=accounts.platform[rows],
        values=accounts.values[rows],
        is_fake=accounts.is_fake[rows],
    )


def _findings(accounts: Accounts, errors: float) -> Iterator[Finding]:
    """Return what is wrong with some rows, at most once a column."""
    if len(accounts.is_fake) < 2 * FEWEST:
        return
    yield from _copies(accounts)
    fake = accounts.is_fake == 1.0
    for name, values in zip(FOLLOWER_VALUES, accounts.values.T, strict=True):
        known = np.where(np.isfinite(values), 1.0, 0.0)
        milder = MILDER.get(name, MILD)
        remedy = "Collect both classes in the same way"
        if not ACCOUNTS.column(name).required:
            remedy += ", or leave the column out"
        for rule, text in (
            (SEPARATES, _separating(name, values, fake, errors)),
            (SEPARATES, _separating(f"whether {name} is known", known, fake, errors)),
            (CONSTANT, _constant(f"{name} has one and the same value", values, fake, milder)),
            (CONSTANT, _constant(f"{name} is unknown", known, fake, milder, only=0.0)),
        ):
            if text:
                yield Finding(name, rule, f"{text} {remedy}.")
                break


def _copies(accounts: Accounts) -> Iterator[Finding]:
    """Find rows that are equal to an earlier one, whatever the name of their source.

    The same accounts under another name would be left out and learned from at once.
    """
    labels = [accounts.platform, accounts.is_fake]
    rows = np.column_stack([*labels, np.nan_to_num(accounts.values, nan=-1.0)])
    copies = len(rows) - len(np.unique(rows, axis=0))
    if copies > MOST_COPIES * len(rows):
        yield Finding(
            None,
            COPIES,
            f"{copies:,} of {len(rows):,} rows ({copies / len(rows):.1%}) are copies of another"
            f" row, at most {MOST_COPIES:.0%} may be. Keep each account once.",
        )


def _separating(what: str, column: Floats, fake: Flags, errors: float) -> str:
    """Say that a column all but tells the classes apart where it is known, or nothing."""
    known = np.isfinite(column)
    fakes, reals = int((known & fake).sum()), int((known & ~fake).sum())
    if min(fakes, reals) < FEWEST:
        return ""
    auc = float(roc_auc_score(fake[known], column[known]))
    auc = max(auc, 1.0 - auc)
    if auc - errors * auc_error(auc, fakes, reals) <= MOST_AUC:
        return ""
    return (
        f"{what} alone tells {fakes:,} fake from {reals:,} real accounts with an AUC of {auc:.4f},"
        f" at most {MOST_AUC} may be."
    )


def auc_error(auc: float, fakes: int, reals: int) -> float:
    """Return the standard error of an AUC.

    References
    ----------
    .. [1] Hanley and McNeil, "The meaning and use of the area under a receiver operating
       characteristic (ROC) curve", Radiology 143 (1982), eq. (1).
    """
    higher, lower = auc / (2.0 - auc), 2.0 * auc**2 / (1.0 + auc)
    spread = (fakes - 1) * (higher - auc**2) + (reals - 1) * (lower - auc**2)
    return float(np.sqrt((auc * (1.0 - auc) + spread) / (fakes * reals)))


def _constant(
    what: str, column: Floats, fake: Flags, milder: float, only: float | None = None
) -> str:
    """Say that one class has a single value (`only` this one) and the other others, or nothing.

    Classes differ, and a rare value is easily absent from few accounts: that 25 real ones all have
    a picture is no wonder. So a constant counts only if its chance is below .001 in a class that
    has other values at `milder` times lower odds than the opposite class, whose own share of them
    is taken at its lower 95 % bound.
    """
    known = np.isfinite(column)
    for inside, mine, yours in ((fake, "fake", "real"), (~fake, "real", "fake")):
        these, those = column[known & inside], column[known & ~inside]
        if min(len(these), len(those)) < FEWEST or (these != these[0]).any():
            continue
        differing = int((those != these[0]).sum())
        chance = _chance(len(these), differing, len(those), milder)
        if only in {None, these[0]} and chance < CHANCE:
            return (
                f"{what} in all {len(these):,} {mine} accounts but not in {differing:,} of"
                f" {len(those):,} {yours} ones; the chance of that is {chance:.1g} even at"
                f" {milder:g} times lower odds, at least {CHANCE:g} is asked."
            )
    return ""


def _chance(n: int, differing: int, others: int, milder: float) -> float:
    """Return the chance that none of n differs where so many others do, at lower odds."""
    if not differing:
        return 1.0
    share = float(beta.ppf(0.05, differing, others - differing + 1))
    lower = share / (share + milder * (1.0 - share))
    return float((1.0 - lower) ** n)
