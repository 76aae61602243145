"""The account model and the share of an audience."""

import dataclasses

import numpy as np
import pytest

from models.calibration import Calibration
from models.fake_accounts import EmptyAudienceError, FakeAccounts
from models.levels import level
from models.sample import EXACT, REACH
from tests.models.fitted import TRAINING_SHARE, fake_accounts, follower_rows


def test_alone_is_as_in_a_batch() -> None:
    """An account's score is the same bits alone and among others."""
    values, _ = follower_rows(60, 0.3, seed=1)
    model = fake_accounts()
    assert [model.scores(row[None])[0] for row in values] == model.scores(values).tolist()


def test_scores_hold_at_the_training_share() -> None:
    """Among accounts with the training share of fakes, the scores add up to the fakes."""
    values, is_fake = follower_rows(5000, TRAINING_SHARE, seed=2)
    assert fake_accounts().scores(values).mean() == pytest.approx(is_fake.mean(), abs=0.02)


@pytest.mark.parametrize("share", [0.02, 0.15, 0.4, 0.8])
def test_share_is_found_away_from_the_training_share(share: float) -> None:
    """Whatever the true share, the estimate is near it and its interval holds it."""
    values, is_fake = follower_rows(3000, share, seed=3)
    found = fake_accounts().audience(values)
    assert found.share == pytest.approx(is_fake.mean(), abs=0.05)
    assert found.share_low <= is_fake.mean() <= found.share_high


@pytest.mark.parametrize("share", [0.05, 0.3, 0.7])
def test_probabilities_are_at_the_audience_own_share(share: float) -> None:
    """The probabilities average to the share without transfer error, not to that of training."""
    sure = dataclasses.replace(fake_accounts(), doubt=EXACT)
    found = sure.audience(follower_rows(2000, share, seed=4)[0])
    assert found.probabilities.mean() == pytest.approx(found.share, abs=0.01)


def test_interval_shrinks_with_n() -> None:
    """A larger sample of the same audience has a narrower interval."""
    values, _ = follower_rows(3000, 0.3, seed=5)
    answers = [fake_accounts().audience(values[:n]) for n in (10, 100, 1000, 3000)]
    widths = [answer.share_high - answer.share_low for answer in answers]
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize("n", [1, 2, 49, 50, 300])
def test_from_one_follower_on(n: int) -> None:
    """Any n has a share within its interval; below fifty there is no verdict."""
    found = fake_accounts().audience(follower_rows(n, 0.3, seed=6)[0])
    assert found.n == n == len(found.probabilities)
    assert 0.0 <= found.share_low <= found.share <= found.share_high <= 1.0
    assert found.level == level(found.share_low, found.share_high, sampled=n)
    assert n >= 50 or found.level == "insufficient_data"


def test_no_follower_is_refused() -> None:
    """A share of nobody is refused in words."""
    with pytest.raises(EmptyAudienceError, match="at least one sampled follower"):
        fake_accounts().audience(np.empty((0, 9)))


def test_absent_columns_degrade_but_do_not_break() -> None:
    """The fewer columns are known, the wider the interval; with none it says next to nothing."""
    values, _ = follower_rows(300, 0.3, seed=7)
    widths = []
    for known in (9, 3, 1, 0):
        part = values.copy()
        part[:, known:] = np.nan
        found = fake_accounts().audience(part)
        assert np.isfinite(found.probabilities).all()
        widths.append(found.share_high - found.share_low)
    assert widths == sorted(widths)
    assert widths[3] > 0.5


def test_odds_are_cut() -> None:
    """No account has odds beyond the reach, and none that are unknown."""
    odds = fake_accounts().log_odds(follower_rows(500, 0.5, seed=8)[0])
    assert np.abs(odds).max() <= REACH


def test_probabilities_rank_beyond_the_reach() -> None:
    """Accounts whose odds are beyond the reach keep their order, without a tie."""
    model = fake_accounts()
    steep = dataclasses.replace(model, calibration=Calibration(0.0, 12.0))
    values, _ = follower_rows(500, 0.5, seed=11)
    order = np.argsort(model.scores(values), kind="stable")
    probabilities = steep.audience(values).probabilities

    assert (np.abs(steep.log_odds(values)) == REACH).mean() > 0.2
    assert (np.diff(probabilities[order]) >= 0.0).all()
    assert len(np.unique(probabilities)) == len(np.unique(model.scores(values)))


def test_round_trip() -> None:
    """The files give the same model, bit for bit."""
    model = fake_accounts()
    again = FakeAccounts.from_parts(model.parts(), {}, model.version)
    values, _ = follower_rows(200, 0.3, seed=9)
    assert again.parts() == model.parts()
    assert again.scores(values).tobytes() == model.scores(values).tobytes()
    assert again.audience(values).share == model.audience(values).share


def test_training_share_must_be_a_share() -> None:
    """Odds at a training share of 0 or 1 mean nothing."""
    with pytest.raises(ValueError, match="training_share 1"):
        dataclasses.replace(fake_accounts(), training_share=1.0)
