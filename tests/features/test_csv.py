from pathlib import Path

import numpy as np
import pytest

from features.errors import InputError
from features.reader import read
from tests.features.raw_rows import folder_of

TIME = "2026-01-01T00:00:00Z"


def creators(column: str, *values: str) -> str:
    """Return a creators table with one more column."""
    rows = [f'{number},x,"{value}"' for number, value in enumerate(values)]
    return "\n".join([f"creator_id,platform,{column}", *rows, ""])


def snapshots(followers: str, time: str = TIME) -> str:
    """Return a snapshot of creator `a`."""
    return f'creator_id,observed_at,followers\na,{time},"{followers}"\n'


@pytest.mark.parametrize(
    ("text", "value"), [("6544.0", 6544), ("1e3", 1000), ("+7", 7), ("007", 7), ("0.", 0)]
)
def test_whole_numbers_are_counts(text: str, value: float, tmp_path: Path) -> None:
    """A count may be written as a whole-numbered float."""
    tables = read(folder_of(tmp_path, snapshots=snapshots(text)))

    assert tables.snapshots.values[0, 0] == value


def test_flags_of_text(tmp_path: Path) -> None:
    """true, false, 0 and 1 are flags in any case, 1.0 too; blank is unknown."""
    table = creators("is_verified", "true", "False", "TRUE", "0", "1", "1.0", "")

    found = read(folder_of(tmp_path, creators=table)).creators.verified

    np.testing.assert_array_equal(found, [1, 0, 1, 0, 1, 1, np.nan])


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-01T00:00:00Z",
        "2026-01-01 00:00:00+00:00",
        "2026-01-01T05:30:00.0000009+05:30",
        '"2025-12-31T19:00:00,0-0500"',
        "2026-01-01T01:00+01",
    ],
)
def test_times_with_an_offset(time: str, tmp_path: Path) -> None:
    """Times are ISO 8601 with an offset, of any precision."""
    tables = read(folder_of(tmp_path, snapshots=snapshots("5", time)))

    assert tables.snapshots.known.tolist() == [1_767_225_600_000_000]


def test_lists_and_maps_are_json(tmp_path: Path) -> None:
    """Lists and maps are written in JSON; equal texts are read alike."""
    table = creators("accepts", '[""monetary"", ""affiliate""]', "", "[]")

    found = read(folder_of(tmp_path, creators=table)).creators.accepts

    np.testing.assert_array_equal(found, [9, np.nan, 0])


def test_a_name_twice_in_a_map(tmp_path: Path) -> None:
    """A JSON object that holds a name twice is a bad row, not the last value."""
    briefs = f'brief_id,brand_id,created_at,target_ages\nb,n,{TIME},"{{""65+"":1,""65+"":2}}"\n'

    tables = read(folder_of(tmp_path, briefs=briefs))

    assert [bad.rule for bad in tables.set_aside] == ["repeated_value"]


def test_blank_lines_quotes_and_a_byte_order_mark(tmp_path: Path) -> None:
    """What spreadsheets write is read."""
    text = (
        '\ufeffcreator_id,platform,category\r\n"a",x,"food, ""fine""\r\nand more"\r\n\r\nb,x,\r\n'
    )
    (tmp_path / "creators.csv").write_bytes(text.encode())

    tables = read(tmp_path)

    assert tables.creators.ids == ["a", "b"]
    assert tables.creators.category[0] != 0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (snapshots("3.5"), r"snapshots\.followers, row 1 of snapshots\.csv: '3\.5' is not a whole"),
        (snapshots("many"), r"'many' is not a whole number\. Correct the value\."),
        (snapshots("0x1F"), r"'0x1F' is not a whole number"),
        (snapshots("1 000"), r"'1 000' is not a whole number"),
        (snapshots("9" * 99 + "x"), r"'9{56}\.\.\. is not a whole number"),
        (snapshots("5", "2026-01-01T00:00:00"), r"observed_at, .* is not a time with an offset"),
        (snapshots("5", "2026-01-01"), r"'2026-01-01' is not a time with an offset"),
        (snapshots("5", "2026-02-30T00:00:00Z"), r"'2026-02-30T00:00:00Z' is not a time"),
        (snapshots("5", "1767225600"), r"'1767225600' is not a time with an offset"),
    ],
)
def test_a_wrong_type_stops(table: str, message: str, tmp_path: Path) -> None:
    """A text of another kind stops the run with table, column, row, value and remedy."""
    with pytest.raises(InputError, match=message):
        read(folder_of(tmp_path, snapshots=table))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("is_verified", "yes"),
        ("is_verified", "2"),
        ("min_fee", "12 EUR"),
        ("accepts", "monetary"),
        ("accepts", '{""monetary"": 1}'),
        ("accepts", "[" * 100_000),
        ("created_at", "yesterday"),
    ],
)
def test_the_row_of_a_wrong_value_is_named(column: str, value: str, tmp_path: Path) -> None:
    """The first row with a wrong value is named, and that null is possible."""
    table = creators(column, "", value, value)

    with pytest.raises(InputError, match=rf"creators\.{column}, row 2 .* leave it empty") as error:
        read(folder_of(tmp_path, creators=table))

    assert error.value.row == 1


def test_infinity_and_nan(tmp_path: Path) -> None:
    """NaN is unknown, infinity out of range."""
    tables = read(folder_of(tmp_path, creators=creators("min_fee", "nan", "inf")))

    assert tables.creators.ids == ["0"]
    assert np.isnan(tables.creators.min_fee[0])
    assert [bad.rule for bad in tables.set_aside] == ["out_of_range"]
