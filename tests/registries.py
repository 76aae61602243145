"""Registries on a real SQLite MLflow: migrated once for all tests, copied for each."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from models import registry
from models.bundle import Bundle
from models.manifest import Metric
from models.records import Run
from tests.conftest import once

MIGRATE = "from models import registry; registry.versions('conversion')"


@pytest.fixture(scope="session")
def migrated(shared: Path) -> Path:
    """Return a folder with a migrated, empty registry."""
    folder = shared / "migrated"
    with once(folder) as mine:
        if mine:
            environment = {**os.environ, "CREDENCE_HOME": str(folder)}
            command = [sys.executable, "-c", MIGRATE]
            subprocess.run(command, env=environment, check=True, timeout=300)
    return folder


@pytest.fixture
def state(migrated: Path, empty_home: Path) -> Path:
    """Point this process at a home of its own with an empty registry."""
    shutil.copy(migrated / "mlflow.db", empty_home / "mlflow.db")
    return empty_home


def register(bundle: Bundle, files: Mapping[str, bytes] | None = None, tables: str = "") -> int:
    """Register a bundle with two parameters, a metric and some files."""
    metrics = {"log_loss": Metric(0.41, 0.4, None, 900)}
    params = {"tables": tables, "seed": "7"}
    return registry.register(
        Run(bundle=bundle, params=params, metrics=metrics, files=files or {"note.txt": b"seen"})
    )
