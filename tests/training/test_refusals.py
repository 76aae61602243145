"""What labelled accounts are refused for, and what honest ones are not."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.arrays import Flags, Floats, Ints
from features.tables import FOLLOWER_VALUES, Accounts, Tables
from tests.commands import credence
from training.fitting import fit, source
from training.labelled import TooFewAccountsError
from training.refusals import Labelled, UnfitAccountsError, refuse

HEADER = f"source,platform,{','.join(FOLLOWER_VALUES)},is_fake\n"


def honest(n: int = 600, seed: int = 1, fakes: float = 0.4) -> Accounts:
    """Return accounts whose fakes have fewer of everything, but some of it."""
    random = np.random.default_rng(seed)
    fake = (random.random(n) < fakes).astype(np.float64)
    length = random.integers(5, 20, n)
    digits = random.binomial(length, 0.1 + 0.2 * fake)
    counts = [
        np.floor(random.lognormal(mean - shift * fake, 1.5))
        for mean, shift in ((5.5, 1.5), (6.0, -0.5), (3.0, 1.5))
    ]
    flags = [random.random(n) < 0.95 - 0.4 * fake, random.random(n) < 0.6 - 0.2 * fake]
    bio = np.floor(random.uniform(-30, 120, n).clip(0) * (1 - 0.5 * fake))
    values = np.column_stack([*counts, *flags, length, digits, digits / length, bio])
    return Accounts(["s"], np.zeros(n, np.int64), np.zeros(n), values, fake)


def changed(accounts: Accounts, name: str, column: Floats) -> Accounts:
    """Return the accounts with another column."""
    values = accounts.values.copy()
    values[:, FOLLOWER_VALUES.index(name)] = column
    return replace(accounts, values=values)


def column(accounts: Accounts, name: str) -> Floats:
    """Return a column of accounts."""
    return accounts.values[:, FOLLOWER_VALUES.index(name)]


def rows(accounts: Accounts, chosen: Flags | Ints) -> Accounts:
    """Return these rows of accounts."""
    return replace(
        accounts,
        source=accounts.source[chosen],
        platform=accounts.platform[chosen],
        values=accounts.values[chosen],
        is_fake=accounts.is_fake[chosen],
    )


def reason(accounts: Accounts) -> tuple[str | None, str | None] | None:
    """Return the column and the rule that accounts are refused for, None if they pass."""
    try:
        refuse(Labelled("file.csv", accounts))
    except UnfitAccountsError as error:
        return error.column, error.rule
    return None


@given(seed=st.integers(0, 10**6), n=st.integers(300, 2000), fakes=st.floats(0.2, 0.8))
def test_honest_accounts_pass(seed: int, n: int, fakes: float) -> None:
    """Classes that differ in degree are not refused."""
    assert reason(honest(n, seed, fakes)) is None


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), name=st.sampled_from(FOLLOWER_VALUES))
def test_order_and_names_of_classes_do_not_matter(seed: int, name: str) -> None:
    """The same rows in another order, or with fake and real exchanged, get the same answer."""
    accounts = honest(400, seed)
    spoilt = changed(accounts, name, np.where(accounts.is_fake == 1.0, 1.0, column(accounts, name)))
    order = np.random.default_rng(seed).permutation(400)

    assert reason(rows(spoilt, order)) == reason(spoilt)
    assert reason(replace(spoilt, is_fake=1.0 - spoilt.is_fake)) == reason(spoilt)


@given(copies=st.integers(0, 60))
def test_copies_are_refused_above_a_twentieth(copies: int) -> None:
    """Rows equal in every column to an earlier one may be 5 % of a file, not more."""
    accounts = honest()
    doubled = rows(accounts, np.r_[np.arange(600), np.arange(copies)])

    assert (reason(doubled) == (None, "copies")) == (copies / (600 + copies) > 0.05)


def test_a_source_under_another_name_is_a_copy() -> None:
    """Accounts given twice would be left out and learned from at once, whatever they are called."""
    accounts = rows(honest(), np.r_[np.arange(600), np.arange(600)])
    named = replace(
        accounts, sources=["first", "second"], source=np.repeat(np.arange(2, dtype=np.int64), 600)
    )

    assert reason(named) == (None, "copies")


def test_equal_rows_with_another_label_are_no_copies() -> None:
    """An account that is labelled twice, differently, is not a copy."""
    accounts = rows(honest(), np.r_[np.arange(600), np.arange(100)])
    accounts.is_fake[600:] = 1.0 - accounts.is_fake[600:]

    assert reason(accounts) is None


@pytest.mark.parametrize("name", FOLLOWER_VALUES)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_column_that_is_the_label_is_refused(name: str, sign: float) -> None:
    """One raw column that separates the classes, in either direction, is named."""
    accounts = honest()
    noise = np.random.default_rng(5).normal(scale=0.2, size=600)

    found = reason(changed(accounts, name, 10.0 + sign * accounts.is_fake + noise))

    assert found == (name, "separates_classes")


def test_being_known_can_be_the_label() -> None:
    """A column that only one class has separates the classes as its values would."""
    accounts = honest()
    bio = np.where(accounts.is_fake == 1.0, np.nan, column(accounts, "bio_length"))

    assert reason(changed(accounts, "bio_length", bio)) == ("bio_length", "separates_classes")


@pytest.mark.parametrize("label", [0.0, 1.0])
@pytest.mark.parametrize("name", ["following", "posts", "is_private", "bio_length"])
def test_a_constant_in_one_class_is_refused(name: str, label: float) -> None:
    """A column with one value in a class and others in the other class is named."""
    accounts = honest()
    one = np.median(column(accounts, name))

    found = reason(
        changed(accounts, name, np.where(accounts.is_fake == label, one, column(accounts, name)))
    )

    assert found == (name, "constant_in_class")


def test_known_in_one_class_only_is_refused() -> None:
    """A column unknown throughout one class is refused where the other knows it in part."""
    accounts = honest()
    known = (accounts.is_fake == 0.0) & (np.arange(600) % 2 == 0)
    bio = np.where(known, column(accounts, "bio_length"), np.nan)

    assert reason(changed(accounts, "bio_length", bio)) == ("bio_length", "constant_in_class")


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan])
def test_a_useless_column_is_no_reason(value: float) -> None:
    """A column that is the same everywhere, or absent, marks nothing."""
    accounts = honest()

    assert reason(changed(accounts, "is_private", np.full(600, value))) is None


def test_few_accounts_may_all_have_a_picture() -> None:
    """That 25 real accounts all have a picture is no wonder; that 2,000 have is."""
    many = honest(4000, fakes=0.5)
    fake = many.is_fake == 1.0
    pictured = changed(
        many, "has_profile_pic", np.where(fake, column(many, "has_profile_pic"), 1.0)
    )
    few = np.r_[np.flatnonzero(~fake)[:25], np.flatnonzero(fake)[:200]]

    assert reason(rows(pictured, few)) is None
    assert reason(pictured) == ("has_profile_pic", "constant_in_class")


def test_every_source_is_judged() -> None:
    """A source spoilt within an honest file is found, named, and the file with it."""
    good, bad = honest(), honest(seed=2)
    spoilt = changed(bad, "posts", 10.0 - bad.is_fake)
    both = Accounts(
        ["good", "spoilt"],
        np.repeat([0, 1], 600),
        np.zeros(1200),
        np.r_[good.values, spoilt.values],
        np.r_[good.is_fake, spoilt.is_fake],
    )

    with pytest.raises(UnfitAccountsError, match=r"^file.csv is .*source 'spoilt': posts alone"):
        refuse(Labelled("file.csv", both))


def test_message_names_figure_limit_and_remedy() -> None:
    """The error says what was found, what may be, and what to do."""
    accounts = honest()
    spoilt = changed(accounts, "bio_length", accounts.is_fake)
    fakes = int(accounts.is_fake.sum())

    with pytest.raises(UnfitAccountsError) as error:
        refuse(Labelled("file.csv", spoilt))

    assert str(error.value) == (
        f"file.csv is no basis to learn from: bio_length alone tells {fakes} fake from"
        f" {600 - fakes} real accounts with an AUC of 1.0000, at most 0.97 may be. Collect both"
        " classes in the same way, or leave the column out."
    )


def test_world_passes(tables: Tables) -> None:
    """The accounts of the simulated marketplace are a basis to learn from."""
    refuse(Labelled("world", tables.accounts))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_real_files_pass(real_data: Path, count: int) -> None:
    """The public labelled sets pass, alone and together."""
    names = ("instagram_instafake", "instagram_kaggle", "x_bots")
    files = [real_data / "accounts" / f"{name}.csv" for name in names]
    for some in combinations(files, count):
        for part in source(None, some, None, 7).labelled:
            refuse(part)
            assert not part.set_aside


def test_impossible_values_exit_2(empty_home: Path, world: Path, tmp_path: Path) -> None:
    """An impossible value in a labelled file ends the run with its count, place and rule."""
    file = tmp_path / "mine.csv"
    table = pq.read_table(world / "accounts.parquet").slice(0, 300)
    pacsv.write_csv(table, file)
    with file.open("a", encoding="utf-8") as more:
        more.write("mine,instagram,10,20,3,true,false,5,7,0.4,0,true\n")
        more.write("mine,instagram,-5,20,3,true,false,5,1,0.2,0,true\n")

    done = credence("train", "fake-accounts", "--accounts", str(file), home=empty_home, expect=2)

    assert "2 rows with impossible values, none may be; first row 301 of mine.csv" in done.stderr
    assert "username_digits is above username_length (impossible_value)" in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_values_exit_3(empty_home: Path, world: Path, tmp_path: Path) -> None:
    """A labelled row without a required value is set aside, told, and the rest learned from."""
    table = pq.read_table(world / "accounts.parquet").slice(0, 800)
    followers = pa.array([None, *table["followers"].to_pylist()[1:]], pa.int64())
    table = table.set_column(table.schema.get_field_index("followers"), "followers", followers)
    pq.write_table(table, tmp_path / "mine.parquet")

    done = credence(
        "train", "fake-accounts", "--accounts", str(tmp_path / "mine.parquet"),
        home=empty_home, expect=3,
    )  # fmt: skip

    said = (
        "1 row of the labelled files set aside, first row 1 of mine.parquet: followers is missing"
    )
    assert said in done.stderr


@pytest.mark.usefixtures("empty_home")
def test_tables_are_judged_as_files_are(tables: Tables) -> None:
    """The accounts of a tables folder are refused for the same reasons."""
    private = np.where(tables.accounts.is_fake == 1.0, 0.0, column(tables.accounts, "is_private"))
    spoilt = replace(tables, accounts=changed(tables.accounts, "is_private", private))

    with pytest.raises(UnfitAccountsError, match=r"the table accounts is no basis.*is_private"):
        fit("fake_accounts", tables=spoilt)


def test_a_file_given_twice_is_refused(world: Path) -> None:
    """Files that pass alone are judged together too."""
    given_twice = source(None, [world / "accounts.parquet"] * 2, None, 7).labelled

    refuse(given_twice[0])
    with pytest.raises(UnfitAccountsError, match=r"together.*50.0%. are copies"):
        refuse(given_twice[-1])


@pytest.mark.usefixtures("empty_home")
def test_files_without_a_row_do_not_become_the_world(tmp_path: Path) -> None:
    """Labelled files that hold nothing usable are an error, not a training on the world."""
    (tmp_path / "empty.csv").write_text(HEADER, encoding="utf-8")

    with pytest.raises(TooFewAccountsError):
        fit("fake_accounts", accounts=[tmp_path / "empty.csv"])
