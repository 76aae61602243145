"""The file that names a server's champions: whole or not at all, and not trusted when read."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.champions import MODELS, Pin
from serving import champion_file
from serving.champion_file import MOST_BYTES, Named, UnusableFileError, last_good

PIN = Pin(3, "a" * 64)
PINS = st.builds(
    Pin, st.integers(1, 10**9 - 1), st.text("0123456789abcdef", min_size=64, max_size=64)
)
NAMED = st.builds(
    Named,
    st.text("0123456789abcdef", min_size=64, max_size=64),
    st.dictionaries(st.sampled_from(MODELS), PINS),
    st.dictionaries(st.sampled_from(MODELS), PINS),
)


@pytest.fixture
def path(empty_home: Path) -> Path:
    """Return where the file of a server is."""
    return champion_file.path_of(empty_home / "serving" / "3000")


@given(NAMED)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, named: Named) -> None:
    """Whatever is named comes back, and nothing else is left in the folder."""
    path = tmp_path_factory.getbasetemp() / "written" / "champions.json"

    champion_file.write(path, named)

    assert champion_file.read(path) == named
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@given(st.binary(max_size=300))
def test_garbage_names_nothing(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """No bytes that happen to be there are taken for champions."""
    path = tmp_path_factory.getbasetemp() / "garbage.json"
    path.write_bytes(data)

    with pytest.raises(UnusableFileError):
        champion_file.read(path)


DAMAGED = {
    "no version": b'{"registry":"","pins":{"conversion":{"version":0,"digest":"%s"}}}'
    % (b"a" * 64),
    "no digest": b'{"registry":"","pins":{"conversion":{"version":1,"digest":"../../etc"}}}',
    "no model": b'{"registry":"","pins":{"../x":{"version":1,"digest":"%s"}}}' % (b"a" * 64),
    "another field": b'{"registry":"","pins":{},"more":1}',
    "deep": b'{"registry":"","pins":' + b"[" * 20_000,
    "cut off": b'{"registry":"","pi',
    "too large": b'{"registry":"%s","pins":{}}' % (b"a" * MOST_BYTES),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_what_cannot_be_champions_is_refused(path: Path, data: bytes) -> None:
    """A file that a server cannot have written is refused as a whole."""
    path.parent.mkdir(parents=True)
    path.write_bytes(data)

    with pytest.raises(UnusableFileError, match="names"):
        champion_file.read(path)


def test_links_and_pipes_are_not_followed(path: Path) -> None:
    """Nothing but a regular file is read, so that no worker waits for one."""
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    link = path.with_name("link")
    link.symlink_to("/dev/zero")

    for one in (path, link):
        with pytest.raises(UnusableFileError):
            champion_file.read(one)


def test_a_full_disk_leaves_the_file_of_before(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the new content cannot be put on disk the old one stays, and no draft is left."""
    before = Named("", {"conversion": PIN})
    champion_file.write(path, before)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        champion_file.write(path, Named("", {}))

    assert champion_file.read(path) == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_silence_makes_stale(path: Path) -> None:
    """What was confirmed long ago, or will be, is stale; what is confirmed again is not."""
    assert champion_file.is_stale(path)
    champion_file.write(path, Named("", {}))
    assert not champion_file.is_stale(path)

    for moment in (time.time() - 60, time.time() + 60):
        os.utime(path, (moment, moment))
        assert champion_file.is_stale(path)
    champion_file.mark_heard(path)
    assert not champion_file.is_stale(path)
    champion_file.mark_unheard(path)
    assert champion_file.is_stale(path)


def test_the_last_good_are_those_of_the_same_registry(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several servers' files the last of this registry counts; another registry's never does."""
    assert last_good() == {}
    champion_file.write(path, Named(champion_file.registry_mark(), {"conversion": PIN}))
    champion_file.mark_unheard(path)
    other = champion_file.path_of(path.parent.parent / "3001")
    champion_file.write(other, Named("another", {"conversion": Pin(9, "b" * 64)}))
    damaged = champion_file.path_of(path.parent.parent / "3002")
    champion_file.replace_file(damaged, b"{")

    assert last_good() == {"conversion": PIN}
    monkeypatch.setenv("CREDENCE_TRACKING_URI", "http://127.0.0.1:1")
    assert last_good() == {}


def test_without_a_server_those_of_a_command_are_the_last_good(empty_home: Path) -> None:
    """What a command kept of this home's own registry serves where no server ran before."""
    kept = b'{"stamp":["x"],"champions":{"conversion":{"version":3,"digest":"%s"}}}' % (b"a" * 64)
    champion_file.replace_file(empty_home / "bundles" / "aliases.json", kept)

    assert last_good() == {"conversion": PIN}
