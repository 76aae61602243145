"""The one door to MLflow: runs, versions, aliases and the files that belong to them.

State is `HOME/mlflow.db` with files under `HOME/artifacts`, or the tracking server that
CREDENCE_TRACKING_URI names. MLflow is imported by the first call, never by importing this module,
and never loads a model: it stores bytes, and `models.bundle` judges them.
"""

import json
import logging
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from features.home import home
from models.database import SETTINGS, SQLITE, database, tracking_uri
from models.records import (
    BUNDLE,
    DIGEST,
    Findings,
    Logged,
    RegistryError,
    Run,
    UnknownVersionError,
    Version,
)

if TYPE_CHECKING:
    from mlflow.entities import RunInfo
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

P = ParamSpec("P")
T = TypeVar("T")

EXPERIMENT = "credence"
CHAMPION, CHALLENGER = "champion", "challenger"
PREVIOUS = "previous_champions"
"""Tag of a registered model: the numbers of its former champions as JSON, the latest last."""

REMEMBERED = 100  # former champions that rollback can walk back through
PARAMETERS_AT_ONCE = 100  # MLflow's limit for one log_batch
THERE, ABSENT = "RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST"  # MLflow's codes


def _door(function: Callable[P, T]) -> Callable[P, T]:
    """Run a call into MLflow without its warnings, and with its errors as ours."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        for name, value in SETTINGS.items():
            os.environ.setdefault(name, value)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from mlflow.exceptions import MlflowException
            from requests.exceptions import RequestException

            try:
                return function(*args, **kwargs)
            except (MlflowException, RequestException) as error:
                raise RegistryError(
                    f"registry {tracking_uri()}: {str(error).splitlines()[0]}; check"
                    " CREDENCE_HOME and CREDENCE_TRACKING_URI"
                ) from error

    return call


@lru_cache(maxsize=8)
def _connect(uri: str) -> "MlflowClient":
    from mlflow.tracking import MlflowClient

    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if uri.startswith(SQLITE):
        Path(uri.removeprefix(SQLITE)).parent.mkdir(parents=True, exist_ok=True)
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _client() -> "MlflowClient":
    return _connect(tracking_uri())


@_door
def register(run: Run) -> int:
    """Log a training and register its bundle as the challenger.

    Parameters
    ----------
    run : Run
        What to log.

    Returns
    -------
    int
        Number of the new version.

    Raises
    ------
    RegistryError
        If the registry cannot be reached; the run then counts as failed.
    """
    client = _client()
    name, tags = run.bundle.name, run.tags()
    logged = _logged(client, EXPERIMENT, name, run, tags)
    _unless(THERE, lambda: client.create_registered_model(name))
    source = f"{logged.artifact_uri}/{BUNDLE}"
    version = client.create_model_version(name, source, logged.run_id, tags)
    client.set_registered_model_alias(name, CHALLENGER, str(version.version))
    return int(version.version)


@_door
def log(experiment: str, found: Findings, tags: Mapping[str, str]) -> str:
    """Log a run that registers no model, in an experiment of its own.

    Parameters
    ----------
    experiment : str
        Its name, and the run's.
    found : Findings
        What to log.
    tags : mapping of str to str
        "data_hash" is the hash of the tables.

    Returns
    -------
    str
        Id of the run.
    """
    return str(_logged(_client(), experiment, experiment, found, tags).run_id)


@_door
def versions(name: str) -> list[Version]:
    """Return every version of a model, oldest first; none where nothing was registered."""
    client = _client()
    aliases = _aliases(client, name)
    found = client.search_model_versions(f"name='{name}'")
    return sorted((_version(item, aliases) for item in found), key=lambda item: item.number)


@_door
def version(name: str, number: int) -> Version:
    """Return one version.

    Raises
    ------
    UnknownVersionError
        If there is none of that number.
    """
    client = _client()
    return _one(client, name, number, _aliases(client, name))


@_door
def champion(name: str) -> Version | None:
    """Return the version that serves, None where none was promoted yet."""
    client = _client()
    aliases = _aliases(client, name)
    number = aliases.get(CHAMPION)
    return None if number is None else _one(client, name, number, aliases)


@_door
def logged(version: Version) -> Logged:
    """Return the parameters and metrics of the run that made a version."""
    data = _client().get_run(version.run_id).data
    return Logged(dict(data.params), dict(data.metrics))


@_door
def artifact(version: Version, path: str, limit: int) -> bytes | None:
    """Return a file of the run that made a version, None where it has none of that path.

    Parameters
    ----------
    version : Version
        A registered version.
    path : str
        Path under the run's artifacts.
    limit : int
        Most bytes to read.

    Raises
    ------
    RegistryError
        If it is larger than `limit`.
    """
    client = _client()
    folder = path.rpartition("/")[0]
    sizes = {item.path: item.file_size for item in client.list_artifacts(version.run_id, folder)}
    size = sizes.get(path)
    if size is None:
        return None
    if size > limit:
        raise RegistryError(
            f"{version.name} {version.number}: {path} has {size} bytes, at most {limit} are read"
        )
    with tempfile.TemporaryDirectory() as target:
        return Path(client.download_artifacts(version.run_id, path, target)).read_bytes()


@_door
def former(name: str) -> list[int]:
    """Return the numbers of a model's former champions, the latest last."""
    model = _unless(ABSENT, lambda: _client().get_registered_model(name))
    return [] if model is None else json.loads(model.tags.get(PREVIOUS, "[]"))


@_door
def crown(name: str, number: int, former: list[int]) -> None:
    """Point the alias of the champion at a version, and keep who came before it."""
    client = _client()
    client.set_registered_model_tag(name, PREVIOUS, json.dumps(former[-REMEMBERED:]))
    client.set_registered_model_alias(name, CHAMPION, str(number))


@_door
def annotate(version: Version, tags: Mapping[str, str], path: str, text: str) -> None:
    """Keep tags with a version, and a text with the run that made it."""
    client = _client()
    for key, value in tags.items():
        client.set_model_version_tag(version.name, str(version.number), key, value)
    client.log_text(version.run_id, text, path)


def _logged(
    client: "MlflowClient", experiment: str, name: str, found: Findings, tags: Mapping[str, str]
) -> "RunInfo":
    """Log a run, failed unless all of it was kept."""
    info = client.create_run(_experiment(client, experiment), run_name=name, tags=dict(tags)).info
    try:
        _log(client, info.run_id, found, tags["data_hash"])
    except BaseException:
        client.set_terminated(info.run_id, "FAILED")
        raise
    client.set_terminated(info.run_id, "FINISHED")
    return info


def _experiment(client: "MlflowClient", name: str) -> str:
    # MLflow's own choice would be the current folder, and break when started elsewhere.
    place = str(home().resolve() / "artifacts") if database() else None
    found = client.get_experiment_by_name(name)
    if found is None:
        _unless(THERE, lambda: client.create_experiment(name, artifact_location=place))
        found = client.get_experiment_by_name(name)
    assert found is not None
    return str(found.experiment_id)


def _log(client: "MlflowClient", run_id: str, found: Findings, data_hash: str) -> None:
    from mlflow.entities import Dataset, DatasetInput, Metric, Param

    now = int(time.time() * 1000)
    params = [Param(key, value) for key, value in found.params.items()]
    metrics = [Metric(key, value, now, 0) for key, value in found.figures().items()]
    for start in range(0, max(len(params), len(metrics), 1), PARAMETERS_AT_ONCE):
        part = slice(start, start + PARAMETERS_AT_ONCE)
        client.log_batch(run_id, metrics[part], params[part])
    source = json.dumps({"uri": found.params.get("tables") or "built-in world"})
    dataset = Dataset("tables", data_hash[:36] or "unknown", "local", source)
    client.log_inputs(run_id, [DatasetInput(dataset, [])])
    with tempfile.TemporaryDirectory() as folder:
        found.lay_out(Path(folder))
        client.log_artifacts(run_id, folder)


def _unless(code: str, call: Callable[[], T]) -> T | None:
    """Return what a call into MLflow returns, None where it is refused with this code."""
    from mlflow.exceptions import MlflowException

    try:
        return call()
    except MlflowException as error:
        if error.error_code != code:
            raise
        return None


def _aliases(client: "MlflowClient", name: str) -> dict[str, int]:
    model = _unless(ABSENT, lambda: client.get_registered_model(name))
    return {} if model is None else {key: int(value) for key, value in model.aliases.items()}


def _one(client: "MlflowClient", name: str, number: int, aliases: Mapping[str, int]) -> Version:
    found = _unless(ABSENT, lambda: client.get_model_version(name, str(number)))
    if found is None:
        raise UnknownVersionError(
            f"{name}: there is no version {number}; `credence models` lists those there are"
        )
    return _version(found, aliases)


def _version(found: "ModelVersion", aliases: Mapping[str, int]) -> Version:
    number = int(found.version)
    mine = tuple(sorted(key for key, value in aliases.items() if value == number))
    tags = dict(found.tags)
    return Version(found.name, number, tags.get(DIGEST, ""), str(found.run_id), mine, tags)
