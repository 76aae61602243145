"""Audits effects pooled from outcomes: what came later, or from the row itself, moves none."""

from collections.abc import Callable, Iterator

import numpy as np

from features.arrays import Flags, Floats, Ints, Times
from training.dataset import Rows
from training.leakage.findings import Finding, refuse

EffectOf = Callable[[Ints, Floats], Floats]

CUTS = 3


def unchanged_by_later(
    name: str, effect_of: EffectOf, rows: Rows, *, within: float = 0.0, seed: int = 7
) -> None:
    """Refuse effects that know outcomes of their future.

    Parameters
    ----------
    name : str
        What the effects are of, for the message.
    effect_of : callable
        Takes positions in `rows` and their outcomes, and returns the effects of these rows as of
        their own moments, shape (m,) or (m, k), from no other row. Parameters that a model freezes
        once (how strongly to shrink) must be given to it, not be estimated inside.
    rows : Rows
        The rows that the effects are made of and for.
    within : float
        Change that passes for rounding; by default not a bit may change. Sums that run over all
        rows round otherwise when other rows differ.
    seed : int
        Of the cuts in time.

    Raises
    ------
    LeakageError
        If an effect of a row before a cut changes when the outcomes known from the cut on
        are others, or when these rows are gone.
    """
    refuse("conversion", list(_findings(name, effect_of, rows, within, seed)))


def _findings(
    name: str, effect_of: EffectOf, rows: Rows, within: float, seed: int
) -> Iterator[Finding]:
    if not len(rows):
        return
    everything = np.arange(len(rows))
    whole = effect_of(everything, rows.value)
    for cut in _cuts(rows.as_of, seed):
        before, later = rows.as_of <= cut, rows.known >= cut
        # The outcome of a row before the cut that was known after it is the row's own.
        other = np.where(later, rows.value[::-1] + 1.0 + rows.value, rows.value)
        again = effect_of(everything, other)
        yield from _moved(name, whole[before], again[before], "others", within)
        kept = np.flatnonzero(~later)
        again = effect_of(kept, rows.value[kept])
        yield from _moved(name, whole[kept], again, "gone", within)


def _cuts(as_of: Times, seed: int) -> list[int]:
    """Return moments of the middle of the rows."""
    at = np.random.default_rng(seed).uniform(0.3, 0.9, CUTS)
    return [int(cut) for cut in np.quantile(as_of, at, method="lower")]


def _moved(
    name: str, before: Floats, after: Floats, change: str, within: float
) -> Iterator[Finding]:
    same: Flags = (np.abs(before - after) <= within) | (np.isnan(before) & np.isnan(after))
    differ: Flags = ~np.asarray(same.reshape(len(same), -1).all(axis=1), np.bool_)
    if differ.any():
        most = np.nanmax(np.abs(before - after)[differ])
        yield Finding(
            "effect_knows_later",
            f"effects of {name} change in {int(differ.sum()):,} of {len(differ):,} earlier rows, by"
            f" up to {most:.3g}, when later outcomes are {change}; at most {within:g} was expected:"
            " pool only outcomes known before a row's as_of, its own collaboration excluded.",
        )
