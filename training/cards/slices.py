"""Held-out rows told apart by platform, tier, sample size or source, with the figures of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.arrays import PLATFORMS, Flags, Floats
from features.tiers import TIER_NAMES
from models.manifest import Metric
from training.dataset import SAMPLED
from training.evaluate import HEADLINE
from training.held_out import HeldOut
from training.metrics import MEASURES, measure

FEWEST, FEWEST_A_CLASS = 50, 10  # rows of a slice below which its figures would be chance
FIGURES = (*HEADLINE, "average_precision")
ORDER = {"platform": PLATFORMS, "tier": TIER_NAMES, "sampled followers": SAMPLED}


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of the held-out rows.

    Parameters
    ----------
    name : str
        Such as "tiktok".
    n, hits : int
        Rows, and those with label 1.
    figures : mapping of str to Metric, or None
        None where there are too few rows to say anything.
    """

    name: str
    n: int
    hits: int
    figures: dict[str, Metric] | None


def headline(held: HeldOut) -> Flags:
    """Return the rows that a card is about: of unseen sources for accounts, else all of them."""
    unseen = ~held.known
    return unseen if "source" in held.slices and unseen.any() else np.ones_like(unseen)


def sliced(held: HeldOut, seed: int) -> dict[str, list[Slice]]:
    """Measure every slice of the rows that a card is about.

    Parameters
    ----------
    held : HeldOut
        Rows with their predictions and slices.
    seed : int
        Of the bootstrap.

    Returns
    -------
    dict of str to list of Slice
        By what the rows are told apart by; slices without a row are left out.
    """
    return {
        name: [
            _slice(held, one, np.array([row == one for row in of]) & headline(held), seed)
            for one in _present(name, of, headline(held))
        ]
        for name, of in held.slices.items()
    }


def _present(name: str, of: Sequence[str], rows: Flags) -> list[str]:
    """Return the slices there are, in their natural order, the unknown one last."""
    order = {one: place for place, one in enumerate(ORDER.get(name, ()))}
    there = {one for one, row in zip(of, rows.tolist(), strict=True) if row}
    return sorted(there, key=lambda one: (not one, order.get(one, -1), one))


def _slice(held: HeldOut, name: str, rows: Flags, seed: int) -> Slice:
    label: Floats = held.label[rows]
    n, hits = len(label), int(label.sum())
    if n < FEWEST or min(hits, n - hits) < FEWEST_A_CLASS:
        return Slice(name or "unknown", n, hits, None)
    _, group = np.unique(np.asarray(held.group, dtype=np.str_)[rows], return_inverse=True)
    measures = {one: MEASURES[one] for one in FIGURES}
    measures["predicted"] = lambda y, p, w: float(np.average(p, weights=w))  # noqa: ARG005
    return Slice(
        name or "unknown", n, hits, measure(label, held.prediction[rows], group, seed, measures)
    )
