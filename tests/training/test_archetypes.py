"""Reasons tell a creator who bought followers from one whose content finds no niche."""

import math
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import pytest

from features.catalogue import NAMES
from features.computing import Spine, matrix, samples
from features.reader import read
from features.rows import from_rows
from features.tiers import tiers
from models.fake_accounts import FakeAccounts
from models.fake_followers import FakeFollowers
from models.reasons import Peers, Reason, fake_followers_reasons
from tests.features.histories import NOW, Rows, daily, post, together
from tests.training.conftest import DATA
from training import dataset, fake_followers
from training.trained import Trained
from training.world import build

pytestmark = pytest.mark.xdist_group("archetypes")

DAYS = 360
BOUGHT_ON, PURGED_ON = 250, 330


class Told(NamedTuple):
    """What is said of one creator."""

    share: float
    risk: float
    reasons: list[Reason]

    def raising(self, k: int = 3) -> list[Reason]:
        """Return the strongest reasons that raise the share."""
        return [reason for reason in self.reasons if reason.contribution > 0.0][:k]


@pytest.fixture(scope="module")
def model(fitted_accounts: Trained, tmp_path_factory: pytest.TempPathFactory) -> FakeFollowers:
    """Return the audience model of a world large enough for trees."""
    folder: Path = tmp_path_factory.mktemp("world")
    build(folder, creators=600, seed=11)
    tables = read(folder)
    assert isinstance(fitted_accounts.model, FakeAccounts)
    audits = dataset.audits(tables, tables.latest + 1)
    found = fake_followers.train(audits, fitted_accounts.model, DATA, on_world=True, seed=7).model
    assert isinstance(found, FakeFollowers)
    return found


def creator(likes: float, bought: float = 0.0) -> Rows:
    """Return a year of a creator with so many likes per real follower, and a burst some day.

    The burst comes without a post, fades a little every day, and a part of it is purged at once.
    """
    random, followers, fakes = Random(5), 20_000.0, 0.0
    counts, posts = [], []
    for day in range(DAYS):
        followers *= 1.0 + random.gauss(0.0016 if day % 7 < 2 else 0.0008, 0.0012)
        fakes = fakes * 0.997 + (bought if day == BOUGHT_ON else 0.0)
        fakes *= 0.7 if day == PURGED_ON else 1.0
        counts.append(followers + fakes)
        if day % 4 == 2 and day < DAYS - 4:
            liked = round(likes * followers * math.exp(random.gauss(0.0, 0.35)))
            metrics = {"comments": liked // 40, "reach": 9 * liked, "views": 11 * liked}
            posts.append(post(DAYS - day - 0.4, likes=liked, **metrics))
    return together({"snapshots": daily(counts, following=600, media_count=400)}, *posts)


def told(model: FakeFollowers, rows: Rows) -> Told:
    """Return what the model says of a history, as service and batch ask it."""
    tables = from_rows(rows)
    spine = Spine.of(np.zeros(1, np.int64), int(NOW.timestamp() * 1e6))
    X = matrix(tables, spine)
    scores = model.score(X, samples(tables, spine))
    peers = Peers([0.0], tiers(10.0 ** X[:, NAMES.index("log_followers")]))
    (reasons,) = fake_followers_reasons(model, X, scores, peers=peers, k=20)
    return Told(float(scores.share[0]), float(scores.risk[0]), reasons)


def test_bought_and_unfocused_have_other_reasons(model: FakeFollowers) -> None:
    """A burst is told by the jump and the loss it left, a weak niche by posts left unanswered."""
    bought, unfocused = told(model, creator(0.03, bought=14_000)), told(model, creator(0.004))

    first, second = bought.raising(), unfocused.raising()
    assert bought.risk > 0.5 > 2.0 * unfocused.risk
    assert {one.feature for one in first[:2]} <= {
        "growth_jumps_unexplained_365d",
        "growth_drop_size_365d",
        "growth_jump_size_180d",
        "growth_jump_share_180d",
    }
    assert first[0].feature != second[0].feature
    assert not {one.feature for one in first[:2]} & {one.feature for one in second}


def test_words_of_the_two(model: FakeFollowers) -> None:
    """Only the first is told of bought followers alone; neither is called a name."""
    bought, unfocused = told(model, creator(0.03, bought=14_000)), told(model, creator(0.004))

    assert bought.raising()[0].text.endswith(
        "raises the share of followers that look inauthentic: a sign of bought followers"
    )
    unanswered = [one for one in unfocused.reasons if "does not interest" in one.text]
    assert unanswered
    assert all(one.family == "engagement" for one in unanswered)
    assert all("fraud" not in one.text.lower() for one in bought.reasons + unfocused.reasons)
