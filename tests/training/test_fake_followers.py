"""The fit of the audience model."""

from dataclasses import replace

import numpy as np
import pytest

from features.catalogue import CATALOGUE
from models.fake_accounts import FakeAccounts
from models.fake_followers import FakeFollowers
from models.prior import Heap, Prior
from tests.training.conftest import DATA
from training.dataset import Rows
from training.fake_followers import COLUMNS, NoAuditsError, train
from training.trained import Trained

pytestmark = pytest.mark.xdist_group("fits")


def test_prior_reads_no_sample_column() -> None:
    """The follower sample enters by its likelihood alone, never as a column too."""
    families = {one.name: one.family for one in CATALOGUE}

    assert {families[name] for name in COLUMNS} == {"growth", "engagement"}
    assert not [name for name in COLUMNS if name.startswith("sample")]


def test_held_out_audits_are_later(audits: Rows, fitted_followers: Trained) -> None:
    """The twin is judged on the latest audits, told apart by whether it knew the creator."""
    held = fitted_followers.held_out

    assert held.as_of.min() >= np.quantile(audits.as_of, 0.79)
    assert fitted_followers.metrics["log_loss"].n == len(held.label) > 20
    assert 0 < held.known.sum() < len(held.known)
    assert fitted_followers.metrics["share_coverage"].value > 0.7  # type: ignore[operator]


def test_sample_adds_to_the_history(fitted_followers: Trained) -> None:
    """With their follower samples the audits are foretold better than from history alone."""
    metrics = fitted_followers.metrics

    assert metrics["share_error"].value < metrics["history_share_error"].value  # type: ignore[operator]
    assert metrics["share_width"].value < metrics["history_share_width"].value  # type: ignore[operator]


def test_few_audits_give_a_constant(audits: Rows, fitted_accounts: Trained) -> None:
    """A handful of audits still gives something honest to serve, without figures."""
    assert isinstance(fitted_accounts.model, FakeAccounts)

    found = train(audits.take(np.arange(6)), fitted_accounts.model, DATA, on_world=False, seed=7)

    assert found.settings["form"] == "constant"
    assert found.metrics["log_loss"].value is None
    assert isinstance(found.model, FakeFollowers)
    assert np.isfinite(found.model.prior_risk(audits.X)).all()


def test_no_audit_is_refused(audits: Rows, fitted_accounts: Trained) -> None:
    """Without an audit the error says what to add."""
    assert isinstance(fitted_accounts.model, FakeAccounts)

    with pytest.raises(NoAuditsError, match="none is visible at as_of"):
        train(audits.take(np.arange(0)), fitted_accounts.model, DATA, on_world=False, seed=7)


def test_answer_is_that_of_another_model(fitted_followers: Trained) -> None:
    """The held-out rows can be put to another model, such as the standing champion."""
    model = fitted_followers.model
    assert isinstance(model, FakeFollowers)
    bolder = replace(model, prior=Prior(Heap(4.0 * model.prior.low.concentration)))

    answers = fitted_followers.answer(bolder)

    assert answers.shape == fitted_followers.held_out.label.shape
    assert (answers != fitted_followers.answer(model)).any()
