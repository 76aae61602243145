"""The other worlds really have the mechanism they are named for."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.conversion_few import CUT, few
from benchmarks.conversion_redraw import (
    FALL_DAYS,
    NOTHING,
    Mechanism,
    as_built,
    facts,
    heavy_goals,
    lognormal,
    other_drivers,
    random_goals,
    shifted,
    zero_inflated,
)
from benchmarks.conversion_reports import SLOW, Habits, kept, outcomes
from benchmarks.conversion_scenarios import DROPPED, HIDDEN, missing

END = pd.Timestamp("2026-07-01", tz="UTC")
MECHANISMS = (as_built, lognormal, zero_inflated, shifted, heavy_goals)


@pytest.fixture(scope="module")
def rows(world: Path) -> pd.DataFrame:
    """Return many collaborations: those of the small world, twenty times over."""
    return pd.concat([facts(world)] * 20, ignore_index=True)


def rng() -> np.random.Generator:
    return np.random.default_rng(4)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_goals_are_reached_as_often_as_the_truth_says(
    mechanism: Mechanism, rows: pd.DataFrame
) -> None:
    """Drawn counts reach their goals with the stated chance, and have the stated mean."""
    drawn = mechanism(rows, rng())
    hit = drawn.count >= rows["goal"].to_numpy()
    error = np.sqrt((drawn.chance * (1.0 - drawn.chance)).sum()) / len(rows)
    assert hit.mean() == pytest.approx(drawn.chance.mean(), abs=4.0 * error)
    assert drawn.count.mean() == pytest.approx(drawn.mean.mean(), rel=0.06)
    for part in np.array_split(np.argsort(drawn.chance), 5):
        each = np.sqrt((drawn.chance[part] * (1.0 - drawn.chance[part])).sum()) / len(part)
        assert hit[part].mean() == pytest.approx(drawn.chance[part].mean(), abs=4.0 * each + 1e-3)


def test_other_drivers_are_other(world: Path, rows: pd.DataFrame) -> None:
    """Goals are reached as the truth says, and the built-in mean explains little of the new one."""
    drawn = other_drivers(world)(rows, rng())
    hit = drawn.count >= rows["goal"].to_numpy()
    assert hit.mean() == pytest.approx(drawn.chance.mean(), abs=0.01)
    assert np.corrcoef(np.log(drawn.mean), np.log(rows["mean"]))[0, 1] < 0.75


def test_nearly_a_third_sells_nothing_however_much_is_expected(rows: pd.DataFrame) -> None:
    """Among collaborations that expect much, zeros are the share that sells nothing."""
    many = rows.assign(mean=rows["mean"] + 200.0)
    assert np.mean(zero_inflated(many, rng()).count == 0) == pytest.approx(NOTHING, abs=0.01)


def test_the_level_halves_over_the_last_half_year(rows: pd.DataFrame) -> None:
    """At the end everybody sells half of what the season alone would leave."""
    year = pd.Timedelta(days=365)
    pair = pd.concat([rows.head(1)] * 2, ignore_index=True)
    pair["agreed_at"] = [rows["agreed_at"].max() - year, rows["agreed_at"].max()]
    early, late = shifted(pair, rng()).mean
    assert late / early == pytest.approx(0.5, rel=1e-6)
    assert FALL_DAYS < 365


def test_reports_add_up_to_what_stood_at_day_thirty(world: Path) -> None:
    """Without refunds or mistakes a report at or after day 30 holds at least the whole count."""
    rows = facts(world)
    drawn = as_built(rows, rng())
    old = pd.read_parquet(world / "outcomes.parquet")
    table, stood = outcomes(rows, drawn.count, Habits(), rng(), old=old, end=END)
    assert (stood == drawn.count).all()
    told = table.merge(
        rows.assign(stood=stood)[["collaboration_id", "published_at", "stood"]],
        on="collaboration_id",
    ).dropna(subset=["conversions"])
    age = (told["observed_at"] - told["published_at"]).dt.total_seconds() / 86_400.0
    assert (told["conversions"] >= told["stood"])[age >= 30.0].all()
    assert (told["conversions"] <= told["stood"])[age <= 30.0].all()
    assert len(table) == len(old.drop_duplicates(["collaboration_id", "observed_at"]))


def test_refunds_take_back_the_stated_share_by_day_thirty(rows: pd.DataFrame) -> None:
    """What stands at day 30 is the share of the count that the formula leaves."""
    count = as_built(rows, rng()).count
    old = pd.DataFrame({"collaboration_id": ["none"], "impressions": [1]})
    _, stood = outcomes(rows, count, SLOW, rng(), old=old, end=END)
    assert stood.sum() / count.sum() == pytest.approx(kept(SLOW), abs=0.01)
    assert 1.0 - SLOW.refunded < kept(SLOW) < 1.0


def test_goals_at_random_have_nothing_to_do_with_briefs(world: Path) -> None:
    """They range over 1 to 200, whatever the old ones were."""
    briefs = pd.read_parquet(world / "briefs.parquet")
    goals = random_goals(briefs, rng())["conversion_goal"]
    assert 1 <= goals.min() < 20
    assert 180 < goals.max() <= 200
    assert abs(np.corrcoef(goals, briefs["conversion_goal"])[0, 1]) < 0.2


def test_cells_go_missing_at_the_stated_rate(world: Path, tmp_path: Path) -> None:
    """Nullable cells are null more often by that share, required ones never; rows are lost."""
    made = missing(world, tmp_path / "world", 1).folder
    for name, column, there in (("briefs", "deliverables", 1.0), ("snapshots", "following", None)):
        old, new = (pd.read_parquet(of / f"{name}.parquet")[column] for of in (world, made))
        left = old.notna().mean() if there is None else there
        assert new.notna().mean() == pytest.approx(left * (1.0 - HIDDEN), abs=0.05)
    before, after = (pd.read_parquet(of / "snapshots.parquet") for of in (world, made))
    assert len(after) / len(before) == pytest.approx(1.0 - DROPPED, abs=0.02)
    assert after["followers"].notna().all()


def test_few_campaigns_are_few_before_the_cut(world: Path) -> None:
    """So many briefs and collaborations are agreed and published before it, all others after it."""
    found = few(world, 12, 90, rng())
    rows = found.changed["collaborations"]
    before = rows["agreed_at"] < CUT
    assert before.sum() == 90
    assert rows.loc[before, "brief_id"].nunique() == 12
    assert (rows["published_at"] > rows["agreed_at"]).all()
    briefs = found.changed["briefs"].set_index("brief_id")["created_at"]
    assert (rows["brief_id"].map(briefs) < rows["agreed_at"]).all()
