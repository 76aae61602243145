from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.arrays import UNKNOWN_TIME
from features.errors import InputError
from features.reader import read
from features.tables import Tables

CREATOR = {"creator_id": pa.array(["a"]), "platform": pa.array(["x"])}
SNAPSHOT = {
    "creator_id": pa.array(["a"]),
    "observed_at": pa.array([datetime(2026, 1, 1, tzinfo=UTC)]),
    "followers": pa.array([5]),
}
BRIEF = {
    "brief_id": pa.array(["b"]),
    "brand_id": pa.array(["n"]),
    "created_at": pa.array([datetime(2026, 1, 1, tzinfo=UTC)]),
}


def tables_of(folder: Path, **tables: dict[str, pa.Array]) -> Tables:
    """Write the tables as Parquet and read them."""
    for name, columns in {"creators": CREATOR, **tables}.items():
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    return read(folder)


@pytest.mark.parametrize(
    "kind",
    [pa.int8(), pa.int32(), pa.uint16(), pa.uint64(), pa.float32(), pa.float64()],
)
def test_counts_widen(kind: pa.DataType, tmp_path: Path) -> None:
    """Narrower integers and whole-numbered floats are counts."""
    tables = tables_of(tmp_path, snapshots={**SNAPSHOT, "followers": pa.array([7], kind)})

    assert tables.snapshots.values[0, 0] == 7


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_any_text_is_an_id(kind: pa.DataType, tmp_path: Path) -> None:
    """Ids of every Arrow text type, dictionaries included, are the same."""
    plain = tables_of(tmp_path, snapshots={**SNAPSHOT, "creator_id": pa.array(["a"], kind)})
    ids = pa.array(["a"]).cast(pa.dictionary(pa.int32(), pa.string()))
    coded = tables_of(tmp_path, snapshots={**SNAPSHOT, "creator_id": ids})

    assert len(plain.snapshots.known) == len(coded.snapshots.known) == 1


@pytest.mark.parametrize(
    ("unit", "zone", "factor"),
    [("s", "UTC", 1), ("ms", "Asia/Tokyo", 10**3), ("us", "+01:00", 10**6), ("ns", "UTC", 10**9)],
)
def test_times_of_any_unit_and_zone(unit: str, zone: str, factor: int, tmp_path: Path) -> None:
    """Zoned times of other units become microseconds in UTC."""
    times = pa.array([3 * factor], pa.timestamp(unit, zone))

    tables = tables_of(tmp_path, snapshots={**SNAPSHOT, "observed_at": times})

    assert tables.snapshots.known.tolist() == [3_000_000]


def test_flags_of_numbers(tmp_path: Path) -> None:
    """0 and 1 are flags, as integers and as floats."""
    for kind in (pa.int8(), pa.float64()):
        flags = pa.array([1], kind)
        tables = tables_of(tmp_path, creators={**CREATOR, "is_verified": flags})
        assert tables.creators.verified.tolist() == [1]


def test_nulls_of_any_form(tmp_path: Path) -> None:
    """Null, NaN and blank text are unknown; a column may be all null."""
    creators = {
        **CREATOR,
        "min_fee": pa.array([np.nan]),
        "country": pa.array([""]),
        "category": pa.nulls(1),
        "accepts": pa.nulls(1),
        "created_at": pa.nulls(1),
    }

    found = tables_of(tmp_path, creators=creators).creators

    assert np.isnan([found.min_fee[0], found.country[0], found.accepts[0]]).all()
    assert (found.category[0], found.created_at[0]) == (0, UNKNOWN_TIME)


def test_maps_and_structs(tmp_path: Path) -> None:
    """A map and a struct of numbers are the same weights; a null field is an absent key."""
    pairs = pa.array([[("US", 1.0), ("DE", 2.0)]], pa.map_(pa.string(), pa.float32()))
    struct = pa.array([{"DE": 2, "US": 1, "FR": None}])

    for column in (pairs, struct):
        found = tables_of(tmp_path, briefs={**BRIEF, "target_countries": column}).briefs
        assert found.target_weight.tolist() == [2, 1]


def test_a_name_twice_in_a_map(tmp_path: Path) -> None:
    """A map that holds a name more than once is a bad row."""
    pairs = pa.array([[("US", 1.0), ("US", 2.0)]], pa.map_(pa.string(), pa.float64()))

    tables = tables_of(tmp_path, briefs={**BRIEF, "target_countries": pairs})

    assert [bad.rule for bad in tables.set_aside] == ["repeated_value"]
    assert tables.set_aside[0].row.count("US") >= 1


def test_deliverables_of_a_map(tmp_path: Path) -> None:
    """Deliverables are a count or a map of counts."""
    pairs = pa.array([[("reel", 1), ("story", 2)]], pa.map_(pa.string(), pa.int64()))

    found = tables_of(tmp_path, briefs={**BRIEF, "deliverables": pairs}).briefs

    assert found.deliverables.tolist() == [3]


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("followers", pa.array(["5"]), r"has the type string, expected int64: a whole number"),
        ("followers", pa.array([True]), r"has the type bool, expected int64"),
        ("followers", pa.array([Decimal(5)]), r"has the type decimal128\(1, 0\), expected int64"),
        ("followers", pa.array([3.5]), r"row 1 of snapshots\.parquet: 3\.5 is not a whole number"),
        ("creator_id", pa.array([7]), r"has the type int64, expected string"),
        (
            "observed_at",
            pa.array([datetime(2026, 1, 1)]),
            r"timestamp\[us\], expected timestamp\[us, tz=UTC\].*write times with a time zone",
        ),
        ("observed_at", pa.array(["2026-01-01T00:00:00Z"]), r"has the type string, expected time"),
    ],
)
def test_a_wrong_type_stops(column: str, values: pa.Array, message: str, tmp_path: Path) -> None:
    """A type that does not widen safely is named with column, file and expectation."""
    with pytest.raises(InputError, match=rf"^snapshots\.{column}.*{message}"):
        tables_of(tmp_path, snapshots={**SNAPSHOT, column: values})


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("creators", "is_verified", pa.array([2])),
        ("creators", "is_verified", pa.array(["true"])),
        ("creators", "accepts", pa.array(["monetary"])),
        ("creators", "accepts", pa.array([[1]])),
        ("creators", "min_fee", pa.array([True])),
        ("briefs", "target_ages", pa.array(['{"18-24": 1}'])),
        ("briefs", "target_ages", pa.array([["18-24"]])),
        ("briefs", "target_ages", pa.array([{"18-24": "1"}])),
        ("briefs", "deliverables", pa.array([{"reel": 1.5}])),
    ],
)
def test_a_wrong_nested_type_stops(
    table: str, column: str, values: pa.Array, tmp_path: Path
) -> None:
    """Maps, lists and flags of other types stop the run too."""
    tables = {"creators": CREATOR, "briefs": BRIEF}

    with pytest.raises(InputError, match=rf"^{table}\.{column}") as error:
        tables_of(tmp_path, **{table: {**tables[table], column: values}})

    assert error.value.rule == "wrong_type"


@pytest.mark.parametrize(("unit", "moment"), [("us", 10**18), ("ms", 10**15), ("ms", 2**62)])
def test_a_time_beyond_the_calendar(unit: str, moment: int, tmp_path: Path) -> None:
    """A time after the year 9999 is a bad row, which is still recorded."""
    times = pa.array([moment, None], pa.timestamp(unit, "UTC")).slice(0, 1)

    (bad,) = tables_of(tmp_path, snapshots={**SNAPSHOT, "observed_at": times}).set_aside

    assert (bad.rule, bad.creator_id) == ("out_of_range", "a")


def test_a_bad_row_with_nanoseconds_is_recorded(tmp_path: Path) -> None:
    """The record of a bad row cuts its times to microseconds."""
    snapshots = {
        "creator_id": pa.array(["a"]),
        "observed_at": pa.array([1_000_000_001], pa.timestamp("ns", "UTC")),
        "followers": pa.array([-1]),
    }

    (bad,) = tables_of(tmp_path, snapshots=snapshots).set_aside

    assert bad.key == "a,1970-01-01T00:00:01Z"


def test_a_wrong_value_in_a_later_row_group_is_named_by_its_row(tmp_path: Path) -> None:
    """The row counts from the file's beginning, and the first one of the first column is told."""
    many = {
        "creator_id": pa.array(["a"] * 9),
        "observed_at": pa.array([datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 10)]),
        "followers": pa.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.5, 8.5, 9.0]),
        "following": pa.array([0.5] * 9),
    }
    pq.write_table(pa.table(CREATOR), tmp_path / "creators.parquet")
    pq.write_table(pa.table(many), tmp_path / "snapshots.parquet", row_group_size=2)

    with pytest.raises(InputError, match=r"followers.*row 7 ") as raised:
        read(tmp_path)

    assert raised.value.row == 6


def test_texts_that_become_equal_are_one(tmp_path: Path) -> None:
    """Codes of labels that differ in case only, and of a blank one, stand for one text and none."""
    labels = pa.array(["Beauty", "beauty ", "", None]).dictionary_encode()
    creators = {
        "creator_id": pa.array(list("abcd")),
        "platform": pa.array(["x"] * 4).dictionary_encode(),
        "category": labels,
    }

    category = tables_of(tmp_path, creators=creators).creators.category

    assert category[0] == category[1] != 0
    assert category[2:].tolist() == [0, 0]


def test_ids_may_be_written_as_dictionaries(tmp_path: Path) -> None:
    """In a file of categories, and in parts of which only one has them."""
    folder = tmp_path / "creators"
    folder.mkdir()
    for name, ids in (("a", pa.array(["c", "a"]).dictionary_encode()), ("b", pa.array(["b"]))):
        columns = {"creator_id": ids, "platform": pa.array(["x"] * len(ids))}
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")

    assert read(tmp_path).creators.ids == ["a", "b", "c"]


def rows_there(path: Path) -> int | None:
    """Return how many rows Arrow finds in a file, None if it refuses the file."""
    try:
        with pq.ParquetFile(path) as file:
            found = sum(len(batch) for batch in file.iter_batches())
            return None if file.metadata.num_rows != 6 else found
    except (pa.ArrowException, OSError, ValueError, MemoryError):
        return None


def test_a_file_with_fewer_rows_than_it_says_is_refused(tmp_path: Path) -> None:
    """Arrow reads some damaged files without an error: nothing is made of what is not there."""
    many = {name: pa.concat_arrays([column] * 6) for name, column in SNAPSHOT.items()}
    pq.write_table(pa.table(CREATOR), tmp_path / "creators.parquet")
    path = tmp_path / "snapshots.parquet"
    pq.write_table(pa.table(many), path, row_group_size=4)
    whole, refused = path.read_bytes(), 0

    for place in range(4, len(whole)):
        path.write_bytes(whole[:place] + bytes([(whole[place] - 1) % 256]) + whole[place + 1 :])
        there = rows_there(path)
        if there is not None and there < 6:
            refused += 1
            with pytest.raises(InputError, match=r"snapshots\.parquet cannot be read"):
                read(tmp_path)

    assert refused, "no single byte made a file that Arrow reads with rows missing"


@pytest.mark.parametrize(
    ("ids", "rules"),
    [
        (["b", "c", "a"], ["unknown_reference"]),
        (["b", "no id", "a"], ["malformed_id"]),
        (["b", None, "c"], ["missing_value", "unknown_reference"]),
    ],
)
def test_ids_looked_up_while_they_are_read_are_judged(
    ids: list[str | None], rules: list[str], tmp_path: Path
) -> None:
    """Snapshots are read once creators are known; what is wrong with an id is told as ever."""
    creators = {"creator_id": pa.array(["a", "b"]), "platform": pa.array(["x", "x"])}
    none_yet = {"post_id": pa.array([], pa.string()), "creator_id": pa.array([], pa.string())}
    posts = {**none_yet, "posted_at": pa.array([], pa.timestamp("us", "UTC"))}
    posts["media_type"] = pa.array([], pa.string())
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    snapshots = {
        "creator_id": pa.array(ids),
        "observed_at": pa.array(days),
        "followers": pa.array([1, 2, 3]),
    }

    found = tables_of(tmp_path, creators=creators, posts=posts, snapshots=snapshots)

    assert sorted(bad.rule for bad in found.set_aside) == rules
    standing = [name for name in ids if name in {"a", "b"}]
    assert found.snapshots.offsets.tolist() == [0, standing.count("a"), len(standing)]
