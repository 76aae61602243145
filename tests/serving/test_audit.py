"""`credence audit`: the share of each audience, and a probability a row."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from features.profiles import FOLLOWER_VALUES
from models.champions import NoChampionError, load_champions
from serving.audit import as_json, audit

HEADER = "note,followers,following,posts,has_profile_pic,username_length,bio_length"
REAL = "a,320,410,85,1,9,60"
MADE = "b,2,4900,0,0,14,0"


def followers_file(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_without_creators_it_is_one_audience(at_home: Path, tmp_path: Path) -> None:
    """A file without creator_id is one audience; its share is that of its accounts."""
    file = followers_file(tmp_path / "f.csv", *[REAL] * 60, *[MADE] * 20)

    found, set_aside = audit(file, tmp_path / "out.csv")

    assert set_aside == 0
    assert [(one.creator_id, one.n) for one in found] == [(None, 80)]
    low, share, high = (found[0].share_low, found[0].share, found[0].share_high)
    assert low is not None
    assert share is not None
    assert high is not None
    assert low <= share <= high
    assert 0.05 < share < 0.5


def test_a_row_gets_its_probability_in_its_place(at_home: Path, tmp_path: Path) -> None:
    """Rows stay in order with all their columns; made accounts look more fake than real ones."""
    file = followers_file(tmp_path / "f.csv", *[REAL, MADE] * 30)

    audit(file, tmp_path / "out.csv")

    table = pd.read_csv(tmp_path / "out.csv")
    assert list(table.columns) == [*HEADER.split(","), "fake_probability"]
    assert list(table.note) == ["a", "b"] * 30
    assert table.fake_probability[1] > table.fake_probability[0]
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[1].startswith(REAL + ",")


def test_each_creator_is_an_audience(at_home: Path, tmp_path: Path) -> None:
    """With creator_id there is one audience a creator, as if it had been asked alone."""
    header = "creator_id,followers,following,posts"
    ben, ana = ["ben,2,4900,0"] * 30, ["ana,320,410,85"] * 40
    file = followers_file(tmp_path / "both.csv", *ben[:9], *ana, *ben[9:], header=header)
    alone = followers_file(tmp_path / "alone.csv", *ben, header=header)

    found, _ = audit(file, tmp_path / "out.csv")

    assert [(one.creator_id, one.n) for one in found] == [("ana", 40), ("ben", 30)]
    assert found[1] == audit(alone, tmp_path / "alone_out.csv")[0][0]


def test_a_bad_row_has_no_probability(at_home: Path, tmp_path: Path) -> None:
    """A bad row is counted, keeps its place and has null; the others are audited."""
    file = followers_file(tmp_path / "f.csv", REAL, "x,-5,1,1,1,9,0", ",,3,1,1,9,0", MADE)

    found, set_aside = audit(file, tmp_path / "out.parquet")

    probability = pq.read_table(tmp_path / "out.parquet")["fake_probability"].to_pylist()
    assert set_aside == 2
    assert found[0].n == 2
    assert [one is None for one in probability] == [False, True, True, False]


def test_an_audience_of_bad_rows_is_named(at_home: Path, tmp_path: Path) -> None:
    """An audience without a good row has n = 0, no share, and too little data for a level."""
    header = "creator_id,followers,following,posts"
    file = followers_file(tmp_path / "f.csv", "ana,,20,3", "ben,1,2,3", "a b,1,2,3", header=header)

    found, set_aside = audit(file, tmp_path / "out.parquet")

    assert set_aside == 2
    assert [(one.creator_id, one.n) for one in found] == [("ana", 0), ("ben", 1)]
    assert (found[0].share, found[0].level) == (None, "insufficient_data")


def test_csv_becomes_typed_parquet(at_home: Path, tmp_path: Path) -> None:
    """Written as Parquet, columns of text become what they are, whatever their nulls."""
    header = "creator_id,observed_at,followers,following,posts,is_private,username_digit_ratio"
    row = "ana,2026-01-01T00:00:00+01:00,320,410,85,true,"
    file = followers_file(tmp_path / "f.csv", row, header=header)

    audit(file, tmp_path / "out.parquet")

    table = pq.read_table(tmp_path / "out.parquet")
    assert [str(kind) for kind in table.schema.types] == [
        "large_string", "timestamp[us, tz=UTC]", "int64", "int64", "int64", "bool", "double",
        "double",
    ]  # fmt: skip
    assert table["observed_at"][0].as_py().isoformat() == "2025-12-31T23:00:00+00:00"


def test_the_champion_answers(at_home: Path, tmp_path: Path) -> None:
    """Share and probabilities are those of the champion, bit for bit."""
    file = followers_file(tmp_path / "f.csv", *[REAL, MADE] * 30)
    values = np.full((60, 9), np.nan)
    given = pd.read_csv(file)
    for place, name in enumerate(FOLLOWER_VALUES):
        if name in given:
            values[:, place] = given[name]
    model = load_champions().fake_accounts
    assert model is not None

    found, _ = audit(file, tmp_path / "out.parquet")

    expected = model.audience(values)
    got = pq.read_table(tmp_path / "out.parquet")["fake_probability"].to_numpy()
    assert (found[0].share, found[0].level) == (expected.share, expected.level)
    assert found[0].version == model.version
    np.testing.assert_array_equal(got, expected.probabilities)


def test_few_followers_give_no_level(at_home: Path, tmp_path: Path) -> None:
    """From one account on there is a share, below 50 no level."""
    found, _ = audit(followers_file(tmp_path / "f.csv", REAL), tmp_path / "out.csv")

    assert found[0].n == 1
    assert found[0].level == "insufficient_data"
    assert found[0].share is not None
    assert math.isfinite(found[0].share)


def test_audiences_are_printed_as_json(at_home: Path, tmp_path: Path) -> None:
    """The answer is a JSON list of objects with the promised fields."""
    found, _ = audit(followers_file(tmp_path / "f.csv", REAL), tmp_path / "out.csv")

    assert list(json.loads(as_json(found))[0]) == [
        "creator_id", "n", "share", "share_low", "share_high", "level", "version", "frame",
        "caution",
    ]  # fmt: skip


def test_each_audience_says_how_it_was_sampled(at_home: Path, tmp_path: Path) -> None:
    """Good rows that agree name an audience's frame; other than random comes with a caution."""
    header = "creator_id,followers,following,posts,frame"
    lines = [
        *["ana,3,20,3,recent"] * 2, "ana,,20,3,random",
        *["ben,3,20,3,random"] * 2,
        "cem,3,20,3,random", "cem,3,20,3,",
        "dia,3,20,3,",
        "eva,,20,3,recent",
    ]  # fmt: skip

    found, _ = audit(followers_file(tmp_path / "f.csv", *lines, header=header), tmp_path / "o.csv")

    assert [one.frame for one in found] == ["recent", "random", "mixed", None, None]
    assert [one.caution is None for one in found] == [False, True, False, True, True]
    assert "most recent followers" in str(found[0].caution)


def test_no_rows_are_no_audience(at_home: Path, tmp_path: Path) -> None:
    """A file without rows has no audience, and its output no rows."""
    assert audit(followers_file(tmp_path / "f.csv"), tmp_path / "out.csv") == ([], 0)
    assert (tmp_path / "out.csv").read_text() == f"{HEADER},fake_probability\n"


def test_the_input_is_never_overwritten(at_home: Path, tmp_path: Path) -> None:
    """Writing to the file that is read is refused."""
    file = followers_file(tmp_path / "f.csv", REAL)

    with pytest.raises(InputError, match="is the input"):
        audit(file, file)


def test_an_account_model_is_needed(empty_home: Path, tmp_path: Path) -> None:
    """Without a champion the remedy is named."""
    with pytest.raises(NoChampionError, match="credence train fake-accounts"):
        audit(followers_file(tmp_path / "f.csv", REAL), tmp_path / "out.csv")
