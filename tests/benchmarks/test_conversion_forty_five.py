"""The columns of the rival: forty-five, and blind to what came later."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.conversion_folders import frames, write
from benchmarks.conversion_forty_five import NAMES, forty_five

WHEN = {
    "snapshots": "observed_at",
    "posts": "posted_at",
    "post_metrics": "observed_at",
    "audience": "observed_at",
    "followers": "observed_at",
    "outcomes": "observed_at",
    "applications": "applied_at",
}


@pytest.fixture(scope="module")
def columns(world: Path) -> pd.DataFrame:
    """Return the columns of the small world."""
    return forty_five(world)


def test_there_are_forty_five(columns: pd.DataFrame) -> None:
    """No more and no fewer, all different, none of them empty."""
    assert tuple(columns.columns) == NAMES
    assert len(set(NAMES)) == 45
    assert columns.notna().any().all()
    assert (columns.nunique() > 1).all()


def test_nothing_later_than_the_agreement_is_used(
    world: Path, tmp_path: Path, columns: pd.DataFrame
) -> None:
    """Without all that became known from some moment on, earlier rows stay what they were."""
    deals = pd.read_parquet(world / "collaborations.parquet")
    moment = deals["agreed_at"].median()
    changed = {
        name: table[table[WHEN[name]] < moment] for name, table in frames(world, WHEN).items()
    }
    early = deals[deals["agreed_at"] <= moment]["collaboration_id"]
    then = forty_five(write(tmp_path / "then", world, changed))
    pd.testing.assert_frame_equal(then.loc[early], columns.loc[early])


def test_history_is_that_of_others_known_before(world: Path, columns: pd.DataFrame) -> None:
    """The first collaboration of a creator has none, and none counts more than went before."""
    deals = pd.read_parquet(world / "collaborations.parquet").sort_values("agreed_at")
    earlier = deals.groupby("creator_id").cumcount().to_numpy()
    known = columns.loc[deals["collaboration_id"], "creator_deals"].to_numpy()
    assert (known <= earlier).all()
    assert np.isnan(columns.loc[deals["collaboration_id"], "creator_mean"][earlier == 0]).all()
