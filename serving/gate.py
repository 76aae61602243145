"""The gate of a worker: which requests need a key, whether theirs is good, and how many it has."""

import hmac
import logging
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from serving import key_file, logs
from serving.http import Head
from serving.keys import Key, presented
from serving.problems import Problem
from serving.quotas import SECOND, Quotas, Rate
from serving.scopes import PUBLIC

KEYED = "CREDENCE_KEYED"
"""Environment variable: the server was started with keys, and never answers without."""
QUOTAS = "CREDENCE_QUOTAS"
"""Environment variable: the file of buckets that the workers share."""

LOOK_SECONDS = 1
"""How often a worker looks whether the file of keys has changed."""

_CHALLENGE = 'Bearer realm="credence"'
_NEVER = datetime.max.replace(tzinfo=UTC)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

Presented = tuple[str, bytes]
"""Id and digest of the key that a request has with it."""

_log = logging.getLogger("credence")


def presented_by(head: Head) -> Presented | None:
    """Return which key a request has with it, None without one.

    Parameters
    ----------
    head : Head
        The request's headers.
    """
    given = head.only(b"authorization")
    return None if given is None else presented(given)


@dataclass(frozen=True, slots=True)
class _Holder:
    """A key as requests are compared with it."""

    id: str
    digest: bytes
    former: bytes
    former_until: datetime
    expires: datetime
    scopes: frozenset[str]
    place: int
    rate: Rate


# What a request with an unknown id is compared with, so that it takes as long as any other.
_NOBODY = _Holder(
    "",
    secrets.token_bytes(32),
    secrets.token_bytes(32),
    _LONG_AGO,
    _LONG_AGO,
    frozenset(),
    0,
    Rate.of(1, 1),
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Gate:
    """Who may pass, by the file of keys as it is; without any key in it, everyone.

    Once keys are asked for they stay so: a file that is deleted, or emptied, leaves nobody who may
    pass, and one that is damaged leaves those of before; `refused` says that it is.

    Parameters
    ----------
    file : Path, optional
        The file of keys, looked at again every second; none keeps the gate open.
    quotas : Quotas, optional
        Buckets of all workers; of this gate alone by default.
    keyed : bool
        Ask for keys even before any is found.
    now : callable
        The clock by which keys expire.
    clock : callable
        Nanoseconds that never go back, for when to look at the file.
    """

    def __init__(
        self,
        file: Path | None = None,
        quotas: Quotas | None = None,
        *,
        keyed: bool = False,
        now: Callable[[], datetime] = _utc_now,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._file = file
        self._quotas = quotas or Quotas(clock=clock)
        self._keyed = keyed
        self._now = now
        self._clock = clock
        self._holders: Mapping[str, _Holder] = {}
        self._seen: object = None
        self.refused = False
        self._look_at = clock()

    @classmethod
    def of_server(cls) -> "Gate":
        """Return the gate of a worker of `credence serve`."""
        shared = os.environ.get(QUOTAS)
        quotas = Quotas(Path(shared)) if shared else None
        return cls(key_file.path(), quotas, keyed=KEYED in os.environ)

    def keyed(self) -> bool:
        """Return whether keys are asked for, by what the file held a second ago at most."""
        if self._file is not None and self._clock() >= self._look_at:
            self._look_at = self._clock() + LOOK_SECONDS * SECOND
            self._look(self._file)
        return self._keyed

    def admit(self, key: Presented | None, needed: str) -> str | None:
        """Return the id of the key that lets a request pass, None where it needs none.

        Parameters
        ----------
        key : tuple of str and bytes, or None
            Which one the request has with it.
        needed : str
            The scope of its route.

        Raises
        ------
        Problem
            401 without a good key, 403 where it does not hold the scope, 429 over its quota.
        """
        if needed == PUBLIC or not self.keyed():
            return None
        holder = None if key is None else self._holder(*key)
        if holder is None:
            raise Problem(
                401,
                "send one valid key: Authorization: Bearer KEY",
                headers={"www-authenticate": _CHALLENGE},
            )
        if needed not in holder.scopes:
            challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{needed}"'
            raise Problem(
                403,
                f"this path needs a key with the scope {needed}",
                headers={"www-authenticate": challenge},
            )
        seconds = self._quotas.take(holder.place, holder.rate)
        if seconds:
            raise Problem(
                429,
                "the quota of this key is used up for now: see Retry-After",
                headers={"retry-after": str(seconds)},
            )
        return holder.id

    def _holder(self, name: str, digest: bytes) -> _Holder | None:
        """Return whose key that is, None for one that is no good."""
        holder = self._holders.get(name, _NOBODY)
        now = self._now()
        # Both are always compared, so that the time tells nothing of which there are.
        present = hmac.compare_digest(digest, holder.digest)
        former = hmac.compare_digest(digest, holder.former)
        good = present or (former and now < holder.former_until)
        return holder if good and now < holder.expires else None

    def _look(self, file: Path) -> None:
        """Take over the file if it is another one than when it was last looked at."""
        # Before it is read: what changes in between is seen the next time.
        stamp = _stamp(file)
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            keys = key_file.read(file)
        except key_file.KeyFileError as error:
            self._keyed = self.refused = True
            told = logs.event("keys_refused")
            _log.error("the keys that were read before stay in force: %s", error, extra=told)
            return
        self._keyed, self.refused = self._keyed or bool(keys), False
        self._holders = {
            key.id: _as_holder(key, place) for place, key in enumerate(keys) if key.revoked is None
        }
        good, told = len(self._holders), logs.event("keys_read", keys=len(keys))
        _log.info("%s of %s keys are not revoked", good, len(keys), extra=told)


def _stamp(file: Path) -> object:
    """Return what differs once a file was replaced, written, or given another mode."""
    try:
        found = file.stat()
    except OSError as error:
        return error.errno
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _as_holder(key: Key, place: int) -> _Holder:
    return _Holder(
        id=key.id,
        digest=bytes.fromhex(key.digest),
        former=bytes.fromhex(key.former.digest) if key.former else _NOBODY.former,
        former_until=key.former.until if key.former else _LONG_AGO,
        expires=key.expires or _NEVER,
        scopes=frozenset(key.scopes),
        place=place,
        rate=Rate.of(key.per_minute, key.burst),
    )
