"""`make bento`: the folder that `bentoml build` takes, with all that a server needs.

Beside the code there are the champions, the store that is published, if any, and the machine code
of all kernels, compiled for this machine's processor. What was laid down is served from before it
is packed: whatever does not give its known answers is no Bento.
"""

import argparse
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from features.compiled import _machine_code as machine_code
from features.home import home
from models.champions import NoChampionError, Pin, bundle, pins
from models.fetch import local
from serving.champion_file import last_good
from serving.packed import BUNDLES, CHAMPIONS, KERNELS, ONLINE, SOURCE, STATE, kernels_of
from serving.parts import write_bytes
from serving.store import CURRENT, current, published

COMPILED = ("features", "models")
"""Packages with kernels."""
CODE = ("features", "models", "serving", "training")
FILES = ("cli.py", "pyproject.toml", "requirements-serving.lock", "Dockerfile", "README.md")


def pack(out: Path) -> None:
    """Make the folder anew.

    Parameters
    ----------
    out : Path
        What is there is removed.

    Raises
    ------
    NoChampionError
        If there is nothing to serve.
    """
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name in CODE:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(SOURCE / name, out / name, ignore=ignored)
    for name in FILES:
        shutil.copy(SOURCE / name, out / name)
    _pack_distribution(out)
    _pack_models(out / STATE.name)
    _pack_store(out / STATE.name)
    _pack_kernels(out)


def _pack_distribution(out: Path) -> None:
    """Write what tells the version, which a Bento that is not installed would not know."""
    found = importlib.metadata.distribution("credence")
    write_bytes(
        out / f"credence-{found.version}.dist-info" / "METADATA",
        (found.read_text("METADATA") or "").encode(),
    )


def _pack_models(state: Path) -> None:
    """Copy the champions, and the versions that the store was published with."""
    champions = pins()
    if not champions:
        raise NoChampionError(f"no model has a champion in {home()}; run `credence train all`")
    store = published()
    wanted = {(name, pin.version) for name, pin in champions.items()}
    if store is not None:
        wanted |= {(name, int(version)) for name, version in store.versions.items()}
    for name, version in sorted(wanted):
        bundle(name, version)  # fetched where this machine has it not, and checked
        shutil.copytree(local(name, version), state / BUNDLES / name / str(version))
    write_bytes(state / CHAMPIONS, msgspec.json.encode(dict[str, Pin](champions)))


def _pack_store(state: Path) -> None:
    store = current()
    if store is not None:
        shutil.copytree(store, state / ONLINE / store.name)
        write_bytes(state / ONLINE / CURRENT, f"{store.name}\n".encode())


def _pack_kernels(out: Path) -> None:
    """Serve from what was packed so far, and keep what machine code that takes."""
    with tempfile.TemporaryDirectory() as folder:
        # What was compiled here before need not be compiled again.
        for package in COMPILED:
            code = machine_code(SOURCE / package)
            if (here := code / kernels_of(SOURCE / package)).exists():
                there = Path(folder) / KERNELS / code.name / kernels_of(out.resolve() / package)
                shutil.copytree(here, there)
        environment = {**os.environ, "CREDENCE_HOME": folder, "PYTHONPATH": ""}
        environment.pop("CREDENCE_TRACKING_URI", None)
        print("asking what was packed; kernels are compiled where need be", file=sys.stderr)
        # -m puts the folder before anything that is installed.
        command = [sys.executable, "-m", "serving.packing", "--answer"]
        subprocess.run(command, cwd=out, env=environment, check=True)
        shutil.copytree(Path(folder) / KERNELS, out / STATE.name / KERNELS)


def _answer() -> None:
    """Have what was packed prove itself, and ask it one question of each kind."""
    from serving.packed import name_champions, unpack
    from serving.proving import Prover
    from serving.state import State
    from serving.warm import warm

    unpack()
    name_champions()
    for name, why in Prover().refusals(pins() or last_good()).items():
        sys.exit(f"{name} is refused: {why}")
    if not State.load(warm).now.models.bundles:
        sys.exit("no model answers")


def main() -> None:
    """Pack, or answer from what was packed."""
    options = argparse.ArgumentParser(prog="serving.packing")
    options.add_argument("--out", type=Path, default=Path("build/bento"))
    options.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.answer:
        _answer()
    else:
        pack(given.out)
        print(given.out)


if __name__ == "__main__":
    main()
