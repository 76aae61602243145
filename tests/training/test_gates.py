"""Each gate lets through what it should and stops what it should, with figures."""

import numpy as np
import pytest

from features.arrays import Floats
from training import gates
from training.gates import Evidence

N = 4000


def _world(seed: int = 1) -> tuple[Floats, Floats, Floats]:
    """Return true probabilities, labels drawn from them, and a feature behind them."""
    rng = np.random.default_rng(seed)
    feature = rng.normal(size=N)
    chance = 1 / (1 + np.exp(1.3 - 1.2 * feature))
    return chance, (rng.random(N) < chance).astype(np.float64), feature


def _logit(p: Floats) -> Floats:
    return np.log(p / (1 - p))


def _sigmoid(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))


def _evidence(
    challenger: Floats | None = None,
    champion: Floats | None = None,
    X: Floats | None = None,
    answers: str | None = None,
    group: Floats | None = None,
) -> Evidence:
    chance, label, feature = _world()
    columns = feature.reshape(-1, 1) if X is None else X
    return Evidence(
        label=label,
        challenger=chance if challenger is None else challenger,
        champion=champion,
        group=np.arange(N) // 8 if group is None else group,
        X=columns,
        names=[f"column_{place}" for place in range(columns.shape[1])],
        answers=answers,
    )


def _outcome(evidence: Evidence, code: str) -> gates.Outcome:
    return next(one for one in gates.run(evidence) if one.code == code)


def test_the_truth_passes_every_gate() -> None:
    """A calibrated challenger no worse than its champion passes."""
    chance, _, _ = _world()
    outcomes = gates.run(_evidence(champion=_sigmoid(0.5 * _logit(chance))))

    assert [one.passed for one in outcomes] == [True] * 5
    assert gates.passes(outcomes)


def test_codes_are_told_apart() -> None:
    """Gates have codes of their own."""
    assert len({gate.code for gate in gates.GATES}) == len(gates.GATES)


def test_a_worse_challenger_fails() -> None:
    """A challenger that lost a good part of the signal is not let through."""
    chance, _, _ = _world()

    found = _outcome(_evidence(np.full(N, chance.mean()), champion=chance), "no_worse")

    assert found.passed is False
    assert "4000 rows, 500 groups" in found.text


def test_the_same_model_again_passes() -> None:
    """A challenger equal to the champion has a difference of exactly zero."""
    chance, _, _ = _world()

    assert "bound +0.0000" in _outcome(_evidence(champion=chance), "no_worse").text


def test_without_a_champion_the_comparison_does_not_apply() -> None:
    """Nothing to be compared with is neither passed nor failed."""
    assert _outcome(_evidence(), "no_worse").passed is None
    assert gates.passes(gates.run(_evidence()))


def test_rows_that_the_champion_saw_do_not_count() -> None:
    """Without enough groups of rows that neither saw, the gate fails and says so."""
    chance, _, _ = _world()
    seen = chance.copy()
    seen[8 * 4 :] = np.nan

    found = _outcome(_evidence(champion=seen), "no_worse")

    assert found.passed is False
    assert "32 rows of 4 groups that neither saw" in found.text


def test_the_bound_is_wider_when_rows_hang_together() -> None:
    """Drawing whole groups gives a higher bound than drawing rows, where groups differ."""
    rng = np.random.default_rng(4)
    group = np.arange(N) // 40
    differences = rng.normal(size=N // 40)[group]

    by_group = gates.upper_bound(differences, group)

    assert by_group > gates.upper_bound(differences, np.arange(N)) + 0.05
    assert by_group == gates.upper_bound(differences, group)


@pytest.mark.parametrize(("factor", "passed"), [(1.0, True), (1.5, False), (0.6, False)])
def test_calibration_slope_is_bounded_both_ways(factor: float, passed: bool) -> None:
    """Log-odds too bold or too timid by a third fail."""
    chance, _, _ = _world()

    assert _outcome(_evidence(_sigmoid(factor * _logit(chance))), "calibrated").passed is passed


def test_the_constant_does_not_beat_itself() -> None:
    """A model that says the base rate of everyone is not better than the constant."""
    label = _world()[1]

    found = _outcome(_evidence(np.full(N, label.mean())), "beats_constant")

    assert found.passed is False


def test_a_leak_in_either_direction_is_found() -> None:
    """A raw feature that is the label, or its opposite, fails, by name."""
    _, label, feature = _world()
    rng = np.random.default_rng(3)
    for sign in (1, -1):
        leak = sign * label + rng.normal(scale=0.1, size=N)
        found = _outcome(_evidence(X=np.column_stack([feature, leak])), "no_leak")
        assert found.passed is False
        assert "column_1" in found.text


def test_being_unknown_can_leak_too() -> None:
    """A feature that is known only where the label is 1 fails."""
    _, label, feature = _world()

    found = _outcome(_evidence(X=np.where(label == 1, feature, np.nan).reshape(-1, 1)), "no_leak")

    assert found.passed is False


def test_few_rows_of_a_class_are_no_leak() -> None:
    """A feature known in a handful of rows is chance, not a leak."""
    label = _world()[1]
    rare = np.full(N, np.nan)
    rare[np.r_[np.flatnonzero(label)[:5], np.flatnonzero(label == 0)[:5]]] = np.r_[
        [1.0] * 5, [0.0] * 5
    ]

    assert _outcome(_evidence(X=rare.reshape(-1, 1)), "no_leak").passed is True


def test_wrong_known_answers_fail() -> None:
    """What is wrong with the known answers becomes the reason."""
    found = _outcome(_evidence(answers="known answer, feature x"), "proven")

    assert (found.passed, found.text) == (False, "known answer, feature x")


def test_rows_of_one_label_fail_with_a_reason() -> None:
    """Where no row is positive nothing can be judged, and nothing is promoted."""
    evidence = Evidence(
        label=np.zeros(50),
        challenger=np.full(50, 0.1),
        champion=None,
        group=np.arange(50),
        X=np.zeros((50, 1)),
        names=["x"],
    )

    outcomes = gates.run(evidence)

    assert not gates.passes(outcomes)
    assert "rows of one label" in outcomes[1].text
