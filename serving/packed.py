"""What a Bento brings beside the code, laid into the state folder where that lacks it.

A Bento is read-only and may lie anywhere, while a state folder is written to: whatever is promoted,
published or compiled later stays there and wins over what was packed.
"""

import atexit
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from secrets import token_hex

import msgspec

from features.home import home
from models.champions import Pin
from models.database import database
from serving import champion_file
from serving.champion_file import Named
from serving.naming import PINS
from serving.parts import TEMPORARY, write_bytes
from serving.store import CURRENT

SOURCE = Path(__file__).resolve().parent.parent
"""The folder of the packages."""
STATE = SOURCE / "state"
"""What was packed."""
CHAMPIONS = "champions.json"
KERNELS, BUNDLES, ONLINE = "kernels", "bundles", "online"
LAID = ".packed"
"""In a folder of stores: the name of the one that a Bento laid there."""


def unpack(state: Path = STATE) -> None:
    """Lay what was packed into the state folder; where none is named, into one for this process.

    Parameters
    ----------
    state : Path
        What was packed; there is none outside of a Bento.
    """
    if not state.is_dir():
        return
    if "CREDENCE_HOME" not in os.environ:
        folder = tempfile.mkdtemp(prefix="credence-")
        os.environ["CREDENCE_HOME"] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for bundle in (state / BUNDLES).glob("*/*"):
        _lay(bundle, home() / bundle.relative_to(state))
    for code in (state / KERNELS).glob("*/*"):
        package = code.name.rpartition("_")[0]
        _lay_code(code, home() / KERNELS / code.parent.name / kernels_of(SOURCE / package))
    _lay_store(state / ONLINE)
    _name(msgspec.json.decode((state / CHAMPIONS).read_bytes(), type=dict[str, Pin]))


def kernels_of(package: Path) -> str:
    """Return what numba calls the folder for the machine code of a package: it names its place.

    Parameters
    ----------
    package : Path
        Folder of its sources.
    """
    return (
        f"{package.name}_{hashlib.sha1(str(package).encode(), usedforsecurity=False).hexdigest()}"
    )


def _lay(source: Path, target: Path) -> None:
    """Copy a folder; it is there as a whole or not at all."""
    if target.exists():
        return
    draft = target.with_name(f"{TEMPORARY}{token_hex(4)}-{target.name}")
    shutil.copytree(source, draft)
    try:
        draft.rename(target)
    except OSError:
        # Another server laid it there meanwhile.
        shutil.rmtree(draft)


def _lay_code(source: Path, target: Path) -> None:
    """Copy the machine code of the kernels that are not compiled here yet."""
    # numba makes the folder as soon as a module is imported.
    target.mkdir(parents=True, exist_ok=True)
    for index in source.glob("*.nbi"):
        if (target / index.name).exists():
            continue
        # The index last, which names the others.
        for path in (*source.glob(f"{index.stem}.*.nbc"), index):
            draft = target / f"{TEMPORARY}{token_hex(4)}-{path.name}"
            shutil.copyfile(path, draft)
            draft.replace(target / path.name)


def _lay_store(source: Path) -> None:
    """Publish the packed store, unless what is published was not laid there by a Bento."""
    if not (source / CURRENT).exists():
        return
    packed, target = (source / CURRENT).read_text().strip(), home() / ONLINE
    published, laid = (
        path.read_text().strip() if path.exists() else None
        for path in (target / CURRENT, target / LAID)
    )
    if published is None or published == laid != packed:
        _lay(source / packed, target / packed)
        write_bytes(target / LAID, f"{packed}\n".encode())
        write_bytes(target / CURRENT, f"{packed}\n".encode())


def _name(champions: dict[str, Pin]) -> None:
    """Say which champions were packed, for when the registry is silent at the first start."""
    path = champion_file.path_of(home() / "serving" / "packed")
    named = Named(champion_file.registry_mark(), champions)
    # Written once only: what a server wrote since then is later, and wins.
    if not path.exists() or champion_file.read(path) != named:
        champion_file.write(path, named)


def name_champions(state: Path = STATE) -> bool:
    """Hand the packed champions to the workers where there is no registry to ask.

    Parameters
    ----------
    state : Path
        What was packed; there is none outside of a Bento.

    Returns
    -------
    bool
        Whether that is so.
    """
    place = database()
    if not state.is_dir() or place is None or place.exists():
        return False
    os.environ[PINS] = (state / CHAMPIONS).read_text(encoding="utf-8")
    os.environ.pop(champion_file.PLACE, None)
    return True
