"""Fixtures of this package's tests."""

from pathlib import Path

import pytest

from features.reader import read
from features.tables import Tables
from models.fake_accounts import FakeAccounts
from models.fake_followers import FakeFollowers
from models.manifest import Data
from models.support import Support
from tests.features.conftest import real_data
from tests.registries import migrated, state
from tests.training.backtests import done, known, played, small
from training import conversion, dataset, fake_accounts, fake_followers
from training.labelled import prepare
from training.trained import Trained

__all__ = ["done", "known", "migrated", "played", "real_data", "small", "state"]

DATA = Data("0" * 64)


@pytest.fixture(scope="session")
def tables(world: Path) -> Tables:
    """Return the tables of the small world."""
    return read(world)


@pytest.fixture(scope="session")
def audits(tables: Tables) -> dataset.Rows:
    """Return its audits."""
    return dataset.audits(tables, tables.latest + 1)


@pytest.fixture(scope="session")
def collaborations(tables: Tables) -> dataset.Rows:
    """Return its mature collaborations."""
    return dataset.collaborations(tables, tables.latest + 1)


@pytest.fixture(scope="session")
def fitted_accounts(tables: Tables) -> Trained:
    """Return the account model of the small world."""
    rows = prepare(tables.accounts)
    return fake_accounts.train(rows, DATA, world=None, seed=7)


@pytest.fixture(scope="session")
def fitted_followers(audits: dataset.Rows, fitted_accounts: Trained) -> Trained:
    """Return the audience model of the small world."""
    assert isinstance(fitted_accounts.model, FakeAccounts)
    return fake_followers.train(audits, fitted_accounts.model, DATA, on_world=False, seed=7)


@pytest.fixture(scope="session")
def given(tables: Tables, fitted_followers: Trained) -> conversion.Given:
    """Return what a conversion model of the small world is learned from."""
    assert isinstance(fitted_followers.model, FakeFollowers)
    rows = dataset.collaborations(tables, tables.latest + 1, young=True)
    return conversion.Given(
        rows=rows,
        earlier=lambda cut: dataset.relabelled(tables, rows, cut),
        support=Support.none(),
        followers=fitted_followers.model,
    )


@pytest.fixture(scope="session")
def fitted_conversion(given: conversion.Given) -> Trained:
    """Return the conversion model of the small world."""
    return conversion.train(given, DATA, seed=7)
