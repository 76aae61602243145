import re
from pathlib import Path

import numpy as np
import pytest

from features.arrays import UNKNOWN_TIME, code, codes, country_code, country_name
from features.columns import Column
from features.countries import COUNTRIES
from features.home import home
from features.schema import PAIRS, SPINE, TABLES
from features.tables import Tables


@pytest.mark.parametrize("name", TABLES)
def test_keys_times_and_references_are_columns(name: str) -> None:
    """What a table is keyed, dated and linked by are required columns of it."""
    schema = TABLES[name]
    required = {column.name for column in schema.columns if column.required}

    used = {*schema.key, *(column for column, _ in schema.references)}
    assert used | ({schema.known_at} if schema.known_at else set()) <= required
    assert len(set(schema.names)) == len(schema.columns)


@pytest.mark.parametrize("name", TABLES)
def test_tables_come_after_those_they_refer_to(name: str) -> None:
    """The order of the tables is one in which references can be resolved."""
    order = list(TABLES)

    for _, table in TABLES[name].references:
        assert order.index(table) < order.index(name)


def test_spine_and_pairs_differ_in_what_they_require() -> None:
    """A spine says when, pairs may leave it to the command."""
    assert SPINE.column("as_of").required
    assert not PAIRS.column("as_of").required
    with pytest.raises(KeyError, match="fees"):
        PAIRS.column("fees")


def test_a_column_has_a_name_and_a_kind() -> None:
    """A column is optional and unbounded unless it says otherwise."""
    column = Column("text", "text")

    assert not column.required
    assert (column.low, column.high) == (-np.inf, np.inf)


def test_countries_are_those_of_iso_3166() -> None:
    """All 249 officially assigned codes are there, each coded by its two letters and back."""
    assert len(set(COUNTRIES)) == 249
    assert all(re.fullmatch("[A-Z]{2}", country) for country in COUNTRIES)
    assert {"DE", "ID", "US", "GB"} <= set(COUNTRIES)
    assert not {"UK", "XX", "ZZ"} & set(COUNTRIES)
    assert [country_name(country_code(country)) for country in COUNTRIES] == list(COUNTRIES)


def test_codes_are_the_same_on_every_machine() -> None:
    """A text's code never changes, since models and stores keep it; 0 is unknown."""
    assert code("food") == -8_300_003_658_135_157_809
    assert codes(["food", None, "food", "cars"]).tolist() == [
        code("food"),
        0,
        code("food"),
        code("cars"),
    ]
    assert codes([]).dtype == np.int64


def test_home_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """State lives under CREDENCE_HOME, else in the working folder."""
    monkeypatch.setenv("CREDENCE_HOME", "/elsewhere")
    assert home() == Path("/elsewhere")
    monkeypatch.delenv("CREDENCE_HOME")
    assert home() == Path(".credence")


def test_empty_tables_have_no_rows() -> None:
    """Empty tables hold arrays of no row, and offsets of no creator."""
    tables = Tables.empty()

    assert tables.latest == UNKNOWN_TIME
    assert tables.posts.offsets.tolist() == [0]
    assert tables.posts.metrics.shape == (0, 9)
    assert tables.collaborations.outcomes.shape == (0, 4)
