"""What the ten first of every creator who could take a brief are truly worth, by who ranks them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.conversion_figures import Figure, told
from benchmarks.conversion_rows import Cut
from features.arrays import Floats, Ints
from features.catalogue import NAMES
from features.computing import Spine, matrix, spine_of
from models.aims import Aims
from models.conversion import Conversion
from models.manifest import Metric
from training.dataset import Rows, posterior
from training.distinct import distinct

FIRST = 10  # creators a brief takes
RANDOM = "random"
TRUE = "the true ranking"
MODEL = "credence"
RULES = {"followers": "log_followers", "engagement rate": "engagement_rate_90d"}


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every creator who could take each held-out brief.

    Parameters
    ----------
    brief : ndarray of int64, shape (n,)
        Which brief, from 0.
    expected, probability : ndarray of float64, shape (n,)
        The truth.
    scores : mapping of str to ndarray of float64, shape (n,)
        What each ranking goes by, unknown last.
    p, low, high : ndarray of float64, shape (n,)
        The model's probability and its interval.
    """

    brief: Ints
    expected: Floats
    probability: Floats
    scores: Mapping[str, Floats]
    p: Floats
    low: Floats
    high: Floats


def pairs(model: Any, where: Cut) -> Pairs:
    """Score a world's held-out briefs with a model, as of the moment they were posted for."""
    assert isinstance(model, Conversion)
    frame = pq.read_table(where.folder / "truth" / "briefs.parquet").to_pandas()
    spine = spine_of(where.tables, frame)
    X = matrix(where.tables, spine, threads=2)
    aim = Aims.of(where.tables.briefs, spine.brief)
    found = model.score(X, _shares(model, where, spine), aim)
    rules = {name: np.nan_to_num(X[:, NAMES.index(of)], nan=-1.0) for name, of in RULES.items()}
    truth = frame["expected_conversions"].to_numpy(np.float64)
    return Pairs(
        brief=np.unique(frame["brief_id"], return_inverse=True)[1].astype(np.int64),
        expected=truth,
        probability=frame["conversion_probability"].to_numpy(np.float64),
        scores={MODEL: found.expected, **rules, TRUE: truth},
        p=found.probability,
        low=found.low,
        high=found.high,
    )


def _shares(model: Conversion, where: Cut, spine: Spine) -> Floats:
    """Return each pair's fake share; all are of one moment, so each creator is read once."""
    creators, place = np.unique(spine.creator, return_inverse=True)
    alone = Spine.of(creators, int(spine.as_of[0]))
    n = len(creators)
    rows = Rows(
        row_id=[""] * n,
        creator_id=[""] * n,
        group=creators,
        creator=creators,
        as_of=alone.as_of,
        known=alone.as_of,
        X=matrix(where.tables, alone, threads=2),
        samples=distinct(where.tables, alone),
        value=np.zeros(n),
        platform=where.tables.creators.platform[creators],
        share=np.ones(n),
        aim=Aims.of(where.tables.briefs, alone.brief),
    )
    return posterior(model.followers, rows).share[place]


def worth(found: Pairs) -> dict[str, Floats]:
    """Return the true expected conversions of each brief's ten first, by who ranks them."""
    totals = {name: _first(found, score) for name, score in found.scores.items()}
    size = np.bincount(found.brief)
    mean = np.bincount(found.brief, found.expected) / size
    return totals | {RANDOM: mean * np.minimum(size, FIRST)}


def _first(found: Pairs, score: Floats) -> Floats:
    order = np.lexsort((-score, found.brief))
    brief = found.brief[order]
    place = np.arange(len(brief)) - np.searchsorted(brief, brief, side="left")
    taken = order[place < FIRST]
    return np.asarray(np.bincount(found.brief[taken], found.expected[taken]), np.float64)


def ratio(of: Floats, by: Floats) -> Metric:
    """Return how many times another total one is, over the same briefs."""
    figure: Figure = lambda weight: float(weight @ of / (weight @ by))  # noqa: E731
    return told(figure, np.arange(len(of)))
