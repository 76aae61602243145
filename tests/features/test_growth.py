"""Growth features on histories whose story is known."""

import math
from random import Random

import numpy as np
import pytest

from tests.features.histories import Rows, ago, creator, daily, features_of, post, together

DAYS = 170


def organic(seed: int = 1, *, extra: dict[int, float] | None = None, fade: float = 0.0) -> Rows:
    """Return followers that grow by .2 % a day with noise, more on weekends, plus extra gains."""
    random = Random(seed)
    followers, bought, series = 40_000.0, 0.0, []
    for day in range(DAYS):
        weekend = (day % 7) in (0, 1)
        followers *= 1 + random.gauss(0.003 if weekend else 0.0015, 0.001)
        gained = (extra or {}).get(day, 0.0)
        bought = bought * (1 - fade) + gained
        series.append(followers + bought)
    return {"snapshots": daily(series)}


def posts(day_likes: dict[int, int]) -> Rows:
    """Return posts by the day of the history they appeared on."""
    return together(*[post(DAYS - day, likes=likes) for day, likes in day_likes.items()])


USUAL = {day: 800 + (day * 37) % 100 for day in range(3, DAYS - 5, 6)}


def test_size_by_hand() -> None:
    """Sizes are those of the last snapshot, ages those of the rows."""
    rows: Rows = {
        "creators": [creator(created_at=ago(1000))],
        "snapshots": daily([99, 999], following=9, media_count=4),
    }

    found = features_of(rows)

    assert found["log_followers"] == 3.0
    assert found["following_ratio"] == pytest.approx(-2.0)
    assert found["followers_per_post"] == pytest.approx(math.log10(200))
    assert found["history_days"] == 1.0
    assert found["account_age_days"] == 1000.0


def test_growth_by_hand() -> None:
    """Growth is the log growth per 30 days, from the snapshots that the window holds."""
    rows: Rows = {"snapshots": daily([1999] + [0] * 9 + [3999] + [1] * 9 + [7999])}

    assert features_of(rows)["follower_growth_30d"] == pytest.approx(30 * math.log(4) / 20)
    assert features_of(rows)["follower_growth_90d"] == pytest.approx(30 * math.log(4) / 20)


def test_a_single_snapshot_says_nothing_of_growth() -> None:
    """One snapshot gives sizes and a history of zero days, and no growth feature."""
    found = features_of({"snapshots": daily([123_000])})

    assert found["history_days"] == 0.0
    growth = [name for name in found if name.startswith(("growth_", "follower_growth"))]
    assert np.isnan([found[name] for name in growth]).all()


def test_churn_by_hand() -> None:
    """Following 100, 400, 100 over 20 days is 600 changes, 4.5 windows of which make 90 days."""
    rows: Rows = {"snapshots": daily([500] * 21)}
    for row, following in zip(rows["snapshots"], [100] * 10 + [400] + [100] * 10, strict=True):
        row["following"] = following

    assert features_of(rows)["following_churn_90d"] == pytest.approx(600 / 101 * 4.5)


def test_a_bought_burst_stands_out() -> None:
    """A burst is a large, round, unexplained jump that decays; organic growth has none."""
    burst = organic(extra={100: 10_000.0}, fade=0.02)
    calm = organic()

    found, usual = features_of(burst, posts(USUAL)), features_of(calm, posts(USUAL))

    assert found["growth_jump_z_180d"] > 50
    assert usual["growth_jump_z_180d"] < 4
    assert found["growth_jump_size_180d"] == pytest.approx(math.log(1.2), abs=0.03)
    assert found["growth_jump_roundness_180d"] > 0.7
    assert found["growth_jump_explained_180d"] < 0.2
    assert found["growth_jump_decay_180d"] > 0.3
    assert found["growth_jump_response_180d"] < -0.1
    assert found["growth_step_days_180d"] == 1.0
    assert usual["growth_step_days_180d"] == 0.0
    assert found["growth_jump_share_180d"] > 2 * usual["growth_jump_share_180d"]
    assert math.isnan(usual["growth_jump_roundness_180d"])


def test_a_viral_post_explains_a_spike() -> None:
    """A spike beside a post of many likes is explained, and engagement rises with it."""
    spike = organic(extra={100: 6_830.0})
    viral = USUAL | {99: 12_000} | dict.fromkeys(range(105, 130, 6), 1100)

    found = features_of(spike, posts(viral))

    assert found["growth_jump_z_180d"] > 20
    assert found["growth_jump_explained_180d"] > 2.0
    assert found["growth_jump_response_180d"] > 0.0
    assert found["growth_jump_decay_180d"] < 0.1


def test_a_drip_is_even() -> None:
    """Followers bought by the day grow evenly: low variation of gains, no lost day, no weekend."""
    random = Random(3)
    drip: Rows = {"snapshots": daily([40_000 + 200 * d + random.randrange(5) for d in range(DAYS)])}
    natural = features_of(organic())

    found = features_of(drip)

    assert found["growth_gain_cv_90d"] < 0.1 < natural["growth_gain_cv_90d"]
    assert found["growth_loss_days_90d"] == 0.0
    assert abs(found["growth_weekend_ratio_180d"]) < 0.05 < natural["growth_weekend_ratio_180d"]
    assert found["growth_volatility_90d"] < natural["growth_volatility_90d"] / 3


def test_growth_on_posting_days() -> None:
    """Growth that comes with posts lifts the contrast of days with a post to days without."""
    followers, series = 10_000.0, []
    for day in range(60):
        followers *= 1.004 if day % 6 in (0, 1) else 1.001
        series.append(followers)
    # A post at noon of day 5, 11, ... lies in the step to day 6, ... and before the next.
    noon = together(*[post(60 - day - 0.5) for day in range(5, 56, 6)])

    found = features_of({"snapshots": daily(series)}, noon)

    high, low = math.log(1.004), math.log(1.001)
    assert found["growth_post_lift_90d"] == pytest.approx((high - low) / (high + low), rel=0.02)


def test_rounded_counts_are_no_events() -> None:
    """Counts rounded to three digits move in units; one unit is neither jump nor even growth."""
    exact = [1_000_000 * 1.0004**day for day in range(DAYS)]
    rounded: Rows = {"snapshots": daily([round(count, -4) for count in exact])}

    found = features_of(rounded)

    assert found["growth_jump_z_180d"] < 1.5
    assert found["growth_step_days_180d"] == 0.0
    assert math.isnan(found["growth_gain_cv_90d"])
    assert math.isnan(found["growth_jump_share_180d"])
    assert found["follower_growth_90d"] == pytest.approx(30 * math.log(1.0004), rel=0.2)


def test_irregular_snapshots_are_normalised() -> None:
    """Growth per day does not depend on how often it was looked at."""
    weekly = organic()
    weekly["snapshots"] = weekly["snapshots"][DAYS % 7 - 1 :: 7]
    twice = organic()
    twice["snapshots"] += [
        {**row, "observed_at": ago(DAYS - n - 0.01)}
        for n, row in enumerate(twice["snapshots"][:-1])
    ]

    daily_growth = features_of(organic())["follower_growth_90d"]

    assert features_of(weekly)["follower_growth_90d"] == pytest.approx(daily_growth, rel=0.2)
    assert features_of(twice)["follower_growth_90d"] == pytest.approx(daily_growth, rel=0.05)
    assert features_of(twice)["growth_jump_z_180d"] < 5


YEAR = 360


def over_a_year(gains: dict[int, float]) -> Rows:
    """Return followers that grow by .1 % a day, but for what comes or goes on some days."""
    followers, series = 10_000.0, []
    for day in range(YEAR):
        followers = followers * (1.0009 + 0.0002 * (day % 2)) + gains.get(day, 0.0)
        series.append(followers)
    return {"snapshots": daily(series)}


def test_jumps_that_no_post_explains_by_hand() -> None:
    """Of two equal jumps the one beside a post with four times the usual likes counts a quarter."""
    rows = over_a_year({100: 3000.0, 200: 3000.0})
    now = float(str(rows["snapshots"][-1]["followers"]))
    usual = dict.fromkeys(range(3, YEAR, 9), 100)
    beside = usual | {198: 403}

    alone = features_of(rows)["growth_jumps_unexplained_365d"]
    plain = features_of(rows, _posted(usual))["growth_jumps_unexplained_365d"]
    explained = features_of(rows, _posted(beside))["growth_jumps_unexplained_365d"]

    assert alone == plain == pytest.approx(6000 / now, rel=0.01)
    assert explained == pytest.approx(3750 / now, rel=0.01)
    assert features_of(over_a_year({}))["growth_jumps_unexplained_365d"] == 0.0


def _posted(likes: dict[int, int]) -> Rows:
    return together(*[post(YEAR - day, likes=count) for day, count in likes.items()])


def test_a_sudden_loss_by_hand() -> None:
    """The largest loss in a step, against the growth to be expected; growing accounts have none."""
    lost = over_a_year({150: -700.0, 250: -400.0})
    before = float(str(lost["snapshots"][149]["followers"]))

    found = features_of(lost)["growth_drop_size_365d"]

    assert found == pytest.approx(700 / before, rel=0.01)
    assert features_of(over_a_year({}))["growth_drop_size_365d"] < 1e-3


def test_rounding_is_no_loss() -> None:
    """A count that loses one unit of its rounding may have lost nobody."""
    counts = [1_000_000] * 100 + [990_000] * 100
    twice = [1_000_000] * 100 + [980_000] * 100

    assert features_of({"snapshots": daily(counts)})["growth_drop_size_365d"] == 0.0
    assert features_of({"snapshots": daily(twice)})["growth_drop_size_365d"] == pytest.approx(0.01)


@pytest.mark.parametrize(("days", "seen"), [(368, False), (363, True)])
def test_a_year_ends_after_a_year(days: int, seen: bool) -> None:
    """A jump or a loss of more than 365 days ago is not seen."""
    calm = [10_000.0 + day for day in range(400)]
    jumped = [count + 5000.0 * (day >= 400 - days) for day, count in enumerate(calm)]
    fallen = [count - 2000.0 * (day >= 400 - days) for day, count in enumerate(calm)]

    gained = features_of({"snapshots": daily(jumped)})["growth_jumps_unexplained_365d"]
    lost = features_of({"snapshots": daily(fallen)})["growth_drop_size_365d"]

    assert (gained > 0.2) == (lost > 0.1) == seen
