"""Figures for all whom brands chose from: the cases they are made of, and three estimates."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.arrays import Floats
from features.catalogue import NAMES
from features.tables import Tables
from tests.training.selections import SEEN, drawn
from training.labels import mature
from training.selection.cases import Case, case, truth
from training.selection.estimates import (
    DOUBLY_ROBUST,
    ESTIMATORS,
    NAIVE,
    PICKS,
    SNIPS,
    Estimate,
    Quantity,
    estimate,
    picks,
    plain,
    quantities,
)
from training.selection.pool import pool
from training.selection.propensity import Propensity, propensity
from training.selection.report import stages
from training.selection.weighted import naive

SEED = 7
P = arrays(np.float64, 12, elements=st.floats(0.01, 0.99))


def toy(*, applications: bool = True) -> tuple[Case, Floats]:
    """Return a choice by a column that conversions rise with, and what everybody would bring."""
    seen, _ = drawn(600, applications=applications)
    brings = 3.0 + seen.X[:, NAMES.index(SEEN)]
    noise = np.random.default_rng(6).normal(size=len(seen))
    count = np.where(seen.chosen, brings + noise, np.nan)
    found = Case(
        seen=seen, chance=propensity(seen, SEED), count=count, goal=np.full(len(seen), 3.0)
    )
    return found, brings


def small(count: Floats) -> Case:
    """Return as many pairs of a pool with these conversions; the goal is two."""
    seen, _ = drawn(1, len(count))
    chance = Propensity(np.ones(len(count)), np.full(len(count), 0.5))
    return Case(seen=seen, chance=chance, count=count, goal=np.full(len(count), 2.0))


def test_a_case_holds_the_outcomes_of_its_briefs(tables: Tables) -> None:
    """Counts are the labels of the chosen, and each brief has one; nobody else has any."""
    as_of = tables.latest + 1
    found = case(tables, pool(tables, as_of, SEED), as_of, SEED)
    labels = mature(tables, as_of)
    label = dict(zip(labels.rows.tolist(), labels.count.tolist(), strict=True))
    for deal, count in zip(found.seen.deal.tolist(), found.count.tolist(), strict=True):
        assert label.get(deal, -1.0) == (-1.0 if np.isnan(count) else count)
    known = ~np.isnan(found.count)
    assert known.any()
    assert set(found.seen.brief[known].tolist()) == set(found.seen.brief.tolist())
    assert found.goal.tolist() == tables.briefs.goal[found.seen.brief].tolist()


def test_a_pool_may_end_before_the_tables(tables: Tables) -> None:
    """Briefs whose first agreement is at `stop` or later are not there, all others are."""
    as_of = tables.latest + 1
    whole = pool(tables, as_of, SEED)
    stop = int(np.quantile(whole.as_of, 0.5))
    found = pool(tables, as_of, SEED, stop=stop)
    assert set(found.brief.tolist()) == set(whole.brief[whole.as_of < stop].tolist())


def test_brands_chose_from_the_applicants_or_from_everybody() -> None:
    """Where nobody is known to have applied, the population is all that were eligible."""
    found, _ = toy()
    assert found.open().seen.creator.tolist() == found.seen.creator[found.seen.applied].tolist()
    alone, _ = toy(applications=False)
    assert len(alone.open()) == len(alone)
    assert set(stages(alone.seen, alone.chance)) == {"overall"}
    assert set(stages(found.seen, found.chance)) == {"applying", "chosen", "overall"}


def test_quantities_by_hand() -> None:
    """Three conversions reach a goal of two, one does not, and of the third nobody knows."""
    p = np.array([0.8, 0.4, 0.5])
    found = quantities(small(np.array([3.0, 1.0, np.nan])), p, p * 5.0, (p, p))
    assert found["reached"].came[:2].tolist() == [1.0, 0.0]
    assert found["brier"].came[:2].tolist() == pytest.approx([0.04, 0.16])
    assert found["log_loss"].came[:2].tolist() == pytest.approx([-np.log(0.8), -np.log(0.6)])
    assert found["conversions"].expected.tolist() == pytest.approx([4.0, 2.0, 2.5])
    assert all(np.isnan(one.came[2]) for one in found.values())


@given(p=P)
def test_a_right_model_expects_its_true_losses(p: Floats) -> None:
    """Where the model's chances are the true ones, what it expects is what is true."""
    found = quantities(small(np.full(len(p), np.nan)), p, p, (p, p))
    for one in found.values():
        assert one.expected == pytest.approx(one.true)


@pytest.mark.parametrize("applications", [True, False])
def test_a_choice_by_what_columns_show_is_undone(applications: bool) -> None:
    """Naively the chosen's mean stands far too high; the weighted estimates are near the truth."""
    whole, brings = toy(applications=applications)
    found = whole.open()
    true = brings[whole.seen.applied] if applications else brings
    told = estimate(found, Quantity(found.count, np.full(len(found), 3.0), true), SEED)
    assert told.truth is not None
    assert told.truth == pytest.approx(np.average(true, weights=found.seen.weight))
    values = {name: told.by[name].metric.value or 0.0 for name in ESTIMATORS}
    off = {name: abs(one - told.truth) for name, one in values.items()}
    assert off[NAIVE] > 0.4
    for name in (SNIPS, DOUBLY_ROBUST):
        assert told.nearer(name)
        assert off[name] < off[NAIVE] / 3.0
        assert 1.0 <= told.by[name].effective <= told.by[name].metric.n
    assert told.by[NAIVE].effective == pytest.approx(told.by[NAIVE].metric.n)


def test_without_a_truth_nothing_is_nearer() -> None:
    """One unknown chance leaves the truth of all unknown."""
    found = toy()[0].open()
    true = np.ones(len(found))
    true[0] = np.nan
    told = estimate(found, Quantity(found.count, np.ones(len(found)), true), SEED)
    assert told.truth is None
    assert told.nearer(SNIPS) is None


@pytest.mark.parametrize(("values", "nearer"), [((2.0, 1.0), True), ((2.0, 5.0), False)])
def test_nearer_by_hand(values: tuple[float, float], nearer: bool) -> None:
    """The truth is zero, so the smaller one is nearer."""
    plainly, other = (naive(np.full(3, one), np.arange(3), SEED) for one in values)
    assert Estimate({NAIVE: plainly, SNIPS: other}, 0.0).nearer(SNIPS) is nearer


def test_policies_are_by_columns_that_brands_see() -> None:
    """The best of each brief by engagement rate have the highest, and so bring the most here."""
    found = toy()[0].open()
    score = plain(found)["engagement_rate"]
    picked = picks(found, score) > 0.0
    assert score.tolist() == found.seen.X[:, NAMES.index(SEEN)].tolist()
    assert np.bincount(found.seen.brief, picked).max() == PICKS
    assert score[picked].mean() > score[~picked].mean() + 1.0


def test_the_truth_is_that_of_the_applicants(tables: Tables, world: Path) -> None:
    """Each applicant's own chance; unknown of those who did not apply, and without a world."""
    seen = pool(tables, tables.latest + 1, SEED)
    chances, means = truth(world, tables, seen)
    told = pq.read_table(world / "truth" / "applications.parquet").to_pylist()
    known = {(one["brief_id"], one["creator_id"]): one["conversion_probability"] for one in told}
    pairs = zip(seen.brief.tolist(), seen.creator.tolist(), strict=True)
    names = [(tables.briefs.ids[b], tables.creators.ids[c]) for b, c in pairs]
    expected = np.array([known.get(name, np.nan) for name in names])
    assert np.array_equal(chances, expected, equal_nan=True)
    assert (np.isnan(means) == ~seen.applied).all()
    assert all(np.isnan(one).all() for one in truth(world / "truth", tables, seen))


def test_a_case_without_a_brief_is_empty(tables: Tables) -> None:
    """Nothing fails where no brief had chosen."""
    seen = pool(tables, 1, SEED)
    found = case(tables, seen, 1, SEED)
    assert len(found) == len(found.open()) == 0
