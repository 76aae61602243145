"""The fit of the conversion model."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given as given_
from hypothesis import settings
from hypothesis import strategies as st

from features.catalogue import NAMES
from models.conversion import FAKE_SHARE, GOAL_COLUMNS, Conversion
from models.trees import missing_types
from tests.training.conftest import DATA
from training.conversion import Given, NoOutcomesError, scores, train
from training.dataset import Rows, posterior
from training.forecast import COLUMNS, OFFER, SIGNS
from training.splits import is_unseen
from training.trained import Trained

NONE = np.arange(0)

pytestmark = pytest.mark.xdist_group("fits")


def _model(trained: Trained) -> Conversion:
    assert isinstance(trained.model, Conversion)
    return trained.model


def test_columns_know_no_goal() -> None:
    """The score reads everything but what knows the goal, and the fake share."""
    assert set(COLUMNS) == {*NAMES, FAKE_SHARE} - set(GOAL_COLUMNS)
    assert set(OFFER) < set(COLUMNS)
    assert set(SIGNS) - {"log_goal"} < set(COLUMNS)


def test_it_beats_the_constant_on_later_time(fitted_conversion: Trained) -> None:
    """On later collaborations the model is better than their own base rate."""
    metrics = fitted_conversion.metrics

    assert metrics["log_loss"].high < metrics["log_loss_constant"].value  # type: ignore[operator]
    assert fitted_conversion.settings["form"] != "constant"
    assert fitted_conversion.settings["judged_on"] == "held-out time"


def test_training_rows_matured_before_the_judged_began(
    collaborations: Rows, fitted_conversion: Trained
) -> None:
    """The twin's rows end where the judged rows begin; known creators are those it trained on."""
    held = fitted_conversion.held_out
    known = set(np.asarray(held.creator_id)[held.known])
    trained = collaborations.as_of < held.as_of.min()

    assert known <= {
        name for name, row in zip(collaborations.creator_id, trained, strict=True) if row
    }


@pytest.mark.parametrize(
    ("column", "step"), [("log_target_reach", 0.7), ("log_impressions_90d", 0.7), (FAKE_SHARE, 0.3)]
)
def test_direction(
    column: str, step: float, collaborations: Rows, fitted_conversion: Trained
) -> None:
    """More reach never lowers the probability, a larger fake share never raises it."""
    model = _model(fitted_conversion)
    X, share = collaborations.X.copy(), posterior(model.followers, collaborations).share
    before = model.score(X, share, collaborations.aim).probability

    if column == FAKE_SHARE:
        share = np.minimum(share + step, 1.0)
    else:
        X[:, NAMES.index(column)] += step
    after = model.score(X, share, collaborations.aim).probability

    assert (SIGNS[column] * (after - before) >= -1e-12).all()  # sums in floating point


def test_higher_goals_are_less_likely(collaborations: Rows, fitted_conversion: Trained) -> None:
    """Raising the goal never raises the probability, and never moves the expected count."""
    model = _model(fitted_conversion)
    higher = replace(collaborations.aim, goal=collaborations.goal + 3.0)

    low, high = scores(model, collaborations), scores(model, replace(collaborations, aim=higher))

    assert (high.probability < low.probability).all()
    np.testing.assert_array_equal(high.expected, low.expected)


def test_every_split_knows_the_unknown(fitted_conversion: Trained) -> None:
    """The missing type of every split is NaN, so an absent fee is not a fee of zero."""
    assert missing_types(_model(fitted_conversion).served.booster) <= {"nan"}


def test_few_collaborations_give_something_honest(given: Given, collaborations: Rows) -> None:
    """From a dozen collaborations a constant ships, whose probability still falls with the goal."""
    few = collaborations.take(np.arange(12))

    found = train(replace(given, rows=few, earlier=lambda _: few.take(NONE)), DATA, seed=7)

    easy, hard = (
        replace(few, aim=replace(few.aim, goal=np.full(12, goal))) for goal in (1.0, 50.0)
    )
    assert found.settings["form"] == "constant"
    model = _model(found)
    assert (scores(model, easy).probability > scores(model, hard).probability).all()


def test_no_outcome_is_refused(given: Given) -> None:
    """Without a mature collaboration the error says what is missing."""
    with pytest.raises(NoOutcomesError, match="30 days or more after publishing"):
        train(replace(given, rows=given.rows.take(NONE)), DATA, seed=7)


def test_young_collaborations_are_learned_from(given: Given, fitted_conversion: Trained) -> None:
    """Those that are too young to judge count by what has arrived, and judge nothing."""
    young = [
        name for name, part in zip(given.rows.row_id, given.rows.share, strict=True) if part < 1.0
    ]

    assert int(fitted_conversion.settings["young_rows"]) == len(young) > 0
    assert not set(young) & set(fitted_conversion.held_out.row_id)


def test_strangers_are_judged_by_a_twin_that_never_saw_them(fitted_conversion: Trained) -> None:
    """A second twin answers for a fifth of the creators, and otherwise than the first."""
    held = fitted_conversion.held_out
    asked = np.isfinite(held.apart)

    np.testing.assert_array_equal(asked, is_unseen(held.creator_id))
    assert (held.apart[asked] != held.prediction[asked]).all()


def test_answer_is_the_models_own(fitted_conversion: Trained) -> None:
    """Another model answers the held-out rows with its own copy of the audience model."""
    answers = fitted_conversion.answer(fitted_conversion.model)

    assert answers.shape == fitted_conversion.held_out.label.shape
    assert ((answers > 0.0) & (answers < 1.0)).all()


REACH = ("log_impressions_90d", "log_target_reach", "reach_rate_90d", "view_rate_90d")


@settings(max_examples=40)
@given_(seed=st.integers(0, 10**6), size=st.floats(0.0, 3.0))
def test_worse_pairs_are_never_likelier(
    seed: int, size: float, collaborations: Rows, fitted_conversion: Trained
) -> None:
    """Over random pairs a higher goal, less reach or more fakes never raises the probability."""
    model, random = _model(fitted_conversion), np.random.default_rng(seed)
    creator, brief = random.integers(0, len(collaborations), (2, 60))
    X, aim = collaborations.X[creator].copy(), collaborations.aim.take(brief)
    share = random.random(60)
    before = model.score(X, share, aim).probability

    X[:, [NAMES.index(name) for name in REACH]] -= size * random.random((60, len(REACH)))
    less = model.score(X, share, aim).probability
    fakes = model.score(X, share + (1.0 - share) * random.random(60), aim).probability
    goal = aim.goal + random.integers(0, 30, 60)
    most = model.score(X, share, replace(aim, goal=goal)).probability

    for better, worse in ((before, less), (less, fakes), (less, most)):
        assert (worse <= better * (1.0 + 1e-9)).all()  # scores are sums in floating point
