"""Time is cut where the contract says, to the microsecond."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from features.arrays import UNKNOWN_TIME
from features.view import visible
from tests.features.histories import NOW, Rows, ago, creator, daily, features_of, post

MICROSECOND = timedelta(microseconds=1)


def test_visible_is_before_and_not_yet_hidden() -> None:
    """A row is visible where known < as_of <= hidden."""
    known = np.array([1, 2, 3, 1, 1])
    hidden = np.array([UNKNOWN_TIME, UNKNOWN_TIME, UNKNOWN_TIME, 2, 1])

    assert visible(known, hidden, 2).tolist() == [True, False, False, True, False]


def test_a_row_known_now_is_not_visible() -> None:
    """A snapshot observed exactly at as_of is not seen, one a microsecond earlier is."""
    rows: Rows = {"snapshots": daily([1000, 1300])}

    assert features_of(rows, as_of=ago(1))["log_followers"] == np.log10(1001)
    assert features_of(rows, as_of=ago(1) + MICROSECOND)["log_followers"] == np.log10(1301)


@pytest.mark.parametrize(("days", "posts"), [(90, 1.0), (90 + 1 / 86_400e6, 0.0)])
def test_windows_hold_their_first_moment(days: float, posts: float) -> None:
    """A post exactly 90 days old is in the window, one a microsecond older is not."""
    assert features_of(post(days))["posts_per_week_90d"] == pytest.approx(7 * posts / 90)


def test_metrics_are_the_last_visible_ones() -> None:
    """A post counts with the last metrics before as_of; with immature ones it does not count."""
    rows = post(20, likes=100)
    rows["post_metrics"].append({"post_id": "post20", "observed_at": ago(5), "likes": 500})
    rows["snapshots"] = daily([1000] * 25)

    def rate(as_of: datetime) -> float:
        return features_of(rows, as_of=as_of)["engagement_rate_90d"]

    assert rate(NOW) == 0.5
    assert rate(ago(5)) == 0.1
    assert np.isnan(rate(ago(17)))


def test_a_conflicting_post_disappears_when_its_rival_is_known() -> None:
    """Two posts of one id that differ are seen as one until the second is known, then as none."""
    rows = post(20, post_id="same")
    rows["posts"].append({"post_id": "same", "creator_id": "ada", "posted_at": ago(10)})

    assert features_of(rows, as_of=ago(10))["days_since_post"] == 10.0
    assert np.isnan(features_of(rows, as_of=ago(10) + MICROSECOND)["days_since_post"])


def test_undated_statements_stay_out_of_training() -> None:
    """Verified without a time counts in scoring; with a time it counts only from then on."""
    undated: Rows = {"creators": [creator(is_verified=True)]}
    dated: Rows = {"creators": [creator(is_verified=True, observed_at=ago(5))]}

    assert features_of(undated)["is_verified"] == 1.0
    assert features_of(dated)["is_verified"] == 1.0
    assert np.isnan(features_of(dated, as_of=ago(5))["is_verified"])


def test_followers_at_publishing() -> None:
    """They are those of the last snapshot then, or of the first one for an older post."""
    rows: Rows = {"snapshots": daily([1000, 2000, 4000])}

    assert features_of(rows, post(2.5, likes=100), as_of=NOW + timedelta(days=3))[
        "engagement_rate_30d"
    ] == pytest.approx(0.1)
    assert features_of(rows, post(20, likes=100))["engagement_rate_30d"] == pytest.approx(0.1)
    assert features_of(rows, post(1, likes=100), as_of=NOW + timedelta(days=3))[
        "engagement_rate_30d"
    ] == pytest.approx(0.025)


def test_the_last_breakdown_and_sample_count() -> None:
    """Only the last visible breakdown of a dimension and the last visible sample are read."""
    follower = {"creator_id": "ada", "followers": 10, "following": 99, "posts": 0}
    rows: Rows = {
        "audience": [
            {
                "creator_id": "ada",
                "observed_at": ago(days),
                "dimension": "country",
                "value": value,
                "share": share,
            }
            for days, value, share in [(9, "DE", 0.9), (3, "DE", 0.6), (3, "FR", 0.4)]
        ],
        "followers": [
            {**follower, "observed_at": ago(9), "sample_id": "old"},
            {**follower, "observed_at": ago(4), "sample_id": "new", "posts": 3},
            {**follower, "observed_at": ago(3), "sample_id": "new"},
        ],
    }

    late, early = features_of(rows), features_of(rows, as_of=ago(3))

    assert (late["audience_top_country"], early["audience_top_country"]) == (0.6, 0.9)
    assert (late["sample_zero_posts"], early["sample_zero_posts"]) == (0.5, 0.0)
    assert features_of(rows, as_of=ago(4))["sample_zero_posts"] == 1.0
