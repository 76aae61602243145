"""The simulated world as a whole: reproducible, in the documented shape, free of bad rows."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.reader import read
from training.world import World, build, simulate
from training.world.schemas import TABLES, TRUTH

END = np.datetime64("2026-07-01T00:00:00", "us")


@pytest.fixture(scope="module")
def small() -> World:
    return simulate(creators=80, seed=11)


def column(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    return np.asarray(table[name].to_numpy(zero_copy_only=False))


def test_equal_arguments_give_equal_bytes(tmp_path: Path) -> None:
    """The same arguments give the same files, byte for byte."""
    for name in ("a", "b"):
        build(tmp_path / name, creators=40, seed=5)
    written = sorted(
        path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.parquet")
    )
    assert len(written) == len(TABLES) + len(TRUTH)
    for path in written:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes()


def test_another_seed_gives_another_world(small: World) -> None:
    """Seeds matter."""
    other = simulate(creators=80, seed=12)
    assert not other.tables["snapshots"].equals(small.tables["snapshots"])


def test_tables_have_the_documented_columns(small: World) -> None:
    """Every table has exactly its columns and types, and rows."""
    assert {name: table.schema for name, table in small.tables.items()} == TABLES
    assert {name: table.schema for name, table in small.truth.items()} == TRUTH
    assert all(len(table) for table in (*small.tables.values(), *small.truth.values()))


def test_no_row_is_set_aside(small: World, tmp_path: Path) -> None:
    """The reader keeps every row, and collapses only the few reports sent twice."""
    build(tmp_path, creators=80, seed=11)
    tables = read(tmp_path)
    assert not tables.set_aside
    assert {name for name, count in tables.counts.items() if count.collapsed} <= {"outcomes"}


def test_nothing_is_known_after_the_end(small: World) -> None:
    """No observation lies at or after the fixed end of the history."""
    known_at = {"posts": "posted_at", "briefs": "created_at", "applications": "applied_at"}
    for name, table in small.tables.items():
        at = known_at.get(name, "agreed_at" if name == "collaborations" else "observed_at")
        if at in table.column_names:
            times = table[at].cast(pa.int64()).drop_null().to_numpy()
            assert times.max() < END.astype(np.int64), name


def test_there_are_five_collaborations_a_creator(small: World) -> None:
    """Collaborations scale with creators, and some are never published."""
    deals = small.tables["collaborations"]
    assert len(deals) == 400
    assert 0 < deals["published_at"].null_count < 100


def test_held_out_briefs_found_nobody(small: World) -> None:
    """The 200 briefs with a truth for every eligible creator have no application."""
    held_out = set(small.truth["briefs"]["brief_id"].to_pylist())
    asked = small.tables["briefs"]
    taken = set(small.tables["applications"]["brief_id"].to_pylist())
    alone = set(asked["brief_id"].to_pylist()) - taken
    assert len(alone) == 200
    assert held_out <= alone
    assert not taken & held_out


def test_truth_covers_every_collaboration(small: World) -> None:
    """Each collaboration has a probability and a positive mean."""
    truth = small.truth["collaborations"]
    assert truth["collaboration_id"].equals(small.tables["collaborations"]["collaboration_id"])
    chance, mean = (column(truth, name) for name in truth.column_names[1:])
    assert ((chance >= 0) & (chance <= 1) & (mean > 0)).all()


def test_unknown_is_null_somewhere_in_every_optional_kind(small: World) -> None:
    """Insights, breakdowns, samples, prices and fees are missing for some, not for all."""
    for name, columns in {
        "post_metrics": ("likes", "impressions", "saves", "views"),
        "followers": ("bio_length", "has_profile_pic"),
        "brands": ("average_order_value",),
        "briefs": ("category", "target_genders", "followers_min"),
        "collaborations": ("fee", "published_at"),
        "snapshots": ("following",),
    }.items():
        table = small.tables[name]
        for each in columns:
            assert 0 < table[each].null_count < len(table), (name, each)
    creators = len(small.tables["creators"])
    for name in ("audience", "followers", "audits"):
        assert 0 < len(set(small.tables[name]["creator_id"].to_pylist())) < creators


def test_written_tables_read_back(small: World, tmp_path: Path) -> None:
    """What build writes is what simulate returns."""
    build(tmp_path, creators=80, seed=11)
    for name, table in small.tables.items():
        assert pq.read_table(tmp_path / f"{name}.parquet").equals(table), name


@pytest.mark.parametrize(("creators", "months"), [(19, 18), (80, 5)])
def test_too_small_a_world_is_refused(creators: int, months: int) -> None:
    """Too few creators or months are an error that says how many are needed."""
    with pytest.raises(ValueError, match="at least"):
        simulate(creators=creators, seed=1, months=months)


def test_history_can_be_shorter() -> None:
    """Six months of history end at the same moment and still mature some outcomes."""
    world = simulate(creators=40, seed=2, months=6)
    first = world.tables["snapshots"]["observed_at"].cast(pa.int64()).to_numpy().min()
    assert first >= np.datetime64("2026-01-01T00:00:00", "us").astype(np.int64)
    assert len(world.tables["outcomes"]) > 0
