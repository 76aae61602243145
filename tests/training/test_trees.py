"""Trees on an offset: monotone, reproducible, and never blind to the unknown."""

import numpy as np
import pytest

from models.trees import missing_types
from tests.training import toys
from training.learning import Plan, learn, masked
from training.trees import MASKED, Growth, mask, parameters


def test_every_split_knows_the_unknown() -> None:
    """The missing type of every split is NaN, also of features that were never missing."""
    task = toys.binary()
    complete = np.nan_to_num(task.X)

    fitted = learn(
        type(task)(
            columns=task.columns,
            X=complete,
            asked=task.asked,
            groups=task.groups,
            seed=7,
            growth=toys.SMALL,
        ),
        Plan(3.0, 40),
        "trees",
    )

    assert missing_types(fitted.booster) == {"nan"}


@pytest.mark.parametrize("name", ["up", "down"])
def test_score_is_monotone(name: str) -> None:
    """Raising a monotone column, all else equal, never moves the score the wrong way."""
    task = toys.counted()
    place, sign = task.columns.index(name), task.signs[name]
    fitted = learn(task, Plan(3.0, 60), "trees")
    random = np.random.default_rng(4)
    X = task.X[:200].copy()
    X[:, place] = random.normal(size=200)
    more = X.copy()
    more[:, place] += random.exponential(size=200)

    change = sign * (fitted.raw(more) - fitted.raw(X))

    assert (change >= -1e-12).all()  # offset and trees are summed in floating point
    assert (change > 0.01).any()


def test_same_task_same_bytes() -> None:
    """Fitting twice gives the same text and the same coefficients."""
    task = toys.counted()

    first, second = (learn(task, Plan(3.0, 30), "trees") for _ in range(2))

    assert first.booster == second.booster
    assert first.numbers() == second.numbers()


def test_trees_help_where_the_truth_is_bent() -> None:
    """On a truth that no line follows, trees beat the offset alone on new rows."""
    task, fresh = toys.binary(), toys.binary(seed=11)

    def loss(form: str) -> float:
        raw = learn(task, Plan(3.0, 50), form).raw(fresh.X)  # type: ignore[arg-type]
        return float(fresh.asked.losses(raw).mean())

    assert loss("trees") < loss("linear") < loss("constant")


def test_mask_hides_each_feature_and_keeps_the_input() -> None:
    """Every feature is unknown in about a fiftieth of the rows, at least once, seeded."""
    X = np.ones((2000, 3))

    hidden = mask(X, (), seed=7)

    assert (X == 1.0).all()
    np.testing.assert_allclose(np.isnan(hidden).mean(axis=0), MASKED, atol=0.012)  # 3.8 sigma
    assert np.isnan(mask(X[:2], (), seed=7)).any(axis=0).all()
    np.testing.assert_array_equal(hidden, mask(X, (), seed=7))


def test_offers_are_hidden_together() -> None:
    """Columns that come and go together are hidden in the same rows, in the share asked for."""
    task = toys.binary()
    together = type(task)(
        columns=task.columns,
        X=np.nan_to_num(task.X),
        asked=task.asked,
        groups=task.groups,
        seed=7,
        together=((("up", "down", "absent"), 0.5),),
    )

    unknown = np.isnan(masked(together))

    assert unknown[:, :2].all(axis=1).mean() == pytest.approx(0.5, abs=0.05)
    assert unknown[:, 2].mean() < 0.05


def test_no_class_is_reweighted() -> None:
    """LightGBM is never asked to reweight classes, and always to be reproducible."""
    found = parameters(Growth(), [0], seed=7)

    assert not {"scale_pos_weight", "is_unbalance"} & set(found)
    assert found["deterministic"] is found["force_row_wise"] is True
    assert found["num_threads"] == 1
