"""What a card is about: one training, fresh or as the registry keeps it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from features.errors import InputError
from models import champions, registry
from models.layout import MAX_BYTES
from models.manifest import Data, Metric
from training.held_out import FILE, HeldOut
from training.trained import Trained

IMPORTANCE, PLOT = "importance.json", "calibration.png"
"""Files of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The facts of a training that its card tells.

    Parameters
    ----------
    name : str
        Registered name.
    columns : sequence of str
        What the model reads itself.
    settings : mapping of str to str
        The run's parameters: what was chosen, how many rows and positives it was learned from.
    held_out : HeldOut
        The rows that judge it.
    metrics : mapping of str to Metric
        Its figures on them.
    data : Data
        Window, sources and hash of what it learned from.
    on_world : bool
        Whether the built-in world took the place of given rows.
    simulated : bool or None
        Whether the rows are of a simulated world; None where only who gave them knows.
    importance : mapping of str to float
        What each column brings, largest first.
    """

    name: str
    columns: Sequence[str]
    settings: Mapping[str, str]
    held_out: HeldOut
    metrics: Mapping[str, Metric]
    data: Data
    on_world: bool
    simulated: bool | None
    importance: Mapping[str, float]

    @property
    def seed(self) -> int:
        """Return the seed of the training."""
        return int(self.settings["seed"])


def of_training(trained: Trained, params: Mapping[str, str]) -> Subject:
    """Return the facts of a training that has just ended.

    Parameters
    ----------
    trained : Trained
        The model and its evidence.
    params : mapping of str to str
        What its run logs.

    Returns
    -------
    Subject
    """
    return Subject(
        name=trained.name,
        columns=trained.columns,
        settings=params,
        held_out=trained.held_out,
        metrics=trained.metrics,
        data=trained.data,
        on_world=trained.trained_on_world,
        # Training never looks whether its tables hold a truth.
        simulated=True if trained.trained_on_world else None,
        importance=trained.importance,
    )


def of_version(name: str, version: str | int, *, simulated: bool | None = None) -> Subject:
    """Return the facts that a registered version's run keeps.

    Parameters
    ----------
    name : str
        Registered name.
    version : str or int
        Its number, "champion" or "challenger".
    simulated : bool, optional
        Whether the tables it learned from are a simulated world's, where the caller knows.

    Returns
    -------
    Subject

    Raises
    ------
    InputError
        If there is no such version, or its run keeps no evidence.
    """
    found = champions.find(name, version)
    held, importance = (registry.artifact(found, path, MAX_BYTES) for path in (FILE, IMPORTANCE))
    if held is None or importance is None:
        raise InputError(f"{name} {found.number} keeps no {FILE} or no {IMPORTANCE}: train anew")
    manifest = champions.bundle(name, found.number).manifest
    return Subject(
        name=name,
        columns=[*(feature.name for feature in manifest.features), *manifest.inputs],
        settings=registry.logged(found).params,
        held_out=HeldOut.from_parquet(held),
        metrics=manifest.metrics,
        data=manifest.data,
        on_world=manifest.trained_on_world,
        simulated=True if manifest.trained_on_world else simulated,
        importance=json.loads(importance),
    )
