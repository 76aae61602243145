"""The calibration plot."""

import numpy as np

from tests.training.rows import held_out
from training.plots import calibration


def test_plot_is_a_picture_and_reproducible() -> None:
    """Equal rows give the same PNG bytes."""
    held = held_out()

    first, second = calibration(held, "conversion"), calibration(held, "conversion")

    assert first.startswith(b"\x89PNG")
    assert first == second


def test_plot_of_nothing_is_empty() -> None:
    """Without held-out rows there is still a picture."""
    held = held_out()
    none = type(held)(
        row_id=[],
        group=[],
        creator_id=[],
        as_of=held.as_of[:0],
        known=held.known[:0],
        label=held.label[:0],
        prediction=held.prediction[:0],
        X=held.X[:0],
        names=held.names,
        champion=np.zeros(0),
    )

    assert calibration(none, "conversion").startswith(b"\x89PNG")
