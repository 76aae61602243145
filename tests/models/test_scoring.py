"""The one path from rows to scores."""

import dataclasses

import numpy as np
import pytest

from models.prior import Heap, Prior
from models.scoring import Champions, audience_scores, conversion_scores
from tests.models.fitted import aims, conversion, fake_accounts, fake_followers, matrix, samples

X = matrix(4, seed=7)
ASKED = samples([0, 30, 200, 0])
GOAL = np.array([1.0, 5.0, np.nan, 20.0])
ALL = Champions(fake_accounts(), fake_followers(), conversion())


def test_versions_name_the_models_there_are() -> None:
    """A model without a champion has no version."""
    assert ALL.versions() == {"fake_accounts": "3", "fake_followers": "5", "conversion": "7"}
    assert Champions(conversion=conversion()).versions() == {"conversion": "7"}


def test_absent_models_leave_their_block_empty() -> None:
    """Without a champion its scores are None, the others answer as ever."""
    nothing = audience_scores(Champions(), X, ASKED)
    assert (nothing.followers, nothing.conversion_share) == (None, None)
    assert conversion_scores(Champions(), X, None, aims(GOAL)) is None
    audience_only = audience_scores(Champions(fake_followers=fake_followers()), X, ASKED)
    assert audience_only.followers is not None
    assert audience_only.conversion_share is None
    conversion_only = audience_scores(Champions(conversion=conversion()), X, ASKED)
    assert conversion_only.followers is None
    assert conversion_only.conversion_share is not None


def test_conversion_uses_its_own_copy() -> None:
    """A newer audience champion changes the audience's scores and no conversion."""
    newer = dataclasses.replace(fake_followers(), version="6", prior=Prior(Heap(40.0)))
    lagging = Champions(fake_followers=newer, conversion=conversion())
    before, after = audience_scores(ALL, X, ASKED), audience_scores(lagging, X, ASKED)
    assert ALL.one_share
    assert not lagging.one_share
    assert before.conversion_share is not None
    assert after.conversion_share is not None
    assert before.conversion_share.tobytes() == after.conversion_share.tobytes()
    assert before.followers is not None
    assert after.followers is not None
    assert before.followers.share.tobytes() != after.followers.share.tobytes()


def test_pairs_without_a_brief_have_no_conversion() -> None:
    """A row without a goal is NaN and the others are not."""
    found = conversion_scores(ALL, X, audience_scores(ALL, X, ASKED).conversion_share, aims(GOAL))
    assert found is not None
    assert np.isnan(found.probability).tolist() == [False, False, True, False]


def test_scores_older_than_the_conversion_model_are_refused() -> None:
    """Audience scores without the conversion model's share cannot be used for it."""
    with pytest.raises(ValueError, match="score or publish it again"):
        conversion_scores(ALL, X, None, aims(GOAL))
