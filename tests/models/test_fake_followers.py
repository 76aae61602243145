"""The posterior of a creator's fake share."""

import dataclasses

import numpy as np
import pytest

from features.catalogue import NAMES
from models import fake_followers as module
from models.fake_followers import FakeFollowers, FakeFollowersScores, Sampled
from models.levels import level
from models.prior import Heap, Prior
from tests.models.fitted import (
    AUDIENCE_COLUMNS,
    conversion,
    fake_accounts,
    fake_followers,
    fresh_and_random,
    matrix,
    only,
    samples,
)

SIZES = [0, 1, 300, 0, 40, 1000, 7, 0]
NUMBERS = ("risk", "share", "low", "high", "n_sampled")


def scored(row: int | None = None) -> FakeFollowersScores:
    X, asked = matrix(len(SIZES), seed=1), samples(SIZES)
    if row is None:
        return fake_followers().score(X, asked)
    return fake_followers().score(X[row : row + 1], only(asked, row))


def test_alone_is_as_in_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row's answer is the same bits alone, in a batch and across blocks of a batch."""
    batch = scored()
    monkeypatch.setattr(module, "BLOCK", 3)
    in_blocks = scored()
    for name in NUMBERS:
        expected = getattr(batch, name)
        alone = np.concatenate([getattr(scored(row), name) for row in range(len(SIZES))])
        assert alone.tobytes() == expected.tobytes() == getattr(in_blocks, name).tobytes()
    assert [scored(row).level[0] for row in range(len(SIZES))] == batch.level == in_blocks.level


def test_one_posterior() -> None:
    """Share within its interval, risk a probability, level by the rules of creators."""
    found = scored()
    assert found.n_sampled.tolist() == SIZES
    assert (found.low <= found.share).all()
    assert (found.share <= found.high).all()
    assert ((found.risk >= 0.0) & (found.risk <= 1.0)).all()
    bounds = zip(found.low.tolist(), found.high.tolist(), strict=True)
    assert found.level == [level(low, high) for low, high in bounds]


def test_without_a_sample_the_prior_answers() -> None:
    """No sample: the risk is the prior's; a large one narrows the interval and rules."""
    X = matrix(6, seed=2)
    model = dataclasses.replace(fake_followers(), frames=fresh_and_random())
    none = model.score(X, samples([0] * 6))
    many = model.score(X, samples([2000] * 6))
    assert none.risk.tolist() == model.prior_risk(X).tolist()
    assert (many.high - many.low < none.high - none.low).all()
    alone = [
        fake_accounts().audience(only(samples([2000] * 6), row).values).share for row in range(6)
    ]
    np.testing.assert_allclose(many.share, alone, atol=0.03)


def test_a_sample_that_says_nothing_changes_no_bit() -> None:
    """The way without samples gives what the way with them gives where they add nothing."""
    X, model = matrix(200, seed=6), fake_followers()
    nothing = np.full(200, np.nan)
    silent = Sampled(np.zeros((200, 201)), np.zeros(200, np.int64), nothing, nothing)
    alone, beside = model.posterior(X), model.posterior(X, silent)
    for name in NUMBERS:
        assert getattr(alone, name).tobytes() == getattr(beside, name).tobytes()
    assert alone.level == beside.level


def test_frame_and_age_of_a_sample_count() -> None:
    """The same followers say more of all if drawn at random lately, and other things if engaged."""
    X, asked = matrix(1, seed=2), samples([400])

    def of(frame: float, age: float) -> FakeFollowersScores:
        drawn = dataclasses.replace(asked, frame=np.array([frame]), age=np.array([age]))
        return fake_followers().score(X, drawn)

    random, old, engaged = of(0.0, 1.0), of(0.0, 900.0), of(2.0, 1.0)
    assert (old.high - old.low > random.high - random.low).all()
    assert (engaged.share > random.share).all()


def test_a_higher_prior_has_a_higher_share() -> None:
    """With the same sample, the history that looks worse has the larger share and risk."""
    model = dataclasses.replace(fake_followers(), prior=Prior(Heap(30.0)))
    X = matrix(40, seed=3)
    order = np.argsort(model.served.raw(model.inputs(X)))
    found = model.score(X[order], samples([0] * 40))
    assert (np.diff(found.share) >= -1e-12).all()
    assert (np.diff(found.risk) >= -1e-12).all()


def test_only_its_columns_are_read() -> None:
    """Other columns of the catalogue change nothing."""
    X, asked = matrix(5, seed=4), samples([0, 10, 0, 50, 0])
    other = np.full_like(X, 123.0)
    places = [NAMES.index(name) for name in AUDIENCE_COLUMNS]
    other[:, places] = X[:, places]
    assert fake_followers().score(X, asked).share.tolist() == (
        fake_followers().score(other, asked).share.tolist()
    )


def test_no_rows() -> None:
    """No rows give no scores."""
    found = fake_followers().score(matrix(0, seed=1), samples([]))
    assert found.share.shape == (0,)
    assert found.level == []


def test_round_trip() -> None:
    """The files and the upstream model give the same model, bit for bit."""
    model = fake_followers()
    upstream = {"fake_accounts": fake_accounts()}
    again = FakeFollowers.from_parts(model.parts(), upstream, model.version)
    X, asked = matrix(8, seed=1), samples(SIZES)
    assert again.parts() == model.parts()
    assert again.score(X, asked).share.tobytes() == model.score(X, asked).share.tobytes()


def test_wrong_parts_are_refused() -> None:
    """An upstream of another kind is refused."""
    model = fake_followers()
    with pytest.raises(TypeError, match="upstream is a Conversion"):
        FakeFollowers.from_parts(model.parts(), {"fake_accounts": conversion()}, "1")
