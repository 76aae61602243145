"""What ten creators a brief are worth, and worlds without some of the creators."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.conversion_folders import keeping
from benchmarks.conversion_ranking import FIRST, MODEL, RANDOM, TRUE, Pairs, ratio, worth
from features.reader import read
from training.splits import is_unseen

RNG = np.random.default_rng(2)


def pairs(noise: float) -> Pairs:
    """Return briefs of 5, 10 and 40 creators, ranked by the truth with noise."""
    brief = np.repeat([0, 1, 2], [5, 10, 40])
    expected = RNG.gamma(1.0, 3.0, len(brief))
    score = np.log(expected) + noise * RNG.normal(size=len(brief))
    zeros = np.zeros(len(brief))
    return Pairs(brief, expected, zeros, {MODEL: score, TRUE: expected}, zeros, zeros, zeros)


def test_the_truth_is_the_best_ranking_and_a_brief_takes_ten() -> None:
    """Nobody does better; where ten or fewer could, all rankings are worth the same."""
    found = worth(pairs(noise=2.0))
    assert (found[MODEL] <= found[TRUE] + 1e-9).all()
    assert found[MODEL][2] < found[TRUE][2]
    assert found[MODEL][:2] == pytest.approx(found[TRUE][:2])
    assert found[RANDOM][:2] == pytest.approx(found[TRUE][:2])
    assert found[RANDOM][2] < found[MODEL][2]


def test_the_first_ten_are_those_with_the_highest_scores() -> None:
    """The sum of a brief is that of the ten largest."""
    made = pairs(noise=0.0)
    largest = np.sort(made.expected[made.brief == 2])[-FIRST:]
    assert worth(made)[TRUE][2] == pytest.approx(largest.sum())


def test_a_ratio_of_totals_has_its_interval() -> None:
    """Twice as much everywhere is twice, whichever briefs are drawn."""
    of = RNG.gamma(1.0, 3.0, 50)
    found = ratio(2.0 * of, of)
    assert (found.value, found.low, found.high, found.n) == pytest.approx((2.0, 2.0, 2.0, 50))


def test_a_world_without_some_creators_holds_nothing_of_them(world: Path, tmp_path: Path) -> None:
    """No table names them, nothing is set aside for it, and the others keep all their rows."""
    part = keeping(tmp_path / "part", world, lambda one: not is_unseen([one])[0])
    deals, whole = (pd.read_parquet(of / "collaborations.parquet") for of in (part, world))
    left = ~is_unseen(whole["creator_id"].tolist())
    assert set(deals["collaboration_id"]) == set(whole["collaboration_id"][left])
    read_back, before = read(part), read(world)
    assert not is_unseen(read_back.creators.ids).any()
    assert len(read_back.set_aside) <= len(before.set_aside)
    assert 0 < len(read_back.posts.known) < len(before.posts.known)
