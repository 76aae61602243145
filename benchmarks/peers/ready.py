"""What the peers answer from: rows that are ready to be predicted, and the served boosters."""

import os
from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb
import numpy as np

from features.arrays import Floats

READY = "CREDENCE_BENCH_READY"
"""Environment variable: folder with what `benchmarks.serve_ready` wrote."""

ROWS, IDS = "rows.npz", "ids"
MODELS = ("conversion", "fake_followers")


@dataclass(frozen=True, slots=True)
class Ready:
    """Creators by id, and of each model one row a creator and the booster."""

    place: dict[str, int]
    rows: dict[str, Floats]
    text: dict[str, str]

    @classmethod
    def load(cls) -> "Ready":
        """Return what the benchmark wrote for this server."""
        folder = Path(os.environ[READY])
        with np.load(folder / ROWS) as found:
            ids = [str(one) for one in found[IDS]]
            rows = {name: np.ascontiguousarray(found[name], dtype=np.float64) for name in MODELS}
        text = {name: (folder / f"{name}.txt").read_text(encoding="utf-8") for name in MODELS}
        return cls({one: place for place, one in enumerate(ids)}, rows, text)

    def boosters(self) -> dict[str, lgb.Booster]:
        """Return LightGBM's own objects."""
        return {name: lgb.Booster(model_str=text) for name, text in self.text.items()}


def probability(raw: Floats) -> Floats:
    """Return the logistic function: the boosters were fitted to log-odds and rates."""
    return np.asarray(1.0 / (1.0 + np.exp(-raw)), dtype=np.float64)
