"""Declaring features."""

import pytest

from features.compiled import kernel_part
from features.spec import Family
from features.view import View


@kernel_part
def answer(view: View, days: float) -> float:
    """Days of {days} days."""
    return days


def test_a_window_makes_a_feature() -> None:
    """Each window is a feature of its own name, definition and words."""
    family = Family("growth")

    family.feature(unit="days", text="Last {days}", windows=(7, 30))(answer)

    assert [feature.name for feature in family.features] == ["answer_7d", "answer_30d"]
    assert family.features[0].definition == "Days of 7 days."
    assert family.features[1].text == "Last 30"
    assert family.features[0].hash != family.features[1].hash


def test_a_name_is_declared_once() -> None:
    """Declaring a name again is refused."""
    family = Family("growth")
    family.feature(unit="days", text="Last {days}", windows=(7,))(answer)

    with pytest.raises(ValueError, match="answer_7d is declared twice"):
        family.feature(unit="days", text="Last {days}", windows=(7,))(answer)
