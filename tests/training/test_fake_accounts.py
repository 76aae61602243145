"""The fit of the account model."""

from dataclasses import replace

import numpy as np
import pytest

from features.arrays import Ints
from features.tables import Accounts, Tables
from models.fake_accounts import FakeAccounts
from models.trees import missing_types
from tests.training.conftest import DATA
from training.fake_accounts import train
from training.labelled import TooFewAccountsError, prepare, weights
from training.trained import Trained
from training.transfer import at_own_share

pytestmark = pytest.mark.xdist_group("fits")


def _some(accounts: Accounts, rows: Ints) -> Accounts:
    return replace(
        accounts,
        source=accounts.source[rows],
        platform=accounts.platform[rows],
        values=accounts.values[rows],
        is_fake=accounts.is_fake[rows],
    )


def test_sources_weigh_alike_in_each_class() -> None:
    """Whatever its size and share of fakes, a source weighs the same among fakes and among real."""
    random = np.random.default_rng(3)
    source = random.integers(0, 3, 900)
    fake = (random.random(900) < np.array([0.1, 0.5, 0.8])[source]).astype(np.float64)

    weight = weights(fake, source)

    for label in (0.0, 1.0):
        totals = [weight[(source == one) & (fake == label)].sum() for one in range(3)]
        np.testing.assert_allclose(totals, totals[0])
    assert weight.mean() == pytest.approx(1.0)
    assert np.average(fake, weights=weight) == pytest.approx(fake.mean())


def test_probabilities_find_each_source_level() -> None:
    """Accounts are judged at the share that their own source seems to hold, unseen labels aside."""
    random = np.random.default_rng(3)
    source = np.repeat([0, 1], 4000)
    fake = random.random(8000) < np.array([0.1, 0.6])[source]
    log_odds = random.normal(np.where(fake, 1.0, -1.0), np.sqrt(2.0))  # as a mixture must be

    found = at_own_share(log_odds, source)

    for one in (0, 1):  # within two standard errors of a share estimated from 4,000 accounts
        assert found[source == one].mean() == pytest.approx(fake[source == one].mean(), abs=0.03)


def test_model_holds_on_sources_it_never_saw(fitted_accounts: Trained) -> None:
    """Every account is scored by a model of the other sources, better than by its source's rate."""
    held = fitted_accounts.held_out
    metrics = fitted_accounts.metrics

    assert (~held.known).sum() > held.known.sum() > 0
    assert metrics["unseen_log_loss"].value < metrics["unseen_log_loss_constant"].value  # type: ignore[operator]
    assert len(set(held.row_id)) == len(held.row_id)
    assert set(fitted_accounts.origin) == set(
        fitted_accounts.data.sources or fitted_accounts.origin
    )


def test_share_carries_transfer_doubt(fitted_accounts: Trained) -> None:
    """The interval of a share holds the doubt about accounts of another origin."""
    model = fitted_accounts.model
    assert isinstance(model, FakeAccounts)

    shifts = {case.shift for case in model.doubt.transfer}

    assert len(shifts) > 1
    assert 100.0 < model.doubt.accounts < 1e5
    assert missing_types(model.served.booster) <= {"nan"}


def test_one_source_is_judged_within(tables: Tables) -> None:
    """With one source nothing is said of unseen ones, and the doubt is that of the literature."""
    accounts = tables.accounts
    rows = np.flatnonzero(accounts.source == 0)[:600].astype(np.int64)
    alone = replace(_some(accounts, rows), sources=accounts.sources[:1])

    found = train(prepare(alone), DATA, on_world=False, seed=7)

    assert found.held_out.known.all()
    assert found.settings["judged_on"] == "held-out accounts"
    assert isinstance(found.model, FakeAccounts)
    assert max(case.shift for case in found.model.doubt.transfer) > 1.0


def test_too_few_accounts_are_refused(tables: Tables) -> None:
    """Without twenty accounts of each class the error says how many there are."""
    real = np.flatnonzero(tables.accounts.is_fake == 0.0)[:100].astype(np.int64)

    with pytest.raises(TooFewAccountsError, match="0 fake and 100 real"):
        prepare(_some(tables.accounts, real))


def test_copies_share_a_group_and_have_names_of_their_own(tables: Tables) -> None:
    """Equal accounts are never on both sides of a split, and each row has its own name."""
    rows = np.r_[np.arange(400), np.arange(3000, 3400), np.arange(50)]

    found = prepare(_some(tables.accounts, rows))

    np.testing.assert_array_equal(found.group[:50], found.group[800:])
    assert len(set(found.row_id)) == len(rows)
