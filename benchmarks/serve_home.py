"""State folders of the benchmark: a default world with its champions, and one with larger trees.

A folder that is there is used again; delete it to start anew.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.serve_ready import ASKED, AskedAbout
from features.home import home
from serving import key_file
from serving.keys import made
from serving.scopes import MOST_PER_MINUTE, SCOPES

TRAINED, REFERENCE = "as-trained", "reference"
WORLD, READY, MADE = "world", "ready", "made"
_SHARED = ("bundles", "online", "kernels", "mlflow.db", "artifacts")
_IS_USABLE = "from serving.store import published; assert published()"


@dataclass(frozen=True, slots=True)
class Home:
    """A state folder with a published world, and what the peers need beside it."""

    folder: Path

    @property
    def ready(self) -> Path:
        """Where the peers' rows are."""
        return self.folder / READY

    def about(self) -> AskedAbout:
        """Return whom the requests name."""
        return msgspec.json.decode((self.ready / ASKED).read_bytes(), type=AskedAbout)

    def shared(self, folder: Path) -> Path:
        """Return another folder with the same state, for a server's own beside it."""
        folder.mkdir()
        for name in _SHARED:
            (folder / name).symlink_to(self.folder / name)
        return folder

    def keyed(self, folder: Path) -> tuple[Path, str]:
        """Return the same with one key, and the key's text."""
        self.shared(folder)
        most = MOST_PER_MINUTE
        key, text = made(datetime.now(UTC), scopes=SCOPES, per_minute=most, burst=most)
        with key_file.changing(folder / key_file.NAME) as held:
            held.append(key)
        return folder, text


def trained(root: Path) -> Home:
    """Return the home with the champions of a default world, trained where there is none."""
    folder, world = root / TRAINED, root / WORLD
    if not (folder / MADE).exists():
        _clear(folder)
        shutil.rmtree(world, ignore_errors=True)
        _credence(folder, "world", "--out", str(world))
        _credence(folder, "train", "all", "--tables", str(world))
        (folder / MADE).touch()
    return _published(folder, world)


def reference(root: Path) -> Home:
    """Return the home whose champions have 300 trees of 63 leaves, grown where there is none."""
    base, folder, world = trained(root), root / REFERENCE, root / WORLD
    if not (folder / MADE).exists():
        _clear(folder)
        to = ["--tables", str(world), "--out", str(folder)]
        _python(base.folder, "-m", "benchmarks.serve_reference", *to)
        (folder / MADE).touch()
    return _published(folder, world)


def _clear(folder: Path) -> None:
    """Make the folder anew; the kernels are shared, since they take half a minute to compile."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kernels = home().resolve() / "kernels"
    kernels.mkdir(parents=True, exist_ok=True)
    (folder / "kernels").symlink_to(kernels)


def _published(folder: Path, world: Path) -> Home:
    """Publish where this version cannot use what is published, and write the peers' rows."""
    command = [sys.executable, "-c", _IS_USABLE]
    there = subprocess.run(command, env=_environment(folder), check=False, capture_output=True)
    if there.returncode:
        shutil.rmtree(folder / READY, ignore_errors=True)
        _credence(folder, "publish", "--tables", str(world))
    if not (folder / READY / ASKED).exists():
        to = ["--tables", str(world), "--out", str(folder / READY)]
        _python(folder, "-m", "benchmarks.serve_ready", *to)
    return Home(folder.resolve())


def _credence(folder: Path, *words: str) -> None:
    _python(folder, "-m", "cli", *words)


def _python(folder: Path, *words: str) -> None:
    """Run a command on the state in a folder; it may use every core."""
    print(f"  {' '.join(words)}", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, *words], env=_environment(folder), check=True)


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "CREDENCE_HOME": str(folder)}
