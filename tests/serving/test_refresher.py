"""The refresher names what the registry says and what is good, whatever the registry says."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from models.champions import NoChampionError, Pin
from models.fetch import local
from models.records import RegistryError
from serving import champion_file, proofs, refreshing
from serving.champion_file import Named
from serving.overdue import OverdueError, within
from serving.refresher import Refresher
from tests.models import sealed
from tests.serving import promoted
from tests.serving.promoted import ACCOUNTS

Ask = Callable[[], Mapping[str, Pin]]


@pytest.fixture
def path(empty_home: Path) -> Path:
    """Return the file of a server that answers with the first version."""
    path = champion_file.path_of(empty_home / "serving" / "3000")
    pin = promoted.put(sealed.fake_accounts(), 1)
    promoted.name(path, {ACCOUNTS: pin})
    champion_file.mark_unheard(path)
    return path


def second() -> Pin:
    """Return a proven second version on this machine."""
    pin = promoted.put(promoted.other_accounts(), 2)
    proofs.remember(pin.digest)
    return pin


def says(answer: Mapping[str, Pin] | BaseException) -> Ask:
    """Return a registry that says so."""

    def ask() -> Mapping[str, Pin]:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return ask


def test_a_promotion_is_named(path: Path) -> None:
    """What was promoted and proven is named, and the registry counts as heard."""
    pin = second()

    assert Refresher(path, says({ACCOUNTS: pin})).turn() == ""

    assert champion_file.read(path).pins == {ACCOUNTS: pin}
    assert not champion_file.is_stale(path)


SILENCE = {
    "down": RegistryError("refused"),
    "stumbled": KeyError("registered_model"),
    "late": OverdueError(),
    "empty": {},
    "no digest": {ACCOUNTS: Pin(2, "")},
    "no number": {ACCOUNTS: Pin(-1, "b" * 64)},
}


@pytest.mark.parametrize("said", SILENCE.values(), ids=SILENCE.keys())
def test_what_is_no_answer_changes_nothing(
    path: Path, said: Mapping[str, Pin] | BaseException
) -> None:
    """The champions of before stay named, and the registry does not count as heard."""
    before = champion_file.read(path).pins

    assert Refresher(path, says(said)).turn() != ""

    assert champion_file.read(path).pins[ACCOUNTS] == before[ACCOUNTS]
    assert champion_file.is_stale(path)


def test_the_address_of_a_registry_is_not_told(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What MLflow says of a failure may hold a password: the log says the kind of failure."""
    error = RegistryError("registry http://me:secret@host: API request to http://me:secret@host")
    error.__cause__ = ConnectionError("http://me:secret@host")

    assert Refresher(path, says(error)).turn() == "RegistryError (ConnectionError)"

    assert "ConnectionError" in caplog.text
    assert "secret" not in caplog.text


def test_a_bad_version_is_refused_and_left_alone(path: Path) -> None:
    """One whose tree is none is named as refused beside the one that serves on, and let be."""
    before = champion_file.read(path).pins
    bad = promoted.put(promoted.cyclic_accounts(), 2)
    refresher = Refresher(path, says({ACCOUNTS: bad}))

    assert refresher.turn() == ""

    mark = champion_file.registry_mark()
    assert champion_file.read(path) == Named(mark, before, {ACCOUNTS: bad})
    (local(ACCOUNTS, 2) / "manifest.json").unlink()
    assert refresher.turn() == ""
    assert champion_file.read(path) == Named(mark, before, {ACCOUNTS: bad})


def test_a_file_that_somebody_spoiled_is_written_again(path: Path) -> None:
    """The next turn puts it right."""
    named = champion_file.read(path)
    refresher = Refresher(path, says(named.pins))
    path.write_bytes(b"{}")

    assert refresher.turn() == ""

    assert champion_file.read(path) == named


def test_another_registry_begins_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of one registry mean nothing in another."""
    monkeypatch.setenv("CREDENCE_TRACKING_URI", "http://127.0.0.1:1")

    assert Refresher(path).named.pins == {}


def test_what_is_forgotten_serves_on_until_the_next_start(path: Path) -> None:
    """A server that runs keeps a model that lost its champion, stale; one that starts does not."""
    gone = promoted.put(sealed.fake_followers(), 1)
    promoted.name(path, {**champion_file.read(path).pins, "fake_followers": gone})
    pin = second()

    champion_file.mark_unheard(path)

    why = Refresher(path, says({ACCOUNTS: pin})).turn()

    assert "fake_followers" in why
    assert champion_file.read(path).pins == {ACCOUNTS: pin, "fake_followers": gone}
    assert champion_file.is_stale(path)
    assert Refresher(path, says({ACCOUNTS: pin}), anew=True).turn() == ""
    assert champion_file.read(path).pins == {ACCOUNTS: pin}
    assert not champion_file.is_stale(path)


def wait_for_ever() -> None:
    """Wait, and take no error for an end."""
    try:
        threading.Event().wait(60)
    except Exception as error:
        raise AssertionError from error


def test_what_hangs_is_ended() -> None:
    """Work that waits for ever is ended, also where it expects every exception."""
    with pytest.raises(OverdueError), within(0.05):
        wait_for_ever()


def test_a_start_without_registry_takes_the_last_good(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tracking server that is down: what served last serves, and counts as stale."""
    monkeypatch.setenv("CREDENCE_TRACKING_URI", "http://127.0.0.1:1")
    monkeypatch.setenv(champion_file.PLACE, "")
    monkeypatch.setenv("CREDENCE_CHAMPIONS", "")
    pin = second()
    promoted.name(path, {ACCOUNTS: pin})
    state = path.parent.parent / "3001"

    refreshing.resolve(state)

    there = champion_file.path_of(state)
    assert champion_file.read(there).pins == {ACCOUNTS: pin}
    assert champion_file.is_stale(there)


def test_a_start_needs_no_database(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that has bundles and no registry at all serves them; one without both says so."""
    monkeypatch.setenv(champion_file.PLACE, "")
    monkeypatch.setenv("CREDENCE_CHAMPIONS", "")
    proofs.remember(sealed.fake_accounts().digest)

    refreshing.resolve(path.parent)

    assert set(champion_file.read(path).pins) == {ACCOUNTS}
    assert champion_file.is_stale(path)
    path.unlink()
    with pytest.raises(NoChampionError, match="credence train"):
        refreshing.resolve(path.parent)
