"""Shared fixtures: a small simulated world, and a home with champions trained on it."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).parent.parent
# Compiled kernels outlive a test session: every temporary home links to the repository's own.
KERNELS = Path(os.environ.get("CREDENCE_HOME", REPOSITORY / ".credence")).resolve() / "kernels"
KERNELS.mkdir(parents=True, exist_ok=True)
os.environ["CREDENCE_HOME"] = str(KERNELS.parent)
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"
os.environ["BENTOML_DO_NOT_TRACK"] = "True"

settings.register_profile(
    "credence",
    derandomize=True,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("credence")


def new_home(folder: Path) -> Path:
    """Make a state folder that shares the compiled kernels."""
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "kernels"
    if not link.exists():
        link.symlink_to(KERNELS, target_is_directory=True)
    return folder


@contextmanager
def once(folder: Path) -> Iterator[bool]:
    """Let one of several test processes build `folder`; the others wait and find it done."""
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / ".done"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not done.exists()
        done.touch()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all test processes of this session share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session", autouse=True)
def kernels(shared: Path) -> None:
    """Compile the features' kernels once, not in every test process at the same time."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    import numpy as np

    from features.computing import states
    from features.tables import Tables

    with once(shared / "kernels") as mine:
        if mine:
            states(Tables.empty(), np.array([-1]), 0)


@pytest.fixture(scope="session")
def world(shared: Path) -> Path:
    """Return the tables folder of a simulated marketplace with 300 creators."""
    from training.world import build

    folder = shared / "world"
    with once(folder) as mine:
        if mine:
            build(folder, creators=300, seed=7)
    return folder


@pytest.fixture(scope="session")
def home(shared: Path, world: Path) -> Path:
    """Return a state folder whose champions were trained on `world` and which has published it."""
    from tests.commands import credence

    folder = shared / "home"
    with once(folder) as mine:
        if mine:
            new_home(folder)
            credence("train", "all", "--tables", str(world), home=folder)
            credence("publish", "--tables", str(world), home=folder)
    return folder


@pytest.fixture
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point this process at the trained state folder."""
    monkeypatch.setenv("CREDENCE_HOME", str(home))
    return home


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point this process at a state folder without models."""
    folder = new_home(tmp_path / "home")
    monkeypatch.setenv("CREDENCE_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a maker of fresh state folders."""
    return lambda name: new_home(tmp_path_factory.mktemp(name))
