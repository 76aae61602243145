"""Figures of a conversion model beside the truth, each with its n and a 90 % bootstrap interval."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from benchmarks.conversion_rows import SEED, Later, asked, numbered, reached, reaches
from features.arrays import Flags, Floats, Ints
from models.manifest import Metric
from training.metrics import MEASURES, bounded, draw, log_losses
from training.world.outcomes import chance

Figure = Callable[[Floats], float]
"""A figure of rows that count as often as their weight says."""

TURNS = 20  # of the randomised PIT, averaged
ENOUGH = 5.0  # conversions expected: below, counts are too discrete for an interval to be exact
DECILES = 10
AT: Floats = np.arange(1, 200) / 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Rows of one world or several, with what the model, its rivals and the truth say of them.

    Parameters
    ----------
    world, group : ndarray of int64, shape (n,)
        Which world each row is of, and its brief.
    count, hit : ndarray of float64, shape (n,)
        What came.
    truth, true_expected : ndarray of float64, shape (n,)
        The true probability and mean.
    p, low, high, expected, expected_low, expected_high : ndarray of float64, shape (n,)
        The model's answers.
    pit, true_pit : ndarray of float64, shape (2, n)
        Probability of less than the count, and of no more than it: by the model, by the truth.
    rivals : mapping of str to ndarray of float64, shape (n,)
        Other probabilities.
    """

    world: Ints
    group: Ints
    count: Floats
    hit: Floats
    truth: Floats
    true_expected: Floats
    p: Floats
    low: Floats
    high: Floats
    expected: Floats
    expected_low: Floats
    expected_high: Floats
    pit: Floats
    true_pit: Floats
    rivals: Mapping[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.hit)


def judged(model: Any, rows: Later, rivals: Mapping[str, Floats] | None = None) -> Judged:
    """Ask a model about rows."""
    found, count = asked(model, rows.rows), rows.rows.value
    above = np.array([reaches(model, rows.rows, count), reaches(model, rows.rows, count + 1.0)])
    true = np.array([chance(rows.expected, np.maximum(count + k, 1).astype(int)) for k in (0, 1)])
    true[0, count < 1.0] = 1.0
    return Judged(
        world=np.zeros(len(count), np.int64),
        group=rows.rows.group,
        count=count,
        hit=reached(rows.rows),
        truth=rows.probability,
        true_expected=rows.expected,
        p=found.probability,
        low=found.low,
        high=found.high,
        expected=found.expected,
        expected_low=found.expected_low,
        expected_high=found.expected_high,
        pit=1.0 - above,
        true_pit=1.0 - true,
        rivals=rivals or {},
    )


def pooled(parts: Sequence[Judged]) -> Judged:
    """Return the rows of several worlds as one."""
    names = [one.name for one in fields(Judged) if one.name not in {"world", "group", "rivals"}]
    return Judged(
        world=np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
        group=numbered([part.group for part in parts]),
        rivals={
            name: np.concatenate([part.rivals[name] for part in parts]) for name in parts[0].rivals
        },
        **{name: np.concatenate([getattr(part, name) for part in parts], -1) for name in names},
    )


def told(of: Figure, groups: Ints, mask: Flags | None = None) -> Metric:
    """Return a figure of all rows, or of some, with its interval by bootstrap of groups."""
    inside = np.ones(len(groups)) if mask is None else mask.astype(np.float64)
    n = int(inside.sum())
    if not n:
        return Metric(None, None, None, 0)
    draws = [weight * inside for weight in draw(groups, SEED)]
    return bounded(of(inside), [of(weight) for weight in draws if weight.any()], n)


def average(values: Floats) -> Figure:
    """Return the mean of values as a figure."""
    return lambda weight: float(np.average(values, weights=weight))


def constant_losses(found: Judged, weight: Floats) -> Floats:
    """Return the log-losses of each world's own base rate, the best constant in hindsight."""
    hits = np.bincount(found.world, weight * found.hit)
    rate = hits / np.maximum(np.bincount(found.world, weight), 1e-9)
    return log_losses(found.hit, rate[found.world])


def gap(found: Judged, p: Floats) -> Figure:
    """Return the part of the way from the constant to the truth that probabilities go."""
    mine, true = log_losses(found.hit, p), log_losses(found.hit, found.truth)

    def closed(weight: Floats) -> float:
        constant = weight @ constant_losses(found, weight)
        return float((constant - weight @ mine) / (constant - weight @ true))

    return closed


def calibration(found: Judged, p: Floats) -> dict[str, Figure]:
    """Return the figures of how far probabilities can be taken at their word."""

    def of(name: str) -> Figure:
        return lambda weight: MEASURES[name](found.hit[weight > 0], p[weight > 0],
                                             weight[weight > 0])  # fmt: skip

    return {
        name: of(key)
        for name, key in (
            ("log-loss", "log_loss"),
            ("AUC", "auc"),
            ("slope", "calibration_slope"),
            ("intercept", "calibration_intercept"),
            ("ECE", "ece"),
        )
    }


def held(found: Judged) -> tuple[Floats, Floats]:
    """Return whether each interval holds the true probability, and how wide it is."""
    inside = (found.low <= found.truth) & (found.truth <= found.high)
    return inside.astype(np.float64), found.high - found.low


def by_decile(found: Judged) -> list[tuple[float, float, float, int]]:
    """Return probability, share of truths held, width and n of each tenth of the rows by p."""
    inside, width = held(found)
    places = np.array_split(np.argsort(found.p, kind="stable"), DECILES)
    return [
        (float(found.p[one].mean()), float(inside[one].mean()), float(width[one].mean()), len(one))
        for one in places
    ]


def counted(found: Judged) -> Floats:
    """Return whether the prediction interval of each count held it."""
    inside = (found.expected_low <= found.count) & (found.count <= found.expected_high)
    return inside.astype(np.float64)


def randomised_ks(pit: Floats) -> Figure:
    """Return how far PITs, drawn uniformly inside each count's step, are from uniform.

    The Kolmogorov-Smirnov distance, the mean of `TURNS` draws.
    """
    rng = np.random.default_rng(SEED)
    drawn = pit[0] + (pit[1] - pit[0]) * rng.random((TURNS, pit.shape[1]))
    orders = np.argsort(drawn, axis=1)

    def distance(weight: Floats) -> float:
        found = []
        for values, order in zip(drawn, orders, strict=True):
            kept = order[weight[order] > 0]
            steps = np.cumsum(weight[kept]) / weight.sum()
            below = np.r_[0.0, steps[:-1]]
            found.append(max((steps - values[kept]).max(), (values[kept] - below).max()))
        return float(np.mean(found))

    return distance


def smooth_ks(pit: Floats) -> Figure:
    """Return the same without drawing: each count spreads over its step (Czado et al. 2009)."""
    width = np.maximum(pit[1] - pit[0], 1e-12)
    spread = np.clip((AT[:, None] - pit[0]) / width, 0.0, 1.0)
    return lambda weight: float(np.abs(spread @ weight / weight.sum() - AT).max())
