"""Where the registry's state lies, and a mark that changes whenever the state does."""

import os
from pathlib import Path

from features.home import home

SQLITE = "sqlite:///"
SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # MLflow's own 7 retries keep a command waiting for minutes on a dead server.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
}
"""How MLflow is to behave, where the environment does not say otherwise."""

COUNTER = slice(24, 28)  # bytes of the file's header that every transaction changes


def tracking_uri() -> str:
    """Return where runs are kept: CREDENCE_TRACKING_URI, else the SQLite file of the home."""
    return os.environ.get("CREDENCE_TRACKING_URI") or f"{SQLITE}{home().resolve() / 'mlflow.db'}"


def database() -> Path | None:
    """Return the SQLite file behind the registry, None where it is a server."""
    uri = tracking_uri()
    return Path(uri.removeprefix(SQLITE)) if uri.startswith(SQLITE) else None


def stamp(path: Path) -> list[str]:
    """Return a mark of a SQLite file that any change of its content changes.

    Parameters
    ----------
    path : Path
        The file, which may be absent.

    Returns
    -------
    list of str
        Place, size, time of change and transaction counter of the file and of its log.
    """
    marks = [str(path)]
    for part in (path, path.with_name(path.name + "-wal")):
        try:
            status = part.stat()
            with part.open("rb") as file:
                counter = file.read(COUNTER.stop)[COUNTER]
        except FileNotFoundError:
            marks.append("absent")
        else:
            marks.append(f"{status.st_size}-{status.st_mtime_ns}-{counter.hex()}")
    return marks
