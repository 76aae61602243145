"""Keys and the file that holds them."""

import hashlib
import json
import multiprocessing
import os
import stat
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving import key_file, keys
from serving.key_file import KeyFileError, changing, read
from serving.scopes import SCOPES
from tests.serving.apart import add_some
from tests.serving.keyed import START, add

HEXADECIMAL = "0123456789abcdef"


def new() -> tuple[keys.Key, str]:
    """Return a key and its text."""
    return keys.made(START, scopes=("score",), per_minute=60, burst=10)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where a file of keys would be."""
    return tmp_path / "home" / "keys.json"


def test_a_text_presents_its_key() -> None:
    """The text of a key leads to its id and to the digest that is kept, in any case of Bearer."""
    key, text = new()

    for scheme in ("Bearer", "bearer", "BEARER "):
        found = keys.presented(f"{scheme} {text}".encode())
        assert found == (key.id, bytes.fromhex(key.digest))


def test_only_the_digest_of_the_secret_is_kept() -> None:
    """A key holds the SHA-256 of 256 random bits and nothing that they could be read from."""
    key, text = new()
    prefix, id_, secret = text.split("_")

    assert prefix == "cred"
    assert id_ == key.id
    assert len(bytes.fromhex(secret)) == 32
    assert key.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert secret.encode() not in msgspec.json.encode(key)


def test_no_two_keys_are_alike() -> None:
    """Ids and secrets are new each time."""
    several = [new() for _ in range(200)]

    assert len({key.id for key, _ in several}) == len({text for _, text in several}) == 200


@given(
    st.binary(max_size=200)
    | st.text(HEXADECIMAL + "_credBr \x00\n", max_size=200).map(lambda text: text.encode())
    | st.from_regex(rb"Bearer +cred_[0-9a-f]{11,13}_[0-9a-f]{63,65}\n?", fullmatch=True).filter(
        lambda value: len(value.removesuffix(b"\n").split()[-1]) != 82 or value.endswith(b"\n")
    )
)
def test_anything_else_presents_no_key(value: bytes) -> None:
    """What is not exactly a key's text is no key, however long or near."""
    assert keys.presented(value) is None


def test_a_rotation_changes_the_secret_only() -> None:
    """A rotated key keeps id, scopes and quota; the former secret is kept for the grace alone."""
    key, text = new()

    at_once, fresh = keys.rotated(key, START, until=START, expires=None)
    later, _ = keys.rotated(key, START, until=START + timedelta(minutes=5), expires=None)

    assert fresh != text
    assert at_once.former is None
    assert later.former == keys.Former(key.digest, START + timedelta(minutes=5))
    for one in (at_once, later):
        same = msgspec.structs.replace(one, digest=key.digest, rotated=None, former=None)
        assert same == key


def test_a_dead_key_is_not_rotated() -> None:
    """Rotation revives no revoked key, and an expired one only with a new end."""
    key, _ = new()
    ended = msgspec.structs.replace(key, expires=START)

    with pytest.raises(keys.DeadKeyError, match="revoked"):
        keys.rotated(keys.revoked(key, START), START, until=START, expires=None)
    with pytest.raises(keys.DeadKeyError, match="--days"):
        keys.rotated(ended, START, until=START, expires=START)
    fresh, _ = keys.rotated(ended, START, until=START, expires=START + timedelta(days=1))
    assert fresh.state(START) == "valid"


def test_revoking_is_for_good() -> None:
    """A revoked key has no former secret either, and keeps the moment it was first revoked."""
    key, _ = new()
    rotated, _ = keys.rotated(key, START, until=START + timedelta(minutes=5), expires=None)

    once = keys.revoked(rotated, START)

    assert once.former is None
    assert once.state(START) == "revoked"
    assert keys.revoked(once, START + timedelta(days=1)) == once


def test_what_is_written_is_read(file: Path) -> None:
    """Keys come back as they were, in the order they were made."""
    made = [add(file, scope)[0] for scope in SCOPES]

    assert read(file) == made


def test_without_a_file_there_are_no_keys(file: Path) -> None:
    """No file is no keys, and no error."""
    assert read(file) == []


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_only_its_owner_can_open_the_file(file: Path, umask: int) -> None:
    """The file has mode 0600 from its first byte on, whatever the umask."""
    file.parent.mkdir()
    before = os.umask(umask)
    try:
        add(file)
        add(file)
    finally:
        os.umask(before)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["keys.json"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_may_open_is_refused(file: Path, mode: int) -> None:
    """Neither read nor changed, with the remedy."""
    add(file)
    before = file.read_bytes()
    file.chmod(mode)

    with pytest.raises(KeyFileError, match="chmod 600"):
        read(file)
    with pytest.raises(KeyFileError, match="chmod 600"), changing(file) as held:
        held.clear()
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-20],
        lambda _: b"",
        lambda text: b"\xff" + text,
        lambda text: text.replace(b'"digest"', b'"diges"'),
        lambda text: text.replace(b'"score"', b'"everything"'),
        lambda text: text.replace(b'"per_minute": 600', b'"per_minute": 0'),
        lambda text: text.replace(b'"format": 1', b'"format": 2'),
        lambda text: text.replace(b"2031-05-01T12:00:00Z", b"2031-05-01T12:00:00"),
    ],
)
def test_a_damaged_file_is_refused(file: Path, damage: object) -> None:
    """What is not exactly a file of keys is refused as damaged."""
    assert callable(damage)
    add(file)
    file.write_bytes(damage(file.read_bytes()))

    with pytest.raises(KeyFileError, match="is damaged"):
        read(file)


def test_an_id_stands_once(file: Path) -> None:
    """Two keys of one id are a damage."""
    add(file)
    found = json.loads(file.read_bytes())
    file.write_text(json.dumps({**found, "keys": found["keys"] * 2}))

    with pytest.raises(KeyFileError, match="twice"):
        read(file)


def test_a_failed_change_leaves_the_file(file: Path) -> None:
    """Where a change raises, the file is as it was and nothing lies beside it."""
    add(file)
    before = file.read_bytes()

    with pytest.raises(IndexError), changing(file) as held:
        held.pop(1)

    assert file.read_bytes() == before
    assert [one.name for one in file.parent.iterdir()] == ["keys.json"]


def test_a_full_file_takes_no_more(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One key too many is refused before it is written."""
    monkeypatch.setattr(key_file, "MOST_KEYS", 2)
    add(file)
    add(file)

    with pytest.raises(KeyFileError, match="no more fit"):
        add(file)
    assert len(read(file)) == 2


def test_no_change_is_lost_among_writers(file: Path) -> None:
    """Writers that run at the same time wait for each other: every key is in the file."""
    context = multiprocessing.get_context("spawn")
    each = (file, 25, context.Barrier(3))
    writers = [context.Process(target=add_some, args=each) for _ in range(2)]
    for one in writers:
        one.start()
    add_some(*each)
    for one in writers:
        one.join(60)

    assert [one.exitcode for one in writers] == [0, 0]
    assert len(read(file)) == 75
