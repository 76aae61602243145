"""Versions of small models on this machine, and the file that names them."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from models import answers
from models.bundle import Bundle, seal, write
from models.calibration import Calibration
from models.champions import Pin
from models.fetch import local
from serving import champion_file
from serving.champion_file import Named
from tests.models import fitted, sealed

ACCOUNTS, FOLLOWERS = "fake_accounts", "fake_followers"


@cache
def other_accounts() -> Bundle:
    """Return an account model that answers otherwise than the usual one."""
    model = replace(fitted.fake_accounts(), calibration=Calibration(0.3, 0.9))
    return seal(
        manifest=sealed.manifest(ACCOUNTS, model.served.columns),
        parts=model.parts(),
        answers=answers.record(model),
    )


@cache
def cyclic_accounts() -> Bundle:
    """Return the account model with a tree that comes back to its root, every hash right."""
    sound = sealed.fake_accounts()
    text = sound.parts["booster.txt"].decode()
    start = text.index("left_child=") + len("left_child=")
    broken = f"{text[:start]}0{text[text.index(' ', start) :]}"
    parts = {**sound.parts, "booster.txt": broken.encode()}
    return seal(manifest=sound.manifest, parts=parts, answers=sound.answers)


def put(bundle: Bundle, version: int) -> Pin:
    """Have a bundle on this machine as a version of its model."""
    write(bundle, local(bundle.name, version))
    return Pin(version, bundle.digest)


def name(path: Path, pins: dict[str, Pin], refused: dict[str, Pin] | None = None) -> None:
    """Have the file say which versions are champions."""
    champion_file.write(path, Named(champion_file.registry_mark(), pins, refused or {}))
