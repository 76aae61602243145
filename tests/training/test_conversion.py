"""The fit of the conversion model."""

import numpy as np
import pytest

from features.catalogue import NAMES
from models.conversion import FAKE_SHARE, GOAL_COLUMNS, Conversion
from models.fake_followers import FakeFollowers
from models.trees import missing_types
from tests.training.conftest import DATA
from training.conversion import COLUMNS, OFFER, SIGNS, NoOutcomesError, goals, questions, train
from training.dataset import Rows, posterior
from training.trained import Trained

pytestmark = pytest.mark.xdist_group("fits")


def _model(trained: Trained) -> Conversion:
    assert isinstance(trained.model, Conversion)
    return trained.model


def _carried(trained: Trained) -> FakeFollowers:
    assert isinstance(trained.model, FakeFollowers)
    return trained.model


def test_columns_know_no_goal() -> None:
    """The score reads everything but what knows the goal, and the fake share."""
    assert set(COLUMNS) == {*NAMES, FAKE_SHARE} - set(GOAL_COLUMNS)
    assert set(OFFER) < set(COLUMNS)
    assert set(SIGNS) - {"log_goal"} < set(COLUMNS)


def test_questions_begin_with_the_own_goal() -> None:
    """Each collaboration is asked its own goal first; weights sum to one."""
    found = questions(np.array([3.0, 0.0]), np.array([2.0, 5.0]), np.array([1.0, 4.0]))

    assert np.exp(found.log_goal).round().tolist() == [[2.0, 1.0, 4.0], [5.0, 1.0, 4.0]]
    assert found.hit.tolist() == [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    assert found.weight.sum(axis=1).tolist() == pytest.approx([1.0, 1.0])


def test_grid_of_goals_is_whole_and_begins_at_one() -> None:
    """Further goals are whole numbers from 1 on, also where no collaboration brought anything."""
    assert goals(np.zeros(9), np.ones(9)).tolist() == [1.0]
    grid = goals(np.arange(200.0), np.full(200, 10.0))
    assert grid[0] == 1.0
    assert (grid == np.rint(grid)).all()


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
    trained = collaborations.known < held.as_of.min()

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
    before = model.score(X, share, collaborations.goal).probability

    if column == FAKE_SHARE:
        share = np.minimum(share + step, 1.0)
    else:
        X[:, NAMES.index(column)] += step
    after = model.score(X, share, collaborations.goal).probability

    assert (SIGNS[column] * (after - before) >= -1e-12).all()  # sums in floating point


def test_higher_goals_are_less_likely(collaborations: Rows, fitted_conversion: Trained) -> None:
    """Raising the goal never raises the probability, and never moves the expected count."""
    model = _model(fitted_conversion)
    share = posterior(model.followers, collaborations).share

    low = model.score(collaborations.X, share, collaborations.goal)
    high = model.score(collaborations.X, share, collaborations.goal + 3.0)

    assert (high.probability < low.probability).all()
    np.testing.assert_array_equal(high.expected, low.expected)


def test_every_split_knows_the_unknown(fitted_conversion: Trained) -> None:
    """The missing type of every split is NaN, so an absent fee is not a fee of zero."""
    assert missing_types(_model(fitted_conversion).served.booster) <= {"nan"}


def test_few_collaborations_give_something_honest(
    collaborations: Rows, fitted_followers: Trained
) -> None:
    """From a dozen collaborations a constant ships, whose probability still falls with the goal."""
    few = collaborations.take(np.arange(12))

    found = train(few, _carried(fitted_followers), DATA, on_world=False, seed=7)

    model = _model(found)
    share = np.full(12, 0.2)
    assert found.settings["form"] == "constant"
    easy, hard = (model.score(few.X, share, np.full(12, goal)).probability for goal in (1.0, 50.0))
    assert (easy > hard).all()


def test_no_outcome_is_refused(collaborations: Rows, fitted_followers: Trained) -> None:
    """Without a mature collaboration the error says what is missing."""
    with pytest.raises(NoOutcomesError, match="30 days or more after publishing"):
        train(
            collaborations.take(np.arange(0)),
            _carried(fitted_followers),
            DATA,
            on_world=False,
            seed=7,
        )


def test_answer_is_the_models_own(fitted_conversion: Trained) -> None:
    """Another model answers the held-out rows with its own copy of the audience model."""
    answers = fitted_conversion.answer(fitted_conversion.model)

    assert answers.shape == fitted_conversion.held_out.label.shape
    assert ((answers > 0.0) & (answers < 1.0)).all()
