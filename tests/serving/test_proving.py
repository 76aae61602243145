"""A bundle is loaded in a process of its own before any worker loads it."""

from pathlib import Path

from models.bundle import seal
from models.champions import Pin
from models.layout import MANIFEST
from serving import proofs, proving
from serving.proving import Prover
from tests.models import sealed
from tests.serving import promoted
from tests.serving.promoted import ACCOUNTS, FOLLOWERS


def test_what_ends_a_process_is_refused_and_what_follows_is_judged(empty_home: Path) -> None:
    """A text that aborts LightGBM costs a process that nobody needs; others prove themselves."""
    sound = sealed.fake_accounts()
    # A tree of which only LightGBM reads all: it takes its end from here.
    text = sound.parts["booster.txt"].replace(b"tree_sizes=", b"tree_sizes=9", 1)
    deadly = seal(
        manifest=sound.manifest, parts={**sound.parts, "booster.txt": text}, answers=sound.answers
    )
    pins = {
        ACCOUNTS: promoted.put(deadly, 2),
        FOLLOWERS: promoted.put(sealed.fake_followers(), 1),
        "conversion": Pin(1, "c" * 64),
    }

    why = Prover().refusals(pins)

    assert why[ACCOUNTS] == "ended the process that loaded it"
    assert MANIFEST in why["conversion"]
    assert why.keys() == {ACCOUNTS, "conversion"}
    # What is proven once is not asked again, wherever its files went.
    assert Prover().refusals({FOLLOWERS: replace_version(pins[FOLLOWERS])}) == {}


def replace_version(pin: Pin) -> Pin:
    """Return the same bundle under another number."""
    return Pin(pin.version + 1, pin.digest)


def test_structure_is_judged_in_process_too(empty_home: Path) -> None:
    """A tree that comes back to its root is refused although every hash is right."""
    pin = promoted.put(promoted.cyclic_accounts(), 1)

    verdict = proving.prove(ACCOUNTS, pin.version, pin.digest)

    assert "no tree" in verdict.why


def test_proofs_of_another_machine_do_not_count(empty_home: Path) -> None:
    """Another CPU or library, or a damaged file of proofs, asks anew."""
    pin = promoted.put(promoted.cyclic_accounts(), 1)
    proofs.remember(pin.digest)
    assert proofs.is_proven(pin.digest)

    file = empty_home / "serving" / "proven.json"
    file.write_bytes(file.read_bytes().replace(b'"machine":"', b'"machine":"0'))

    assert not proofs.is_proven(pin.digest)
    file.write_bytes(b"{")
    assert not proofs.is_proven(pin.digest)
