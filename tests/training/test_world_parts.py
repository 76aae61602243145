"""The mechanisms planted in the world are there, and its margins are the published ones."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.stats import chisquare, nbinom

from training.world import World, accounts, figures, outcomes, simulate
from training.world.draws import LEVELS, from_quantiles
from training.world.growth import Growth, grow
from training.world.metrics import like_rate, reach_rate
from training.world.population import Population, population
from training.world.snapshots import three_digits
from training.world.timeline import timeline

DAYS = 546


def stream(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@pytest.fixture(scope="module")
def people() -> Population:
    return population(stream(1), 1_500, DAYS, 1)


@pytest.fixture(scope="module")
def growth(people: Population) -> Growth:
    return grow(stream(2), people, DAYS)


@pytest.fixture(scope="module")
def small() -> World:
    return simulate(creators=100, seed=3)


@pytest.fixture(scope="module")
def tables(small: World) -> dict[str, pd.DataFrame]:
    return {name: table.to_pandas() for name, table in small.tables.items()}


def test_published_quantiles_come_back() -> None:
    """Draws from a quantile table fall between its quantiles as often as they should."""
    drawn = from_quantiles(stream(3).random(4_000), figures.INSTAFAKE_REAL["following"])
    edges = [-1.0, *figures.INSTAFAKE_REAL["following"], 1e9]
    seen = np.histogram(drawn, bins=edges)[0]
    assert chisquare(seen, 4_000 * np.diff(LEVELS)).pvalue > 0.01


@pytest.mark.parametrize(
    ("kind", "share", "expected"),
    [
        (accounts.PERSON, "private", 0.724),
        (accounts.PERSON, "picture", 0.987),
        (accounts.EMPTY, "picture", 0.605),
        (accounts.EMPTY, "private", 0.325),
        (accounts.SPAM, "picture", 0.428),
    ],
)
def test_flags_of_a_kind_are_the_published_shares(kind: int, share: str, expected: float) -> None:
    """InstaFake's and Kaggle's accounts have their pictures and their privacy."""
    drawn = accounts.draw(stream(4), np.full(3_000, kind))
    assert getattr(drawn, share).mean() == pytest.approx(expected, abs=0.03)


def test_most_bought_accounts_are_empty() -> None:
    """InstaFake's fakes: 57.5 % without posts, half following more than 1,500."""
    drawn = accounts.draw(stream(5), np.full(3_000, accounts.EMPTY))
    assert (drawn.posts == 0).mean() == pytest.approx(0.6, abs=0.08)
    assert (drawn.following > 1_500).mean() == pytest.approx(0.495, abs=0.06)


def test_names_hold_their_digits() -> None:
    """No name has more digits than letters, and nobody follows more than the limit."""
    drawn = accounts.draw(stream(6), stream(7).integers(0, 8, 4_000))
    assert (drawn.name_digits <= drawn.name_length).all()
    assert drawn.following.max() <= accounts.FOLLOWING_LIMIT


def test_platforms_have_their_weights(people: Population) -> None:
    """Creators spread over the platforms as configured."""
    weights = np.array(figures.PLATFORM_WEIGHTS) / sum(figures.PLATFORM_WEIGHTS)
    assert chisquare(np.bincount(people.platform), 1_500 * weights).pvalue > 0.01


def test_a_quarter_of_audiences_are_above_the_limit(growth: Growth) -> None:
    """The share of creators at .25 or more is near the published third."""
    assert 0.2 < (growth.share()[:, DAYS // 2] >= 0.25).mean() < 0.33


def test_honest_creators_have_the_published_share(people: Population, growth: Growth) -> None:
    """Creators who buy nothing are below a tenth about as often as Heepsy found for micro."""
    honest = growth.share()[people.regime == 0, 0]
    assert (honest < 0.10).mean() == pytest.approx(0.47, abs=0.08)


def test_a_burst_raises_the_share(people: Population, growth: Growth) -> None:
    """The share of those who buy at once jumps on the days they do."""
    share, bought = growth.share(), growth.bought
    for creator in np.flatnonzero(people.regime == 1)[:50]:
        if bought[creator].max() > 0.1 * growth.real[creator].mean():
            day = min(int(bought[creator].argmax()), DAYS - 2)
            assert share[creator, day + 1] > share[creator, day]


def test_bursts_are_round_and_drips_are_not_bursts(people: Population, growth: Growth) -> None:
    """Bursts add up to the packages shops sell; a drip brings no tenth of it in a day."""
    bursts = growth.bought[people.regime == 1].sum(axis=1)
    assert np.allclose(bursts % 500, 0, atol=1e-6) or np.allclose(np.rint(bursts) % 500, 0)
    drips = growth.bought[people.regime == 2]
    drips = drips[drips.sum(axis=1) > 0]
    assert (drips.max(axis=1) < 0.1 * drips.sum(axis=1)).all()


def test_benign_spikes_bring_no_fakes(people: Population, growth: Growth) -> None:
    """A giveaway or shout-out is a spike that leaves the share where it was."""
    events = growth.events
    big = (events.size > 0.15) & (events.kind != 1) & (events.day < DAYS - 10)
    honest = big & (people.regime[events.creator] == 0)
    creator, day = events.creator[honest], events.day[honest]
    assert len(creator) > 10
    jump = growth.total()[creator, day + 4] / growth.total()[creator, day]
    assert np.median(jump) > 1.08
    share = growth.share()
    assert np.abs(share[creator, day + 4] - share[creator, day]).max() < 0.03


def test_some_leave_in_numbers(people: Population, growth: Growth) -> None:
    """Real followers leave at once too, so that not every sudden loss is a purge of fakes."""
    honest = growth.real[people.regime == 0]
    honest = honest[honest.min(axis=1) > 2_000]
    worst = -np.diff(np.log(honest), axis=1).min(axis=1)
    assert 0.15 < (worst > 0.01).mean() < 0.7


def test_some_shout_outs_come_without_a_post(growth: Growth) -> None:
    """Whom another account names has a spike and no post; giveaways and viral posts have theirs."""
    events, posted = growth.events, growth.events.posted()
    count = [(events.kind == kind).sum() for kind in range(3)]
    assert [(posted.kind == kind).sum() for kind in range(2)] == count[:2]
    assert 0.3 < (posted.kind == 2).sum() / count[2] < 0.7


def test_truth_tells_every_spike(small: World) -> None:
    """Bursts are those of creators who bought them, and benign spikes come to everybody."""
    spikes = small.truth["spikes"].to_pandas()
    buys = small.truth["creators"].to_pandas().set_index("creator_id").buys
    by = spikes.creator_id.map(buys)
    assert set(by[spikes.kind == "bought"]) <= {"burst", "both"}
    assert {"giveaway", "viral", "shout_out"} <= set(spikes.kind[by == "none"])
    assert (spikes["size"] > 0).all()


def test_likes_fall_until_eighty_thousand() -> None:
    """Likes per follower fall to 80,000 followers and rise slowly after."""
    rate = like_rate(np.array([5e3, 2e4, 8e4, 2e6]))
    assert rate[0] > rate[1] > rate[2] < rate[3]
    assert (np.diff(reach_rate(np.array([5e3, 2e4, 1e5, 2e6]))) < 0).all()


def test_fakes_do_not_engage(people: Population, growth: Growth) -> None:
    """Likes follow real followers, so a bought audience shows a lower rate."""
    real, total = growth.real[:, -1], growth.total()[:, -1]
    shown = like_rate(real) * real / total
    bought = growth.share()[:, -1] > 0.4
    assert shown[bought].mean() < 0.8 * shown[~bought].mean()


def test_youtube_counts_have_three_digits() -> None:
    """Subscribers are rounded down to three significant digits, as YouTube shows them."""
    shown = three_digits(np.array([999.0, 1_234, 98_765, 1_234_567]))
    assert shown.tolist() == [999, 1_230, 98_700, 1_230_000]


def test_chance_is_that_of_the_gamma_poisson() -> None:
    """The stated probability is the negative binomial's, and falls as the goal rises."""
    mean, goal = np.array([0.5, 4.0, 30.0]), np.array([1, 3, 50])
    size = outcomes.DISPERSION
    expected = nbinom.sf(goal - 1, size, size / (size + mean))
    assert np.allclose(outcomes.chance(mean, goal), expected)
    assert (np.diff(outcomes.chance(np.full(9, 5.0), np.arange(1, 10))) < 0).all()


def test_counts_are_over_dispersed() -> None:
    """The variance of the counts is the gamma-Poisson's, well above the mean."""
    drawn = outcomes.counts(stream(8), np.full(20_000, 10.0))
    assert drawn.mean() == pytest.approx(10, rel=0.03)
    assert drawn.var() == pytest.approx(10 + 100 / outcomes.DISPERSION, rel=0.08)


def test_outcomes_only_grow_until_day_thirty(tables: dict[str, pd.DataFrame]) -> None:
    """Cumulative conversions are never negative and fall only by a refund after day 30."""
    rows = tables["outcomes"].merge(tables["collaborations"], on="collaboration_id")
    rows = rows.drop_duplicates(["collaboration_id", "observed_at"])
    rows = rows.sort_values(["collaboration_id", "observed_at"])
    age = (rows.observed_at - rows.published_at).dt.total_seconds() / 86_400
    assert (age > 0).all()
    change = rows.groupby("collaboration_id").conversions.diff()
    assert (rows.conversions.dropna() >= 0).all()
    assert not (change[age <= 31] < 0).any()
    assert (change[age > 31].dropna() >= -2).all()


def test_outcomes_are_late_and_partial(tables: dict[str, pd.DataFrame]) -> None:
    """A good part of the conversions comes after the first week, and some reports stop early."""
    rows = tables["outcomes"].merge(tables["collaborations"], on="collaboration_id")
    age = (rows.observed_at - rows.published_at).dt.total_seconds() / 86_400
    week = rows.conversions[(age - 7).abs() < 0.01].mean()
    month = rows.conversions[(age - 30).abs() < 0.01].mean()
    assert 0.5 < week / month < 0.9
    last = age.groupby(rows.collaboration_id).max()
    assert 0.02 < (last < 29).mean() < 0.3


def test_shares_in_breakdowns_add_up(tables: dict[str, pd.DataFrame]) -> None:
    """The shares of a dimension at one look never exceed one."""
    sums = tables["audience"].groupby(["creator_id", "observed_at", "dimension"]).share.sum()
    assert sums.max() < 1.001
    assert sums.min() > 0.1


def test_brands_see_what_we_do_not(small: World, tables: dict[str, pd.DataFrame]) -> None:
    """The chosen are no random draw of those who applied: their unseen appeal is higher."""
    truth = small.truth["creators"].to_pandas().set_index("creator_id")
    applied = tables["applications"].creator_id.map(truth.appeal)
    chosen = tables["collaborations"].creator_id.map(truth.appeal)
    assert chosen.mean() > applied.mean()


def test_audits_find_the_share(small: World, tables: dict[str, pd.DataFrame]) -> None:
    """Audits lie around the true share of their month."""
    truth = small.truth["fake_shares"].to_pandas().rename(columns={"as_of": "observed_at"})
    found = pd.merge_asof(
        tables["audits"].sort_values("observed_at"),
        truth.sort_values("observed_at"),
        on="observed_at",
        by="creator_id",
    )
    error: npt.NDArray[np.float64] = (found.fake_share_x - found.fake_share_y).to_numpy()
    assert abs(np.median(error)) < 0.02
    assert np.quantile(np.abs(error), 0.9) < 0.12


def test_the_end_is_fixed() -> None:
    """Eighteen months start on the first day of 2025 and have every month's first moment."""
    span = timeline(18)
    assert span.days == DAYS
    assert len(span.months()) == 19
    assert span.months()[0] == span.start
    assert span.months()[-1] == span.end
