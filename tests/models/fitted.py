"""Small fitted models for tests: real boosters on synthetic rows, the other numbers by hand."""

from functools import cache

import lightgbm as lgb
import numpy as np
from sklearn.linear_model import LogisticRegression

from features.arrays import Floats, Ints
from features.catalogue import NAMES
from features.samples import Samples
from features.tiers import TIER_NAMES
from models.accounts import ACCOUNT_COLUMNS, account_matrix
from models.aims import Aims
from models.calibration import Calibration
from models.conversion import FAKE_SHARE, Conversion
from models.fake_accounts import FakeAccounts
from models.fake_followers import FakeFollowers
from models.frames import PLACES, REACH, Frames
from models.offset import Offset
from models.pools import Pool, Pools
from models.prior import Heap, Prior
from models.references import References
from models.sample import Doubt, shifts, transfers
from models.served import Served
from models.story import Story
from models.support import Support

AUDIENCE_COLUMNS = ("log_followers", "follower_growth_90d", "growth_jump_z_180d")
CONVERSION_COLUMNS = ("engagement_rate_90d", "log_impressions_90d", "audience_match", FAKE_SHARE)
ACCOUNT_ONES = ("log_followers", "log_following_ratio", "zero_posts", "username_digit_ratio")
TRAINING_SHARE = 0.3


def rows(n: int, width: int, seed: int, unknown: float = 0.1) -> Floats:
    """Return normal numbers, some of them unknown."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, width))
    X[rng.random(X.shape) < unknown] = np.nan
    return X


def trees(X: Floats, label: Floats, start: Floats | None = None) -> str:
    """Return the text of twenty small trees."""
    settings = {
        "objective": "binary",
        "num_leaves": 7,
        "min_data_in_leaf": 20,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": 7,
        "verbosity": -1,
    }
    data = lgb.Dataset(X, label, init_score=start, params={"verbosity": -1})
    return lgb.train(settings, data, num_boost_round=20).model_to_string()


def offset(columns: tuple[str, ...], weight: float = 0.4, intercept: float = -0.5) -> Offset:
    """Return a linear form with alternating signs."""
    k = len(columns)
    return Offset(
        columns=columns,
        intercept=intercept,
        centre=np.linspace(-0.1, 0.1, k),
        scale=np.linspace(0.9, 1.1, k),
        weight=np.array([weight, -weight] * k)[:k],
        missing=np.linspace(-0.2, 0.3, k),
    )


@cache
def served(columns: tuple[str, ...], seed: int = 1, linear: int = 2) -> Served:
    """Return offset and trees fitted on synthetic rows."""
    X = rows(800, len(columns), seed)
    form = offset(columns[:linear])
    start = form.raw(X[:, :linear])
    odds = np.exp(start + np.nan_to_num(X[:, -1] * X[:, 0]))
    label = (np.random.default_rng(seed).random(len(X)) < odds / (1.0 + odds)).astype(np.float64)
    return Served(columns, form, trees(X, label, start))


def follower_rows(n: int, fake: float, seed: int) -> tuple[Floats, Floats]:
    """Return the nine columns of n follower accounts, and which are fake."""
    rng = np.random.default_rng(seed)
    is_fake = rng.random(n) < fake
    values = np.empty((n, 9))
    values[:, 0] = np.where(is_fake, rng.lognormal(3.4, 1.6, n), rng.lognormal(5.8, 0.9, n)).round()
    values[:, 1] = np.where(is_fake, rng.lognormal(6.6, 1.6, n), rng.lognormal(6.0, 0.8, n)).round()
    posts = np.where(rng.random(n) < 0.5, 0.0, rng.lognormal(1.0, 1.0, n))
    values[:, 2] = np.where(is_fake, posts, rng.lognormal(3.3, 1.3, n)).round()
    values[:, 3] = rng.random(n) < np.where(is_fake, 0.6, 0.98)
    values[:, 4] = rng.random(n) < np.where(is_fake, 0.3, 0.7)
    values[:, 5] = rng.integers(5, 20, n)
    values[:, 6] = np.where(is_fake, rng.poisson(2.0, n), rng.poisson(0.3, n))
    values[:, 7] = values[:, 6] / values[:, 5]
    values[:, 8] = np.where(rng.random(n) < 0.5, 0.0, rng.integers(1, 150, n))
    return values, is_fake.astype(np.float64)


@cache
def fake_accounts() -> FakeAccounts:
    """Return an account model fitted on 3,000 made-up accounts and calibrated on as many."""
    values, is_fake = follower_rows(6000, TRAINING_SHARE, seed=11)
    # Some sources lack some columns: each account loses up to all of them.
    rng = np.random.default_rng(12)
    values[rng.random(values.shape) < rng.choice([0.0, 0.3, 1.0], (6000, 1), p=[0.8, 0.1, 0.1])] = (
        np.nan
    )
    X = account_matrix(values)[:, [ACCOUNT_COLUMNS.index(name) for name in ACCOUNT_ONES]]
    intercept = float(np.log(TRAINING_SHARE / (1.0 - TRAINING_SHARE)))
    fit, rest = slice(0, 3000), slice(3000, 6000)
    text = trees(X[fit], is_fake[fit], np.full(3000, intercept))
    form = Served(ACCOUNT_ONES, Offset.constant(intercept), text)
    line = LogisticRegression(C=1e6).fit(form.raw(X[rest])[:, None], is_fake[rest])
    return FakeAccounts(
        version="3",
        served=form,
        calibration=Calibration(float(line.intercept_[0]), float(line.coef_[0, 0])),
        training_share=TRAINING_SHARE,
        doubt=Doubt(2000.0, transfers(real=(0.0, 0.01), fake=(1.0, 0.94)), shifts=shifts(0.15)),
    )


def near(place: int) -> Floats:
    """Return weights of odds' factors: half at a place from the middle, a quarter beside it."""
    weights = np.zeros(PLACES)
    weights[REACH + place - 1 : REACH + place + 2] = 0.25, 0.5, 0.25
    return weights


def fresh_and_random() -> Frames:
    """Return frames that take every sample at its word, however and whenever it was drawn."""
    same = np.eye(1, PLACES, REACH)[0]
    return Frames(np.array([same] * 4), same, 400.0)


@cache
def fake_followers() -> FakeFollowers:
    """Return an audience model over three growth columns."""
    return FakeFollowers(
        version="5",
        served=served(AUDIENCE_COLUMNS, seed=2),
        calibration=Calibration(-1.2, 0.6),
        prior=Prior(Heap(8.0)),
        accounts=fake_accounts(),
        frames=Frames(np.array([near(0), near(1), near(-3), near(0)]), near(0), 400.0),
        references=references(AUDIENCE_COLUMNS),
    )


@cache
def conversion() -> Conversion:
    """Return a conversion model over three columns of the catalogue and the fake share."""
    return Conversion(
        version="7",
        served=served(CONVERSION_COLUMNS, seed=4),
        level=0.3,
        slope=0.9,
        spread=spread(),
        pools=pools(),
        support=Support.none(),
        story=Story(0.2, Calibration(0.05, 0.95)),
        followers=fake_followers(),
        references=references(CONVERSION_COLUMNS),
    )


def spread() -> Offset:
    """Return a dispersion that is larger where the audience's match is unknown."""
    one, none = np.ones(1), np.zeros(1)
    return Offset(("audience_match",), np.log(0.5), none, one, none, np.array([0.6]))


def pools() -> Pools:
    """Return effects of two brands, one category and no market."""
    brand = Pool(0.05, np.array([11, 12]), np.array([0.2, -0.1]), np.array([0.01, 0.03]))
    category = Pool(0.02, np.array([21]), np.array([0.1]), np.array([0.005]))
    return Pools(
        {"market": Pool.none(), "category": category, "brand": brand}, 0.08, 0.5, usual=0.06
    )


def aims(goal: Floats, brand: int = 11) -> Aims:
    """Return what briefs of one brand, or of an unknown one, ask for."""
    code = np.full(len(goal), brand, np.int64)
    return Aims(goal, code, code + 10, code - 11)


def references(columns: tuple[str, ...]) -> References:
    """Return the quantiles of 600 made-up creators on Instagram and TikTok."""
    rng = np.random.default_rng(6)
    tier = [TIER_NAMES[place] for place in rng.integers(0, 3, 600)]
    X = rows(600, len(columns), seed=8)
    return References.from_matrix(columns, X, rng.integers(0, 2, 600).astype(np.float64), tier)


def matrix(n: int, seed: int) -> Floats:
    """Return rows of the whole catalogue."""
    return rows(n, len(NAMES), seed)


def samples(sizes: list[int], seed: int = 5) -> Samples:
    """Return follower samples of the given sizes, their fake shares going up."""
    shares = np.linspace(0.02, 0.6, max(len(sizes), 1))
    parts = [
        follower_rows(size, share, seed + place)[0]
        for place, (size, share) in enumerate(zip(sizes, shares, strict=False))
    ]
    offsets: Ints = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    values = np.concatenate([*parts, np.empty((0, 9))])
    there = np.array(sizes) > 0
    frame = np.where(there, np.arange(len(sizes)) % 4.0, np.nan)
    age = np.where(there, 40.0 * np.arange(len(sizes)), np.nan)
    return Samples(offsets=offsets, values=values, frame=frame, age=age)


def only(asked: Samples, row: int) -> Samples:
    """Return the sample of one row alone."""
    start, stop = asked.offsets[row], asked.offsets[row + 1]
    return Samples(
        offsets=np.array([0, stop - start], dtype=np.int64),
        values=asked.values[start:stop],
        frame=asked.frame[row : row + 1],
        age=asked.age[row : row + 1],
    )
