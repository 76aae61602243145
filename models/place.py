"""Puts a folder of files in place at once, so that a crash leaves the old one or the new one."""

import errno
import os
import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

SWAPS = 10
"""Attempts to win against other processes that put a folder in the same place."""


def place(files: Mapping[str, bytes], folder: Path) -> None:
    """Write `files` beside `folder`, sync them to disk, and rename them into its place.

    Parameters
    ----------
    files : mapping of str to bytes
        Content by relative path.
    folder : Path
        Where they go; what stands there is replaced.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    try:
        for path, data in files.items():
            target = draft / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for inner in [draft, *(path for path in draft.rglob("*") if path.is_dir())]:
            _sync(inner)
        _swap(draft, folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _swap(draft: Path, folder: Path) -> None:
    """Rename `draft` to `folder`; a folder that stands there, perhaps since now, moves away."""
    for attempt in range(SWAPS):
        retired = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
        with suppress(FileNotFoundError):
            folder.rename(retired)
        try:
            draft.rename(folder)
        except OSError as error:
            # Another process put its own here in between: then that one moves away too.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or attempt == SWAPS - 1:
                raise
        else:
            return
        finally:
            shutil.rmtree(retired, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Write a folder's entries to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
