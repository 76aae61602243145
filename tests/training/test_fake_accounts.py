"""The fit of the account model."""

from dataclasses import replace

import numpy as np
import pytest

from features.arrays import Ints
from features.tables import Accounts, Tables
from models.fake_accounts import FakeAccounts
from models.sample import log_likelihoods
from models.trees import missing_types
from tests.training.conftest import DATA
from training.fake_accounts import train
from training.labelled import TooFewAccountsError, prepare
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
    assert model.doubt.looks is not None

    assert len(model.doubt.transfer) > 1
    assert len(model.doubt.looks.fake) > 1
    assert 100.0 < model.doubt.accounts < 1e5
    assert missing_types(model.served.booster) <= {"nan"}


def test_one_source_is_judged_by_the_world(tables: Tables) -> None:
    """A lone labelled source is unseen by a model of the world alone."""
    accounts = tables.accounts
    rows = np.flatnonzero(accounts.source == 0)[:600].astype(np.int64)
    alone = prepare(replace(_some(accounts, rows), sources=accounts.sources[:1]))
    others = _some(accounts, np.flatnonzero(accounts.source > 0).astype(np.int64))

    found = train(alone, DATA, world=prepare(others), seed=7)

    held = found.held_out
    assert (~held.known).sum() == len(rows)
    assert held.known.sum() == pytest.approx(len(rows) / 5, rel=0.1)
    assert found.metrics["without_world_a_auc"] == found.metrics["unseen_auc"]
    assert not found.trained_on_world


def test_each_source_has_figures_of_its_own(fitted_accounts: Trained) -> None:
    """What models without a source say of it is told by source, beside all of them."""
    metrics = fitted_accounts.metrics
    sources = fitted_accounts.data.sources or sorted(set(fitted_accounts.origin))
    rows = [metrics[f"without_{name}_log_loss"].n for name in sources]
    assert sum(rows) == metrics["unseen_log_loss"].n


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


def test_a_sample_without_a_column_is_read_by_its_log_odds_alone(
    tables: Tables, fitted_accounts: Trained
) -> None:
    """Spreads hold for samples that show what the model reads; others in a batch change nothing."""
    model = fitted_accounts.model
    assert isinstance(model, FakeAccounts)
    whole = tables.accounts.values[:300]
    assert not np.isnan(whole[:, 8]).any()
    bare = np.where(np.arange(9) == 8, np.nan, whole)
    values, offsets = np.concatenate([whole, bare]), np.array([0, 300, 600])

    found = model.log_likelihoods(values, offsets, model.log_odds(values))

    one = np.array([0, 300])
    for row, (sample, doubt) in enumerate([(whole, model.doubt), (bare, model.doubt.at_word)]):
        alone = log_likelihoods(model.log_odds(sample), one, doubt)
        np.testing.assert_array_equal(found[row], alone[0])


def test_absent_columns_widen_the_interval(tables: Tables, fitted_accounts: Trained) -> None:
    """An audience of which only the counts are known leaves more of its share open."""
    model = fitted_accounts.model
    assert isinstance(model, FakeAccounts)
    whole = tables.accounts.values[:300]
    counts = np.where(np.arange(9) > 2, np.nan, whole)

    full, bare = model.audience(whole), model.audience(counts)

    assert bare.share_high - bare.share_low > full.share_high - full.share_low
    assert bare.share_low <= tables.accounts.is_fake[:300].mean() <= bare.share_high
