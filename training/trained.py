"""What fitting a model leaves: the model, the evidence about it, and where both come from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from features.arrays import Floats
from models.answers import Fitted
from models.manifest import Data, Metric
from training.held_out import HeldOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A fitted model with its evidence.

    Parameters
    ----------
    name : str
        Registered name.
    model : FakeAccounts or FakeFollowers or Conversion
        Fitted on every row; ready to score.
    columns : tuple of str
        The columns that it reads itself, its upstream models aside.
    settings : mapping of str to str
        What was chosen: form, ridge, number of trees, loss of each form.
    held_out : HeldOut
        Rows that the evaluation twin did not see, with what it says of them.
    origin : sequence of str
        The source of each held-out account; empty for other models.
    metrics : mapping of str to Metric
        Figures of the twin on those rows.
    data : Data
        Window, sources and hash of what it learned from.
    trained_on_world : bool
        Whether the built-in world took the place of real rows.
    importance : mapping of str to float
        Gain of each column in the trees, largest first.
    answer : callable
        Takes another model of the same kind and returns its probabilities of the held-out rows.
    """

    name: str
    model: Fitted
    columns: tuple[str, ...]
    settings: Mapping[str, str]
    held_out: HeldOut
    origin: Sequence[str]
    metrics: Mapping[str, Metric]
    data: Data
    trained_on_world: bool
    importance: Mapping[str, float]
    answer: Callable[[Any], Floats]
