"""Lines of figures, each with its n, its 90 % interval, and whether it meets its target."""

from collections.abc import Mapping

import numpy as np

from models.manifest import Metric

WIDTH = 38
Targets = Mapping[str, tuple[float, float]]
"""Least and most value of a figure."""


def say(text: str = "") -> None:
    """Print a line at once: the report takes minutes."""
    print(text, flush=True)


def figure(found: Metric, digits: int = 3) -> str:
    """Return a figure with its 90 % interval."""
    if found.value is None or found.low is None or found.high is None:
        return "unknown"
    return f"{found.value:.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]"


def line(name: str, found: Metric, targets: Targets | None = None, digits: int = 3) -> bool:
    """Print a figure and return whether it meets its target."""
    low, high = (targets or {}).get(name, (-np.inf, np.inf))
    met = found.value is not None and low <= found.value <= high
    mark = ""
    if name in (targets or {}):
        wanted = (f">= {low:g}" if high == np.inf else f"<= {high:g}" if low in (-np.inf, 0.0)
                  else f"{low:g} to {high:g}")  # fmt: skip
        mark = f"  target {wanted}: {'met' if met else 'MISSED'}"
    say(f"  {name:{WIDTH}s} {figure(found, digits):26s} n {found.n:>6,}{mark}")
    return met
