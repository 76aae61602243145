from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.arrays import UNKNOWN_TIME
from features.errors import InputError, UnknownColumnWarning
from features.reader import read_accounts, read_file
from features.schema import FOLLOWERS, PAIRS, SPINE

ACCOUNTS = "source,platform,followers,following,posts,is_fake"


def test_rows_keep_their_order_and_places(tmp_path: Path) -> None:
    """A file's rows stay as they stand, equal ones too; bad ones are marked."""
    path = tmp_path / "pairs.csv"
    path.write_text("creator_id,fee\nb,2\na b,1\na,-1\nb,2\n")

    file = read_file(path, PAIRS)

    assert file.frame.text("creator_id").to_pylist() == ["b", "a b", "a", "b"]
    assert file.good.tolist() == [True, False, False, True]
    assert file.bad_rows.tolist() == [1, 2]
    assert [bad.rule for bad in file.set_aside] == ["malformed_id", "out_of_range"]
    assert [bad.key for bad in file.set_aside] == ["row 2 of pairs.csv", "row 3 of pairs.csv"]
    assert file.set_aside[1].creator_id == "a"
    assert not file.has("brief_id")
    assert file.frame.time("as_of").tolist() == [UNKNOWN_TIME] * 4


def test_further_rows_can_be_rejected(tmp_path: Path) -> None:
    """A caller that finds more bad rows gets the same record of them."""
    path = tmp_path / "pairs.parquet"
    pq.write_table(pa.table({"creator_id": ["a", "b"], "brief_id": ["x", "y"]}), path)

    (bad,) = read_file(path, PAIRS).reject(np.array([1]), "brief_id", "rule", "is wrong")

    assert (bad.table, bad.creator_id, bad.brief_id, bad.rule) == ("pairs", "b", "y", "rule")
    assert bad.row == '{"creator_id":"b","brief_id":"y"}'


def test_the_raw_file_is_at_hand(tmp_path: Path) -> None:
    """All columns of the file can be written again, unknown ones and digits as they were."""
    path = tmp_path / "spine.csv"
    path.write_text("creator_id,as_of,note\n007,2026-01-01T00:00:00Z,hi\n")

    with pytest.warns(UnknownColumnWarning, match="'note'"):
        file = read_file(path, SPINE)

    assert file.raw.to_pylist() == [
        {"creator_id": "007", "as_of": "2026-01-01T00:00:00Z", "note": "hi"}
    ]


def test_columns_that_may_be_absent(tmp_path: Path) -> None:
    """An audit's followers need neither creator_id nor observed_at."""
    path = tmp_path / "followers.parquet"
    pq.write_table(pa.table({"followers": [1], "following": [2], "posts": [3]}), path)

    file = read_file(path, FOLLOWERS, optional={"creator_id", "observed_at"})

    assert file.good.tolist() == [True]
    assert len(file) == 1
    assert file.raw.num_rows == 1
    with pytest.raises(InputError, match="no column 'creator_id', 'observed_at'"):
        read_file(path, FOLLOWERS)


def test_a_missing_file(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(InputError, match=r"none\.csv: no such file\. Give a Parquet or CSV file"):
        read_file(tmp_path / "none.csv", PAIRS)


def test_strict_files(tmp_path: Path) -> None:
    """Strictly read, a bad row of a file raises."""
    path = tmp_path / "pairs.csv"
    path.write_text("creator_id,fee\na,-1\n")

    with pytest.raises(InputError, match=r"row 1 of pairs\.csv: fee is below 0"):
        read_file(path, PAIRS, strict=True)


def test_accounts_of_several_files(tmp_path: Path) -> None:
    """Labelled accounts of all files are one table whatever the order of files and rows."""
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text(f"{ACCOUNTS},bio_length\nz,x,9.0,1,1,1,5\nm,x,2,1,1,0,\nm,x,,1,1,0,\n")
    two.write_text(f"{ACCOUNTS}\nm,x,1,1,1,true\n")

    accounts, bad, sha256 = read_accounts([one, two])
    swapped, _, other = read_accounts([two, one])

    assert accounts.sources == ["m", "z"]
    assert accounts.source.tolist() == [0, 0, 1]
    assert accounts.values[:, 0].tolist() == [1, 2, 9]
    assert accounts.is_fake.tolist() == [1, 0, 1]
    assert [one.rule for one in bad] == ["missing_value"]
    np.testing.assert_array_equal(accounts.values, swapped.values)
    assert sha256 != other


def test_real_accounts(real_data: Path) -> None:
    """Real labelled accounts of all sources read without a bad row."""
    names = ["instagram_instafake", "instagram_kaggle", "x_bots"]

    accounts, bad, _ = read_accounts([real_data / "accounts" / f"{name}.csv" for name in names])

    assert bad == []
    assert len(accounts.source) == 1_194 + 696 + 12_538
    assert len(accounts.sources) == 5


def test_real_followers(real_data: Path) -> None:
    """Real followers without creator or time read, counts written as floats and blanks included."""
    path = real_data / "accounts" / "instagram_influencer_followers_unlabelled.csv"

    with pytest.warns(UnknownColumnWarning, match="'platform', 'source'"):
        file = read_file(path, FOLLOWERS, optional={"creator_id", "observed_at"})

    assert len(file) == 10_000
    assert {bad.rule for bad in file.set_aside} == {"missing_value"}
    assert len(file.set_aside) == 6
