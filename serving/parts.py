"""An output folder held by one job at a time, and files in it that are complete or absent."""

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import InputError

LOCK = ".lock"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
TEMPORARY = ".tmp-"
"""How the names of files and folders begin that are not finished."""


class FolderBusyError(InputError):
    """Another job is writing to the folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} is being written by another job: wait for its end or choose another folder"
        )


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold `folder` alone, making it first; what a killed job left half-written is removed.

    The lock dies with the process, so a killed job never blocks the next one.

    Parameters
    ----------
    folder : Path
        The output folder.

    Raises
    ------
    FolderBusyError
        If another process holds it.
    InputError
        If it is not a folder, or cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: the output must be a folder ({error.strerror})") from error
    lock = _lock(folder)
    try:
        for left in [*folder.rglob(f"{TEMPORARY}*")]:
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield
    finally:
        # Removed while still held: a job that opened it meanwhile sees another file and tries anew.
        (folder / LOCK).unlink(missing_ok=True)
        lock.close()
        with suppress(OSError):
            folder.rmdir()  # a run refused before it wrote anything leaves nothing behind


@contextmanager
def clear_end(
    folder: Path, again: str = "the same command goes on where this one stopped"
) -> Iterator[None]:
    """Say of a full disk and of a vanished input what to do.

    Parameters
    ----------
    folder : Path
        The output of a job.
    again : str
        What to do once the cause is gone.

    Raises
    ------
    InputError
        If an input is gone.
    OSError
        If the disk is full, in words for the person.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{error.filename or error} is gone: put it back, and {again}") from error
    except OSError as error:
        if error.errno in _FULL:
            full = f"no space left for {folder}: free some, and {again}"
            raise OSError(error.errno, full) from error
        raise


def _lock(folder: Path) -> IO[bytes]:
    """Return the lock file, open and locked, and still the one that others would open."""
    path = folder / LOCK
    while True:
        file = path.open("wb")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise FolderBusyError(folder) from None
        with suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                return file
        file.close()


def write(path: Path, fill: Callable[[IO[bytes]], None]) -> None:
    """Write a file that appears at `path` only once it is whole and on disk.

    Parameters
    ----------
    path : Path
        Where it appears; its folder is made where it is missing.
    fill : callable
        Writes the content to the open file it is given.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Workers on several machines may write the same file.
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{token_hex(4)}-{path.name}")
    try:
        with temporary.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(folder: Path) -> None:
    """Put the names in `folder` on disk, as fsync of a file does not."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a small file, whole or not at all."""

    def fill(file: IO[bytes]) -> None:
        file.write(data)

    write(path, fill)


def write_part(path: Path, table: pa.Table) -> None:
    """Write one Parquet part, whole or not at all."""
    write(path, lambda file: pq.write_table(table, file, compression="zstd"))


def is_part(path: Path, rows: int) -> bool:
    """Tell whether `path` is a finished part of `rows` rows."""
    try:
        return bool(pq.read_metadata(path).num_rows == rows)
    except (OSError, pa.ArrowInvalid):
        return False
