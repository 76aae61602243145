"""The file of keys: read by every worker, changed by one command at a time, for its owner only."""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from features.errors import InputError
from features.home import home
from serving.keys import Key

NAME = "keys.json"
MOST_KEYS = 4096
"""Keys of a file, revoked ones included; a key's place in it is also that of its quota."""


class KeyFileError(InputError):
    """The file of keys cannot be used as it is."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """What the file holds."""

    format: Literal[1]
    keys: Annotated[list[Key], msgspec.Meta(max_length=MOST_KEYS)]


def path() -> Path:
    """Return where the keys of this state folder are."""
    return home() / NAME


def read(file: Path) -> list[Key]:
    """Return the keys, none where there is no file.

    Parameters
    ----------
    file : Path
        The file of keys.

    Raises
    ------
    KeyFileError
        If it is damaged, unreadable, or others than its owner may open it.
    """
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            if not stat.S_ISREG(mode) or mode & 0o077:
                raise KeyFileError(
                    f"{file}: others may open it (mode {stat.S_IMODE(mode):04o}), expected a file"
                    f" of its owner's alone (0600); run `chmod 600 {file}`, and look with"
                    " `credence keys list` whether all of its keys are yours"
                )
            data = opened.read()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise KeyFileError(
            f"{file}: {error.strerror}; run this as the owner of the file"
        ) from error
    try:
        keys = msgspec.json.decode(data, type=_File).keys
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise KeyFileError(
            f"{file} is damaged: {error}; put back a copy, or delete it and make new keys"
        ) from error
    if len({key.id for key in keys}) < len(keys):
        raise KeyFileError(f"{file} is damaged: an id stands twice in it; delete one of the two")
    return keys


@contextmanager
def changing(file: Path) -> Iterator[list[Key]]:
    """Give the keys to be changed in place, and write them at the end unless it raises.

    Parameters
    ----------
    file : Path
        The file of keys; made with its folder where it is missing. Other writers wait.

    Raises
    ------
    KeyFileError
        As `read` does, and for more keys than a file holds.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    # The folder itself is locked: a lock file made by root would lock its owner out.
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        keys = read(file)
        yield keys
        if len(keys) > MOST_KEYS:
            raise KeyFileError(
                f"{file} holds {MOST_KEYS} keys already, revoked ones included, and no more fit;"
                " delete revoked ones from it"
            )
        _write(file, keys)
        os.fsync(folder)
    finally:
        os.close(folder)


def _write(file: Path, keys: list[Key]) -> None:
    """Replace the file at once: a reader and a crash see the old one or the new one."""
    text = msgspec.json.format(msgspec.json.encode(_File(1, keys)))
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{NAME}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            os.fchmod(descriptor, 0o600)
            if os.geteuid() == 0:
                # Else what root changes could not be read by the server any more.
                owner = (file if file.exists() else file.parent).stat()
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
            opened.write(text)
            opened.flush()
            os.fsync(descriptor)
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
