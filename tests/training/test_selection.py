"""The choice behind the rows: the pool, the chances of being chosen, and the support."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import spearmanr

from features.arrays import UNKNOWN_TIME
from features.catalogue import NAMES
from features.tables import Applications, Tables
from models.support import Support
from tests.training.selections import SEEN, drawn
from training import dataset
from training.cards.selection import section
from training.selection.eligible import last_before
from training.selection.overlap import auc_within, overlap
from training.selection.plots import picture
from training.selection.pool import SETTLING, Pool, pool
from training.selection.propensity import COLUMNS, levelled, propensity
from training.selection.report import KEY, Report, selection
from training.selection.support import FLOOR, SHOWN, growth, support_of

OFFER = ("log_fee", "fee_per_thousand_followers", "fee_to_minimum", "compensation_accepted")
SEED = 7


@pytest.fixture(scope="module")
def seen(tables: Tables) -> Pool:
    """Return the pool of the small world."""
    return pool(tables, tables.latest + 1, SEED)


def test_a_brief_is_looked_at_before_its_first_agreement(tables: Tables, seen: Pool) -> None:
    """One moment for all of a brief: its first agreement, which had settled by then."""
    deals = tables.collaborations
    for brief in np.unique(seen.brief).tolist():
        moments = np.unique(seen.as_of[seen.brief == brief])
        assert moments.tolist() == [deals.agreed[deals.brief == brief].min()]
    assert seen.as_of.max() < tables.latest + 1 - SETTLING


def test_the_pool_holds_everybody_once(tables: Tables, seen: Pool) -> None:
    """All of a brief's chosen and applicants are there, none twice, and others beside them."""
    pairs = set(zip(seen.brief.tolist(), seen.creator.tolist(), strict=True))
    assert len(pairs) == len(seen)
    asked, briefs = tables.applications, set(seen.brief.tolist())
    owner = np.repeat(np.arange(len(asked.offsets) - 1), np.diff(asked.offsets))
    named = set(zip(asked.brief.tolist(), owner.tolist(), strict=True))
    assert {pair for pair in named if pair[0] in briefs} <= pairs
    assert (~seen.applied).sum() > 0
    assert not (seen.chosen & ~seen.applied).any()
    deals = tables.collaborations
    assert (deals.brief[seen.deal[seen.chosen]] == seen.brief[seen.chosen]).all()
    assert (deals.creator[seen.deal[seen.chosen]] == seen.creator[seen.chosen]).all()


def test_others_are_eligible_and_stand_for_more(tables: Tables, seen: Pool) -> None:
    """Who was drawn is not known to be outside the follower range, and stands for others too."""
    other = ~seen.applied
    assert not (seen.X[other, NAMES.index("in_follower_range")] == 0.0).any()
    assert (seen.weight[~other] == 1.0).all()
    assert seen.weight[other].mean() > 1.0
    assert seen.weight[other].max() <= len(tables.creators.ids)


def test_nothing_offered_is_looked_at(seen: Pool) -> None:
    """Fees and compensation, which only the chosen have, are unknown for everybody and unused."""
    assert np.isnan(seen.X[:, [NAMES.index(name) for name in OFFER]]).all()
    assert not {*OFFER, "pays_money"} & {*COLUMNS}


def test_what_is_known_later_changes_nothing(tables: Tables) -> None:
    """Applications after the moment are as if they were not there."""
    moment = int(np.quantile(tables.collaborations.agreed, 0.7))
    asked = tables.applications
    later = asked.known >= moment
    assert later.any()
    gone = replace(asked, known=np.where(later, UNKNOWN_TIME - 1, asked.known))
    first, again = (pool(replace(tables, applications=one), moment, SEED) for one in (asked, gone))
    assert first.creator.tolist() == again.creator.tolist()
    assert first.X.tobytes() == again.X.tobytes()


def test_without_applications_there_is_one_stage(tables: Tables) -> None:
    """The chosen are compared with other eligible creators, and nobody applied."""
    alone = replace(tables, applications=Applications.empty(len(tables.creators.ids)))
    found = pool(alone, tables.latest + 1, SEED, most=600)
    assert not found.applied.any()
    assert found.chosen.any()
    assert (~found.chosen).any()
    chance = propensity(found, SEED)
    assert (chance.applying == 1.0).all()
    assert chance.chosen[found.chosen].mean() > chance.chosen[~found.chosen].mean()


def test_fewer_briefs_are_drawn_whole(tables: Tables, seen: Pool) -> None:
    """A smaller pool holds some of the briefs, each with all of its applicants."""
    few = pool(tables, tables.latest + 1, SEED, most=300)
    assert few.applied.sum() < 400
    for brief in np.unique(few.brief).tolist():
        assert few.applied[few.brief == brief].sum() == seen.applied[seen.brief == brief].sum()


def test_last_row_before_a_moment() -> None:
    """Rows known at the moment itself are not before it; an owner without rows has none."""
    known, offsets = np.array([10, 20, 20, 5]), np.array([0, 3, 3, 4])
    owner, at = np.array([0, 0, 0, 0, 1, 2]), np.array([10, 11, 20, 21, 99, 5])
    assert last_before(known, offsets, owner, at).tolist() == [-1, 0, 0, 2, -1, -1]


def test_chances_of_a_known_choice_are_found() -> None:
    """Propensities follow the chances, with the slope of calibrated ones."""
    found, chance = drawn()
    said = propensity(found, SEED).chosen
    for brief in range(20):  # among themselves; how many a brief takes moves them all
        rows = found.brief == brief
        assert spearmanr(said[rows], chance[rows]).statistic > 0.9
    listed = found.take(found.applied)
    told = overlap(said[found.applied], listed.chosen, listed.weight, listed.brief)
    assert told is not None
    assert 0.8 < told.slope < 1.25
    assert told.auc > 0.75


def test_each_brief_takes_as_many_as_it_took() -> None:
    """Chances sum to the chosen of each brief, weighted ones of applying to its applicants."""
    found, _ = drawn()
    said = propensity(found, SEED)
    chosen = np.bincount(found.brief, said.chosen * found.applied)
    assert chosen == pytest.approx(np.bincount(found.brief, found.chosen), abs=0.01)
    applying = np.bincount(found.brief, said.applying * found.weight)
    assert applying == pytest.approx(np.bincount(found.brief, found.applied), abs=0.01)


def test_levelling_by_hand() -> None:
    """Two equal rows of which one is taken have one chance in two; all taken is certain, nearly."""
    found = levelled(np.zeros(4), np.array([0, 0, 1, 1]), np.ones(4), np.array([0.5, 1.0]))
    assert found.tolist() == pytest.approx([0.5, 0.5, 0.9999, 0.9999])


def test_a_choice_at_random_shows_as_one() -> None:
    """Where no column matters the AUC is about a half, however many each brief takes."""
    found, _ = drawn(pull=0.0)
    listed = found.take(found.applied)
    said = propensity(found, SEED).chosen[found.applied]
    told = overlap(said, listed.chosen, listed.weight, listed.brief)
    assert told is not None
    assert told.auc == pytest.approx(0.5, abs=0.06)


def test_auc_is_among_rivals() -> None:
    """Pairs of one brief count: one of two is right, and another brief's tie counts a half."""
    brief, chosen = np.array([1, 1, 1, 2, 2]), np.array([True, False, False, True, False])
    chance = np.array([0.5, 0.9, 0.1, 0.3, 0.3])
    assert auc_within(chance, chosen, np.ones(5), brief) == pytest.approx(1.5 / 3.0)
    assert np.isnan(auc_within(chance[:1], chosen[:1], np.ones(1), brief[:1]))


def test_support_is_narrower_where_brands_choose() -> None:
    """Creators whom brands avoid lie deeper, and beyond all chosen ones they are outside."""
    found, _ = drawn(pull=3.0)
    support = support_of(found)
    X = np.repeat(found.X[:1], 3, axis=0)
    X[:, NAMES.index("log_followers")] = 4.5
    X[:, NAMES.index(SEEN)] = (1.0, -2.0, -9.0)
    depth = support.depth(X)
    assert depth[0] == 0.0
    assert depth[0] < depth[1] < depth[2]
    assert support.judged(X).tolist() == [True, False, False]
    assert support.rise == FLOOR
    assert support.judged(found.X[found.chosen]).mean() > 0.95


def test_support_leaves_the_past_to_the_pools() -> None:
    """Earlier collaborations and the brief's range are none of its columns."""
    assert not [name for name in SHOWN if name.startswith(("prior_", "rival_", "in_"))]


def test_few_rows_give_no_support() -> None:
    """With fewer than a hundred chosen nothing is known, and nothing widens."""
    found, _ = drawn(briefs=10)
    assert support_of(found).numbers() == Support.none().numbers()


def test_tables_without_a_collaboration_give_no_support() -> None:
    """Where nobody was ever chosen the pool is empty, and nothing widens."""
    assert len(pool(Tables.empty(), 10**15, SEED)) == 0
    found = selection(Tables.empty(), 10**15, None, SEED)
    assert found.support.numbers() == Support.none().numbers()
    assert found.report is None
    assert found.settings() == {}


@pytest.mark.parametrize("slope", [0.0, 0.6])
def test_growth_of_errors_is_measured(slope: float) -> None:
    """Counts whose log mean is off with a variance that grows give back how fast it grows."""
    random = np.random.default_rng(8)
    n = 40_000
    distance, mean = random.uniform(0.0, 1.0, n), random.uniform(2.0, 30.0, n)
    variance = 0.2 + slope * distance
    factor = random.gamma(1.0 / variance, variance)  # mean 1, relative variance as asked
    found = growth(distance, random.poisson(mean * factor).astype(np.float64), mean)
    assert found == pytest.approx(slope, abs=0.1)


def test_the_card_says_whom_the_model_may_speak_about(tables: Tables) -> None:
    """The facts survive as a setting, and the section tells share, stages and traits."""
    rows = dataset.collaborations(tables, tables.latest + 1)
    found = selection(tables, tables.latest + 1, rows, SEED, rows.value + 0.5)
    assert found.report is not None
    text = found.settings()[KEY]
    assert len(text) < 6000  # what the registry takes as one parameter
    assert Report.from_text(text).text() == text
    told = section(found.settings())
    assert f"**{found.report.outside:.1%} of the eligible are outside**" in told
    assert "applied, out of the eligible" in told
    assert section({}) == ""


def test_the_picture_is_equal_for_equal_pools() -> None:
    """The overlap is drawn as a PNG, byte for byte the same."""
    found, _ = drawn(briefs=40)
    first, again = (picture(found, propensity(found, SEED), "toy") for _ in range(2))
    assert first.startswith(b"\x89PNG")
    assert first == again


def test_the_world_knows_what_every_applicant_would_bring(world: Path) -> None:
    """The truth has a chance for each application, near the collaboration's where it was chosen."""
    truth = pq.read_table(world / "truth" / "applications.parquet").to_pandas()
    asked = pq.read_table(world / "applications.parquet").to_pandas()
    keys = ["brief_id", "creator_id"]
    assert (truth[keys].to_numpy() == asked[keys].to_numpy()).all()
    assert (truth["as_of"] == asked["applied_at"]).all()
    deals = pq.read_table(world / "collaborations.parquet").to_pandas()
    true = pq.read_table(world / "truth" / "collaborations.parquet").to_pandas()
    both = deals.merge(true, on="collaboration_id").merge(truth, on=keys, suffixes=("", "_asked"))
    assert len(both) == len(deals)
    ratio = both["expected_conversions"] / both["expected_conversions_asked"]
    assert ratio.median() == pytest.approx(1.0, abs=0.05)
