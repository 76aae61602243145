"""The lines of the report: every figure with its n and its 90 % interval."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from features.arrays import Floats
from features.errors import InputError
from models.manifest import Metric
from training.real.judging import Judged

WIDTH = 22
COLUMNS = ("AUC", "average precision", "log-loss, raw", "log-loss, own share", "share", "truth")
FIRST = 34
EDGES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
Targets = Mapping[str, float]
"""Least AUC ("auc"), and most log-loss at the own share ("own")."""


def say(text: str = "") -> None:
    """Print a line at once: the report takes minutes."""
    print(text, flush=True)


def heading(title: str, protocol: str) -> None:
    """Print what follows, and how it is measured."""
    say(f"\n{title}\n{protocol}\n")
    say(f"{'':{FIRST}}{'n':>7}  " + "".join(f"{name:<{WIDTH}}" for name in COLUMNS).rstrip())


def line(name: str, found: Judged, targets: Targets | None = None) -> None:
    """Print the figures of one model on one set, and whether they meet their targets."""
    figures = (
        found.raw["auc"],
        found.raw["average_precision"],
        found.raw["log_loss"],
        found.own,
        found.share,
    )
    cells = "".join(f"{figure(one):<{WIDTH}}" for one in figures)
    say(f"{name:<{FIRST}}{found.n:>7,}  {cells}{found.truth:.3f}")
    for text, met in _targets(found, targets or {}):
        say(f"  target: {text}, {'met' if met else 'MISSED'}")


def _targets(found: Judged, targets: Targets) -> list[tuple[str, bool]]:
    told = []
    if "auc" in targets:
        auc = found.raw["auc"].value or 0.0
        told.append((f"AUC {auc:.4f} >= {targets['auc']}", auc >= targets["auc"]))
    if "own" in targets:
        own = np.inf if found.own.value is None else found.own.value
        told.append((f"log-loss at own share {own:.4f} <= {targets['own']}", own <= targets["own"]))
    return told


def refused(name: str, error: InputError) -> None:
    """Print that training refused a set."""
    say(f"{name:<{FIRST}}refused: {error}")


def figure(metric: Metric) -> str:
    """Return a figure with its 90 % interval."""
    if metric.value is None:
        return "unknown"
    if metric.low is None or metric.high is None:
        return f"{metric.value:.3f}"
    return f"{metric.value:.3f} [{metric.low:.3f}, {metric.high:.3f}]"


def spread(probability: Floats) -> str:
    """Return how many followers have probabilities in each range, in words."""
    counts, _ = np.histogram(probability, EDGES)
    ranges = [f"{low:g}-{high:g}" for low, high in pairwise(EDGES)]
    shares = counts / counts.sum()
    return ", ".join(f"{one} {share:.1%}" for one, share in zip(ranges, shares, strict=True))
