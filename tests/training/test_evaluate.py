"""What held-out rows say, known and unseen apart, and the form that wins."""

import numpy as np

from models.served import Served
from tests.training import toys
from tests.training.rows import held_out
from training.contest import Kind, best, contest
from training.evaluate import HEADLINE, importance, judge
from training.learning import Plan, learn
from training.metrics import MEASURES


def test_known_and_unseen_are_told_apart() -> None:
    """All rows have every figure, known and unseen rows the headline each."""
    held = held_out()

    found = judge(held, seed=7)

    assert set(found) == {
        *MEASURES,
        *(f"known_{name}" for name in HEADLINE),
        *(f"unseen_{name}" for name in HEADLINE),
    }
    assert found["known_auc"].n + found["unseen_auc"].n == found["auc"].n == len(held.label)


def test_simplest_of_equals_wins() -> None:
    """Of forms with the same loss the simplest ships."""
    assert best({"trees": 0.5, "linear": 0.5, "constant": 0.6}) == "linear"


def test_importance_adds_to_one() -> None:
    """Gains are shares, largest first; without trees coefficients stand in."""
    task = toys.binary()
    for form in ("trees", "linear"):
        found = importance(learn(task, Plan(3.0, 20), form))
        assert abs(sum(found.values()) - 1.0) < 1e-9
        assert list(found.values()) == sorted(found.values(), reverse=True)


def _kind() -> Kind[Served]:
    """Return models of the toy task that answer with their raw scores."""
    task = toys.binary()
    return Kind(
        task=task.take,
        model=lambda _, candidate: candidate.served,
        probability=lambda model, rows: 1.0 / (1.0 + np.exp(-model.raw(task.X[rows]))),
    )


def test_form_is_judged_on_later_rows() -> None:
    """The forms compete on later rows, and the winner is fitted on all of them."""
    label = toys.hit_of(toys.binary())
    order = np.arange(len(label))
    kept, later = np.flatnonzero(order < 900), np.flatnonzero(order >= 900)

    found = contest(_kind(), label, kept=kept, later=later)

    assert found.later.tolist() == list(range(900, 1200))
    assert found.form == min(found.losses, key=lambda form: found.losses[form]) == "trees"
    assert found.twin is not None
    assert found.twin.numbers() != found.model.numbers()
    assert found.settings()["judged_on"] == "held-out time"


def test_without_later_rows_other_groups_judge() -> None:
    """Where later time says nothing, the forms are judged on held-out groups."""
    label = toys.hit_of(toys.binary())
    everything = np.arange(len(label))

    found = contest(_kind(), label, kept=everything, later=everything[:0])

    assert found.twin is None
    assert not len(found.later)
    assert found.form == "trees"


def test_a_second_twin_never_sees_the_strangers() -> None:
    """The twin apart is of the form that won, and learned from the familiar rows alone."""
    label = toys.hit_of(toys.binary())
    kept, later = np.arange(900), np.arange(900, 1200)
    strangers = np.arange(len(label)) % 3 == 0

    found = contest(_kind(), label, kept=kept, later=later, strangers=strangers)
    alone = contest(_kind(), label, kept=kept[~strangers[:900]], later=later)

    assert found.apart is not None
    assert alone.twin is not None
    assert found.apart.columns == found.model.columns
    assert found.apart.numbers() != found.twin.numbers()  # type: ignore[union-attr]
