"""Champions with the trees of a usual benchmark: 300 of 63 leaves, on a world's own columns.

Targets are noise around some columns: what is timed is the walk through trees that split the real
columns. All else of the champions stays, and the bundles are sealed with known answers, registered
and promoted as training does it.
"""

import argparse
import os
from dataclasses import replace
from pathlib import Path

import lightgbm as lgb
import numpy as np

from benchmarks.serve_ready import Pairs, pairs, rows
from features.arrays import Floats
from models import registry
from models.answers import Fitted, record
from models.bundle import Bundle, seal
from models.champions import bundle, load_champions
from models.conversion import Conversion
from models.fake_followers import FakeFollowers
from models.layout import CARD, UPSTREAM
from models.manifest import describe
from models.records import Run
from models.served import Served
from models.tree_text import read
from training.promotion import consider
from training.trees import mask

TREES, LEAVES = 300, 63
TIMES = 12
"""Rows of each creator, every one with another brief."""
SEED = 7
_NAN = 2
"""Of a decision type, what a split takes for missing."""
_CARD = b"Trees of a benchmark, fitted to noise: they score nothing.\n"


def with_trees(served: Served, X: Floats) -> Served:
    """Return the score with other trees over the same columns."""
    random = np.random.default_rng(SEED)
    known = np.nan_to_num(X)
    known = (known - known.mean(axis=0)) / (known.std(axis=0) + 1e-9)
    target = np.tanh(known @ random.normal(size=X.shape[1]) / X.shape[1] ** 0.5)
    target += random.normal(size=len(X))
    settings = {
        "objective": "regression",
        "num_leaves": LEAVES,
        "learning_rate": 0.02,
        "num_threads": os.cpu_count(),
        "seed": SEED,
        "verbosity": -1,
    }
    # With some unknown in each column, no split takes an unknown value for 0.
    data = lgb.Dataset(mask(X, (), SEED), target - target.mean())
    text = lgb.train(settings, data, TREES).model_to_string()
    if {kind >> 2 for tree in read(text, X.shape[1]).trees for kind in tree.kind} != {_NAN}:
        raise SystemExit("a split of the benchmark's trees takes the unknown for a number")
    return replace(served, booster=text)


def grown(
    found: Pairs, conversion: Conversion, followers: FakeFollowers
) -> tuple[Conversion, FakeFollowers]:
    """Return the champions with larger trees, the one carrying the other."""
    several = found.repeated(TIMES)
    X = rows(several, conversion, followers)
    other = replace(followers, served=with_trees(followers.served, X["fake_followers"]))
    served = with_trees(conversion.served, X["conversion"])
    return replace(conversion, served=served, followers=other), other


def sealed(model: Fitted, like: Bundle, upstream: dict[str, Bundle]) -> Bundle:
    """Return a model's bundle, made of the same data as another one."""
    assert isinstance(model, Conversion | FakeFollowers)
    manifest = describe(
        like.name,
        columns=model.served.columns,
        data=like.manifest.data,
        seed=SEED,
        metrics={},
        trained_on_world=True,
    )
    parts = {**model.parts(), CARD: _CARD}
    return seal(manifest=manifest, parts=parts, answers=record(model), upstream=upstream)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--tables", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True, help="the state folder to fill")
    given = options.parse_args()
    champions = load_champions(UPSTREAM)
    assert champions.conversion is not None
    assert champions.fake_followers is not None
    conversion, followers = grown(
        pairs(given.tables), champions.conversion, champions.fake_followers
    )
    was = {name: bundle(name) for name in UPSTREAM}
    os.environ["CREDENCE_HOME"] = str(given.out)
    made = {"fake_accounts": was["fake_accounts"]}
    for name, model in (("fake_followers", followers), ("conversion", conversion)):
        carried = {one: made[one] for one in UPSTREAM[name]}
        made[name] = sealed(model, was[name], carried)
    for name, one in made.items():
        number = registry.register(Run(bundle=one, params={}, metrics={}, files={}))
        if not (decision := consider(name, number)).promoted:
            raise SystemExit(decision.text)


if __name__ == "__main__":
    main()
