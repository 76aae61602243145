"""A worker follows its champions: by one assignment, and only to what is good."""

import gc
import weakref
from pathlib import Path

import pytest

from models.champions import Pin
from models.fetch import local
from serving import champion_file, lookups
from serving.state import Snapshot, State
from tests.models import sealed
from tests.serving import promoted
from tests.serving.promoted import ACCOUNTS


@pytest.fixture
def path(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of a server whose first champion is there."""
    path = champion_file.path_of(empty_home / "serving" / "3000")
    monkeypatch.setenv(champion_file.PLACE, str(path))
    # What the server started with is no longer of interest.
    monkeypatch.setenv("CREDENCE_CHAMPIONS", "{}")
    promoted.name(path, {ACCOUNTS: promoted.put(sealed.fake_accounts(), 1)})
    return path


def versions(state: State) -> dict[str, str]:
    """Return the versions that answer."""
    return state.now.models.champions.versions()


def test_a_promotion_is_taken_over_and_back(path: Path) -> None:
    """Another version answers from the next look on, prepared before; the one before then again."""
    prepared: list[Snapshot] = []
    state = State.load(prepared.append)
    before = state.now
    first = champion_file.read(path).pins

    promoted.name(path, {ACCOUNTS: promoted.put(promoted.other_accounts(), 2)})
    state.refresh()
    state.refresh()

    assert versions(state) == {ACCOUNTS: "2"}
    assert before.models.champions.versions() == {ACCOUNTS: "1"}
    assert state.now.models.bundles[ACCOUNTS] == promoted.other_accounts()
    promoted.name(path, first)
    state.refresh()
    assert versions(state) == {ACCOUNTS: "1"}
    assert len(prepared) == 3
    assert prepared[-1] is state.now


def test_a_worker_that_is_started_anew_takes_the_file(path: Path) -> None:
    """Not what the server started with, but what is named by now."""
    promoted.name(path, {ACCOUNTS: promoted.put(promoted.other_accounts(), 2)})

    assert versions(State.load()) == {ACCOUNTS: "2"}


def test_memory_of_a_former_champion_is_released(path: Path) -> None:
    """Nothing keeps a model that does not answer any more."""
    state = State.load()
    before = weakref.ref(state.now.models.champions)

    promoted.name(path, {ACCOUNTS: promoted.put(promoted.other_accounts(), 2)})
    state.refresh()
    gc.collect()

    assert before() is None


@pytest.mark.parametrize("damage", ["altered", "missing", "cyclic"])
def test_a_bad_champion_leaves_the_one_before(path: Path, damage: str) -> None:
    """It is refused, and named; the last good one answers, and the service stays ready."""
    state = State.load()
    bundle = promoted.cyclic_accounts() if damage == "cyclic" else promoted.other_accounts()
    pin = promoted.put(bundle, 2)
    numbers = local(ACCOUNTS, 2) / "numbers.json"
    if damage == "altered":
        numbers.write_bytes(numbers.read_bytes() + b" ")
    elif damage == "missing":
        numbers.unlink()

    promoted.name(path, {ACCOUNTS: pin})
    state.refresh()

    ready = lookups.readiness(state.now, keys_refused=False)
    assert (ready.status, ready.models, ready.refused) == ("ready", {ACCOUNTS: "1"}, [ACCOUNTS])


def test_files_that_are_put_right_are_taken_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be loaded is tried again, without another promotion."""
    monkeypatch.setattr("serving.state.RETRY_SECONDS", 0.0)
    state = State.load()
    promoted.name(path, {ACCOUNTS: Pin(2, promoted.other_accounts().digest)})
    state.refresh()
    assert versions(state) == {ACCOUNTS: "1"}

    promoted.put(promoted.other_accounts(), 2)
    state.refresh()

    assert versions(state) == {ACCOUNTS: "2"}
    assert state.now.refused == ()


def test_a_refused_promotion_is_named(path: Path) -> None:
    """What the refresher refused, no worker loads; /readyz says so."""
    first = champion_file.read(path).pins
    bad = Pin(2, "b" * 64)

    state = State.load()
    promoted.name(path, first, {ACCOUNTS: bad})
    state.refresh()

    assert (versions(state), state.now.refused, state.now.ready) == (
        {ACCOUNTS: "1"},
        (ACCOUNTS,),
        True,
    )


def test_without_one_before_a_refused_champion_is_not_ready(path: Path) -> None:
    """Where nothing answers in its place, the service is not ready."""
    promoted.name(path, {}, {ACCOUNTS: Pin(2, "b" * 64)})

    ready = lookups.readiness(State.load().now, keys_refused=False)

    assert (ready.status, ready.refused, ready.missing) == (
        "not ready",
        [ACCOUNTS],
        ["fake_followers", "conversion"],
    )


@pytest.mark.parametrize("silence", ["long ago", "gone", "garbage"])
def test_a_silent_registry_makes_stale(path: Path, silence: str) -> None:
    """The last good champion answers, ready but stale, until the registry is heard again."""
    state = State.load()
    said = path.read_bytes()
    assert not lookups.readiness(state.now, keys_refused=False).stale
    if silence == "long ago":
        champion_file.mark_unheard(path)
    elif silence == "gone":
        path.unlink()
    else:
        path.write_bytes(b"<html>")

    state.refresh()

    ready = lookups.readiness(state.now, keys_refused=False)
    assert (ready.status, ready.stale, ready.models) == ("ready", True, {ACCOUNTS: "1"})
    champion_file.replace_file(path, said)
    state.refresh()
    assert not lookups.readiness(state.now, keys_refused=False).stale
