"""The published store: every creator's features and audience scores at one `as_of`, by id."""

import fcntl
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple
from weakref import WeakValueDictionary, finalize

import lmdb
import msgspec

from features.catalogue import catalogue_hash
from features.errors import InputError
from features.histories import brief_rows
from features.home import home
from serving.entries import FORMAT, Entries, Meta, unpack_briefs, unpack_meta

CURRENT = "CURRENT"
DATA = "data.mdb"
META, BRIEFS, CREATOR = b"meta", b"briefs", b"creator/"


class StoreError(InputError):
    """A published store cannot be used by this version of Credence."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"the store {path} {why}: run `credence publish` again")


class Stored(NamedTuple):
    """What the store knows of some creators.

    Parameters
    ----------
    places : list of int, length n
        Where each creator found stands among those asked for.
    entries : Entries
        Of the n creators, by the models that the store was published with.
    """

    places: list[int]
    entries: Entries


class Store:
    """A published store, for reading from any number of threads and processes.

    What is published never changes, so readers need no lock; while one has the store open, its
    files are not removed. LMDB cannot open a file twice in one process: use `Store.open`, which
    gives the one that is open already.

    Parameters
    ----------
    path : Path
        Its folder.
    """

    _known: ClassVar["WeakValueDictionary[Path, Store]"] = WeakValueDictionary()
    _opening = threading.Lock()

    def __init__(self, path: Path) -> None:
        self.path = path
        # Whatever ends the store, also an error below, ends the mark.
        finalize(self, os.close, _in_use(path))
        try:
            self._lmdb = lmdb.open(str(path), readonly=True, lock=False, readahead=False)
        except lmdb.Error as error:
            raise StoreError(path, f"is damaged ({type(error).__name__})") from error
        pages = (self._lmdb.info()["last_pgno"] + 1) * self._lmdb.stat()["psize"]
        if (path / DATA).stat().st_size < pages:
            # To read a page that is cut off would end the process.
            raise StoreError(path, "is cut off")
        self._reading = threading.local()
        self.meta = self._meta()
        self.briefs = unpack_briefs(self._value(BRIEFS))
        self.brief_rows = brief_rows(self.briefs)
        self.standings: dict[tuple[int, int], Any] = {}
        self.has_conversion = "conversion" in self.meta.versions

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Return the store in a folder.

        Parameters
        ----------
        path : Path
            Such as `current()`.

        Raises
        ------
        StoreError
            If it is none, or was published by a version with other features or another layout.
        FileNotFoundError
            If it was removed meanwhile.
        """
        path = path.resolve()
        with cls._opening:
            store = cls._known.get(path)
            if store is None:
                store = cls._known[path] = cls(path)
            return store

    @property
    def as_of(self) -> int:
        """The moment that everything in it holds for, microseconds."""
        return self.meta.as_of

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the models that it was published with, by name."""
        return self.meta.versions

    @property
    def digests(self) -> dict[str, str]:
        """Digests of the bundles of the models that scored it, by name."""
        return self.meta.digests

    def ids(self, most: int | None = None) -> list[str]:
        """Return the ids of its creators in order, or the first of them."""
        found: list[str] = []
        with self._lmdb.begin() as transaction, transaction.cursor() as cursor:
            cursor.set_range(CREATOR)
            for key in cursor.iternext(keys=True, values=False):
                if len(found) == most or not key.startswith(CREATOR):
                    break
                found.append(key[len(CREATOR) :].decode())
        return found

    def get(self, creator_ids: Sequence[str]) -> Stored:
        """Return what is stored of some creators.

        Parameters
        ----------
        creator_ids : sequence of str
            Any; one may stand there twice.

        Returns
        -------
        Stored
            In the order asked.
        """
        values: list[Any] = self.packed(creator_ids)
        if None in values:
            found = [place for place, value in enumerate(values) if value is not None]
            return Stored(found, Entries([values[place] for place in found]))
        return Stored(list(range(len(values))), Entries(values))

    def packed(self, creator_ids: Sequence[str]) -> list[bytes | None]:
        """Return what is stored of creators as it stands, None for each that is not there.

        Parameters
        ----------
        creator_ids : sequence of str
        """
        try:
            get = self._reading.get
        except AttributeError:
            # What is published never changes: a thread needs no other transaction, ever.
            get = self._reading.get = self._lmdb.begin().get
        return [get(CREATOR + one.encode()) for one in creator_ids]

    def _value(self, key: bytes) -> bytes:
        with self._lmdb.begin() as transaction:
            value: bytes | None = transaction.get(key)
        if value is None:
            raise StoreError(self.path, "is not complete")
        return value

    def _meta(self) -> Meta:
        try:
            meta = unpack_meta(self._value(META))
        except msgspec.DecodeError:
            raise StoreError(self.path, "has another layout than this version") from None
        if meta.format != FORMAT:
            raise StoreError(self.path, "has another layout than this version")
        if meta.catalogue_hash != catalogue_hash():
            raise StoreError(self.path, "holds features that are defined otherwise by now")
        return meta


def _in_use(path: Path) -> int:
    """Return an open descriptor that marks a store as in use until it is closed."""
    descriptor = os.open(path / DATA, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def online() -> Path:
    """Return the folder of the stores, which need not exist."""
    return home() / "online"


def current() -> Path | None:
    """Return the folder of the store that is published, None where none is."""
    try:
        return online() / (online() / CURRENT).read_text().strip()
    except FileNotFoundError:
        return None


def published() -> Store | None:
    """Return the store that is published, None where none is.

    Raises
    ------
    StoreError
        If this version of Credence cannot use it.
    """
    for _ in range(3):
        path = current()
        try:
            return None if path is None else Store.open(path)
        except FileNotFoundError:
            continue  # another one was published in between
    raise StoreError(online(), "is not there")
