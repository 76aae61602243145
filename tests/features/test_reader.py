import warnings
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.arrays import UNKNOWN_TIME
from features.errors import InputError, UnknownColumnWarning
from features.reader import read
from features.rows import from_rows
from features.schema import TABLES
from features.tables import Tables
from tests.features.raw_rows import (
    Rows,
    arrays_differ,
    arrow_table,
    differences,
    drawn_rows,
    folder_of,
    rows_of,
    write_csv,
    write_parquet,
)


@given(rows=drawn_rows())
@settings(max_examples=15)
def test_parquet_csv_and_rows_agree(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The same rows give the same arrays, counts and broken rules from any form."""
    folder = tmp_path_factory.mktemp("rows")

    direct = from_rows(rows)
    parquet = read(write_parquet(rows, folder / "parquet"))
    csv = read(write_csv(rows, folder / "csv"))

    rules = [(bad.table, bad.rule, bad.reason) for bad in direct.set_aside]
    assert arrays_differ(direct, parquet) == []
    assert arrays_differ(direct, csv) == []
    assert [(bad.table, bad.rule, bad.reason) for bad in parquet.set_aside] == rules
    assert [(bad.table, bad.rule, bad.reason) for bad in csv.set_aside] == rules


@given(rows=drawn_rows(), random=st.randoms(use_true_random=False))
def test_row_order_is_irrelevant(rows: Rows, random: Random) -> None:
    """Rows in another order give the same arrays bit for bit."""
    shuffled = {name: random.sample(some, len(some)) for name, some in rows.items()}

    assert arrays_differ(from_rows(rows), from_rows(shuffled)) == []


@given(rows=drawn_rows())
def test_every_row_is_accounted_for(rows: Rows) -> None:
    """Rows read = rows standing + collapsed + set aside."""
    tables = from_rows(rows)

    read_, standing = tables.counts["snapshots"], len(tables.snapshots.known)
    assert read_.read == len(rows["snapshots"])
    assert read_.read == standing + read_.collapsed + read_.set_aside
    read_, standing = tables.counts["followers"], len(tables.followers.known)
    assert read_.read == standing + read_.set_aside
    assert sum(count.set_aside for count in tables.counts.values()) == len(tables.set_aside)


@given(rows=drawn_rows())
@settings(max_examples=10)
def test_row_groups_are_one_table(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Parquet in row groups of three rows gives the same arrays and tells of the same bad rows."""
    whole = write_parquet(rows, tmp_path_factory.mktemp("whole"))
    split = tmp_path_factory.mktemp("split")
    for path in whole.iterdir():
        pq.write_table(pq.read_table(path), split / path.name, row_group_size=3)

    tables = read(split)

    assert arrays_differ(tables, read(whole)) == []
    assert tables.set_aside == read(whole).set_aside
    assert tables.counts == read(whole).counts


def test_parts_are_one_table(tmp_path: Path) -> None:
    """A folder of Parquet parts, whatever their integer widths and columns, is one table."""
    rows = rows_of(3, 30)
    whole = read(write_parquet(rows, tmp_path / "whole"))
    folder = write_parquet(rows, tmp_path / "parts")
    table = arrow_table(TABLES["snapshots"], rows["snapshots"])
    (folder / "snapshots.parquet").unlink()
    (folder / "snapshots").mkdir()
    pq.write_table(table.slice(5), folder / "snapshots" / "part-1.parquet")
    first = table.slice(0, 5).set_column(0, "creator_id", table["creator_id"].slice(0, 5))
    pq.write_table(first, folder / "snapshots" / "part-0.parquet")

    parts = read(folder)

    assert arrays_differ(whole, parts) == []
    assert [bad.key for bad in whole.set_aside] == [bad.key for bad in parts.set_aside]


def test_a_column_may_be_absent_from_a_part(tmp_path: Path) -> None:
    """An optional column is null in the parts that lack it."""
    folder = folder_of(tmp_path)
    (folder / "audits").mkdir()
    times = pa.array([1, 2], pa.timestamp("us", "UTC"))
    for part, column in enumerate(({}, {"source": ["lab"]})):
        cells = {"creator_id": ["a"], "observed_at": times[part : part + 1], "fake_share": [0.5]}
        pq.write_table(pa.table({**cells, **column}), folder / "audits" / f"{part}.parquet")

    assert read(folder).audits.known.tolist() == [1, 2]


def test_maps_and_places_of_parts(tmp_path: Path) -> None:
    """Maps of several parts are joined, and a bad row is named by its place in its part."""
    folder = folder_of(tmp_path)
    rows = rows_of(5, 40)["briefs"]
    (folder / "briefs").mkdir()
    (folder / "accounts").mkdir()
    briefs = arrow_table(TABLES["briefs"], rows)
    for part in range(2):
        some = briefs.slice(part * 10, 10 + 90 * part)
        pq.write_table(some, folder / "briefs" / f"{part}.parquet")
        account = {"source": "s", "platform": "x", "followers": 1, "following": 1, "posts": 1}
        table = arrow_table(TABLES["accounts"], [{**account, "is_fake": [True, None][part]}])
        pq.write_table(table, folder / "accounts" / f"{part}.parquet")

    tables = read(folder)

    assert differences(tables.briefs, from_rows({"creators": [], "briefs": rows}).briefs) == []
    assert [bad.key for bad in tables.set_aside if not bad.brief_id][-1] == "row 1 of 1.parquet"


def test_absent_tables_are_empty(tmp_path: Path) -> None:
    """Every table may be absent but creators; offsets still have their creators."""
    tables = read(folder_of(tmp_path))

    assert tables.creators.ids == ["a"]
    assert tables.posts.offsets.tolist() == [0, 0]
    assert tables.briefs.ids == []
    assert tables.present == {"creators"}
    assert tables.latest == UNKNOWN_TIME


def test_latest_is_the_last_observation_of_a_standing_row(tmp_path: Path) -> None:
    """Rows that are set aside do not move the latest observation."""
    snapshots = (
        "creator_id,observed_at,followers\n"
        "a,1970-01-01T00:00:01Z,5\n"
        "a,2030-01-01T00:00:00Z,-5\n"
        "b,2031-01-01T00:00:00Z,5\n"
    )

    assert read(folder_of(tmp_path, snapshots=snapshots)).latest == 1_000_000


def test_hashes_are_those_of_the_bytes(tmp_path: Path) -> None:
    """A table's hash changes with its bytes and with nothing else."""
    one = read(folder_of(tmp_path)).hashes
    again = read(folder_of(tmp_path)).hashes
    other = read(folder_of(tmp_path, creators="creator_id,platform\nb,x\n")).hashes

    assert one == again
    assert set(one) == {"creators"}
    assert one != other


def test_only_some_tables(tmp_path: Path) -> None:
    """Tables that are not asked for count as absent, also for references."""
    folder = folder_of(tmp_path, posts="broken", post_metrics="post_id,observed_at\n")

    assert read(folder, only={"post_metrics"}).present == {"creators", "post_metrics"}


def test_unknown_columns_are_ignored_with_one_warning(tmp_path: Path) -> None:
    """All unknown columns of a table are named in one warning."""
    folder = folder_of(tmp_path, creators="creator_id,handle,platform,mood\na,@a,x,\n")

    with pytest.warns(UnknownColumnWarning, match="'handle', 'mood'") as caught:
        tables = read(folder)

    assert len(caught) == 1
    assert tables.creators.ids == ["a"]


def test_ids_of_digits_stay_text(tmp_path: Path) -> None:
    """Leading zeros of an id in CSV survive."""
    folder = folder_of(tmp_path, creators="creator_id,platform\n007,x\n7,x\n")

    assert read(folder).creators.ids == ["007", "7"]


def test_audience_values_by_dimension(tmp_path: Path) -> None:
    """Countries are coded by their letters, genders and ages by their place."""
    audience = "creator_id,observed_at,dimension,value,share\n" + "".join(
        f"a,2026-01-01T00:00:00Z,{dimension},{value},.5\n"
        for dimension, value in [("age", "65+"), ("country", "ID"), ("gender", "male")]
    )

    found = read(folder_of(tmp_path, audience=audience)).audience

    assert found.dimension.tolist() == [0, 1, 2]
    assert found.value.tolist() == [26 * 8 + 3, 1, 6]


def test_brands_complete_their_briefs(tmp_path: Path) -> None:
    """A brief without a category has its brand's; an unknown brand is a new brand."""
    brands = (
        "brand_id,category,country,average_order_value,observed_at\n"
        "n,Food,DE,40,1970-01-01T00:00:01Z\n"
    )
    briefs = (
        "brief_id,brand_id,created_at,category,target_countries,deliverables\n"
        'b1,n,2026-01-01T00:00:00Z,,"{""US"": 1, ""DE"": 3}","{""reel"": 2, ""story"": 1}"\n'
        "b2,n,2026-01-01T00:00:00Z,cars,,2\n"
        "b3,new,2026-01-01T00:00:00Z,,,\n"
    )

    found = read(folder_of(tmp_path, brands=brands, briefs=briefs)).briefs

    assert found.category[0] != 0
    assert found.category[1] not in (0, found.category[0])
    assert found.category[2] == 0
    np.testing.assert_array_equal(found.order_value, [40, 40, np.nan])
    assert found.order_value_known.tolist() == [1_000_000, 1_000_000, UNKNOWN_TIME]
    np.testing.assert_array_equal(found.deliverables, [3, 2, np.nan])
    assert found.goal.tolist() == [1, 1, 1]
    assert found.target_offsets.tolist() == [0, 2, 2, 2]
    assert found.target_value.tolist() == [26 * 3 + 4, 26 * 20 + 18]
    assert found.target_weight.tolist() == [3, 1]


def test_a_collaboration_is_known_with_its_brief(tmp_path: Path) -> None:
    """A collaboration is known from the later of its agreement and its brief's creation on."""
    briefs = "brief_id,brand_id,created_at\nb,n,1970-01-01T00:00:09Z\n"
    collaborations = "collaboration_id,brief_id,creator_id,agreed_at\nk,b,a,1970-01-01T00:00:05Z\n"
    folder = folder_of(tmp_path, briefs=briefs, collaborations=collaborations)

    found = read(folder).collaborations

    assert found.known.tolist() == [9_000_000]
    assert found.agreed.tolist() == [5_000_000]
    assert read(folder, only={"collaborations"}).collaborations.brief.tolist() == [-1]


def test_samples_are_numbered_by_their_first_row(tmp_path: Path) -> None:
    """A sample is a sample_id, or a UTC day where there is none."""
    followers = "creator_id,observed_at,followers,following,posts,sample_id\n" + "".join(
        f"a,{time}Z,{count},1,1,{sample}\n"
        for count, time, sample in [
            (1, "2026-01-03T00:00:00", ""),
            (2, "2026-01-03T23:59:59", ""),
            (3, "2026-01-04T00:00:00", ""),
            (4, "2026-01-01T00:00:00", "s"),
            (5, "2026-01-09T00:00:00", "s"),
            (6, "2026-01-02T00:00:00", "r"),
        ]
    )

    found = read(folder_of(tmp_path, followers=followers)).followers

    assert found.values[:, 0].tolist() == [4, 5, 6, 1, 2, 3]
    assert found.sample.tolist() == [0, 0, 1, 2, 2, 3]


def test_missing_folder(tmp_path: Path) -> None:
    """A folder that is not there is named, with the remedy."""
    with pytest.raises(InputError, match=r"nowhere: no such folder\. Give a folder"):
        read(tmp_path / "nowhere")


def test_missing_creators(tmp_path: Path) -> None:
    """Only creators must be there."""
    with pytest.raises(InputError, match=r"holds no table creators\. Add creators\.parquet"):
        read(tmp_path)


def test_a_table_twice(tmp_path: Path) -> None:
    """A table that is there as CSV and Parquet is refused, not chosen."""
    folder = folder_of(tmp_path)
    pq.write_table(pa.table({"creator_id": ["a"], "platform": ["x"]}), folder / "creators.parquet")

    with pytest.raises(InputError, match=r"creators\.parquet and creators\.csv"):
        read(folder)


def test_a_folder_without_parts(tmp_path: Path) -> None:
    """A table's folder that holds no part is refused."""
    folder = folder_of(tmp_path)
    (folder / "posts").mkdir()

    with pytest.raises(InputError, match=r"has no part \*\.parquet"):
        read(folder)


def test_a_missing_column(tmp_path: Path) -> None:
    """A required column that is missing stops the run."""
    folder = folder_of(tmp_path, snapshots="creator_id,observed_at\n")

    with pytest.raises(InputError, match=r"no column 'followers', which snapshots requires"):
        read(folder)


def test_a_column_twice(tmp_path: Path) -> None:
    """A column that stands twice stops the run."""
    folder = folder_of(tmp_path, creators="creator_id,platform,platform\na,x,x\n")

    with pytest.raises(InputError, match="'platform' more than once"):
        read(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("posts.parquet", b"PAR1 is not enough"),
        ("posts.parquet", b""),
        ("posts.csv", b"post_id,creator_id,posted_at\np,a\n"),
        ("posts.csv", b"post_id,creator_id,posted_at\n\xff,a,2026-01-01T00:00:00Z\n"),
        ("posts.csv", b"\xff\xfe"),
        ("posts.csv", b""),
    ],
)
def test_an_unreadable_file(tmp_path: Path, name: str, content: bytes) -> None:
    """A file that is cut off or of another format is named."""
    folder = folder_of(tmp_path)
    (folder / name).write_bytes(content)

    with pytest.raises(InputError, match=rf"{name} cannot be read as (CSV|Parquet): "):
        read(folder)


def test_strict_stops_at_the_first_bad_row(tmp_path: Path) -> None:
    """Strictly read, the first row that breaks a rule raises with place, value and remedy."""
    snapshots = "creator_id,observed_at,followers\na,2026-01-01T00:00:00Z,1\n"
    folder = folder_of(tmp_path, snapshots=snapshots + "a,2026-01-02T00:00:00Z,-4\n")

    with pytest.raises(InputError, match=r"row 2 of snapshots\.csv: followers .* \"-4\"") as error:
        read(folder, strict=True)

    assert (error.value.table, error.value.column, error.value.row) == ("snapshots", "followers", 1)


def test_an_unknown_table_is_not_asked_for(tmp_path: Path) -> None:
    """Asking for a table that does not exist names those that do."""
    with pytest.raises(InputError, match="unknown table 'post': expected any of creators"):
        read(folder_of(tmp_path), only={"post"})


def test_an_empty_record_is_that_of_no_rows() -> None:
    """The empty tables are what reading no row gives."""
    tables = from_rows({name: [] for name in TABLES})

    found = [
        d for d in arrays_differ(tables, Tables.empty()) if not d.startswith(("counts", "pre"))
    ]
    assert found == []
    assert differences(tables.set_aside, []) == []


@pytest.mark.parametrize(("name", "creators"), [("instagram", 419), ("youtube", 225)])
def test_real_tables(real_data: Path, name: str, creators: int) -> None:
    """Tables of real creators read with their rows in place."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnknownColumnWarning)
        tables = read(real_data / name)

    assert len(tables.creators.ids) == creators
    assert len(tables.snapshots.known) > 400
    assert np.diff(tables.posts.offsets).min() >= 0
    assert {bad.rule for bad in tables.set_aside} <= {"unknown_reference"}
