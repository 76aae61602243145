"""Bearer keys: what one holds, how one is made, rotated and revoked, how its text is read.

A key's text is `cred_ID_SECRET`. The id is public and may be logged; the secret has 256 random bits
and is kept nowhere, only its SHA-256. A slow hash such as Argon2 protects what people choose and
others can guess: 2^256 secrets cannot be tried, so that a fast hash gives nothing away.
"""

import hashlib
import re
import secrets
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from features.errors import InputError
from serving.scopes import LABEL, MOST_PER_MINUTE, SCOPES, ScopeName

_ID_BYTES, _SECRET_BYTES = 6, 32
# RFC 7235: the scheme in any case, then at least one space.
_CREDENTIALS = re.compile(rb"[Bb][Ee][Aa][Rr][Ee][Rr] +cred_([0-9a-f]{12})_([0-9a-f]{64})")

Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Quota = Annotated[int, msgspec.Meta(ge=1, le=MOST_PER_MINUTE)]


class Former(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret before the last rotation, while it is still taken."""

    digest: Digest
    until: Moment


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A key as it is kept: whatever is to be known of it but its secret."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{12}\Z")]
    digest: Digest
    """SHA-256 of the secret's text, in hexadecimal."""
    scopes: Annotated[tuple[ScopeName, ...], msgspec.Meta(min_length=1)]
    per_minute: Quota
    """Requests that it may make in the long run."""
    burst: Quota
    """Requests that it may make at once after a pause."""
    created: Moment
    expires: Moment | None = None
    label: Annotated[str, msgspec.Meta(pattern=LABEL)] | None = None
    rotated: Moment | None = None
    former: Former | None = None
    revoked: Moment | None = None

    def state(self, now: datetime) -> Literal["valid", "expired", "revoked"]:
        """Return what the key is worth.

        Parameters
        ----------
        now : datetime
            The moment that it is asked of.
        """
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "valid"


class DeadKeyError(InputError):
    """A key that is revoked or expired cannot be rotated."""


def made(
    now: datetime,
    *,
    scopes: tuple[ScopeName, ...],
    per_minute: int,
    burst: int,
    expires: datetime | None = None,
    label: str | None = None,
) -> tuple[Key, str]:
    """Return a new key and its text, which nobody can find out later.

    Parameters
    ----------
    now : datetime
        When it is made.
    scopes : tuple of str
        What it may be used for.
    per_minute, burst : int
        Its quota.
    expires : datetime, optional
        When it ends.
    label : str, optional
        Whose it is.
    """
    secret, digest = _secret()
    key = Key(
        id=secrets.token_hex(_ID_BYTES),
        digest=digest,
        # In the order of the table, and each once.
        scopes=tuple(scope for scope in SCOPES if scope in scopes),
        per_minute=per_minute,
        burst=burst,
        created=now,
        expires=expires,
        label=label,
    )
    return key, _text(key, secret)


def rotated(
    key: Key, now: datetime, *, until: datetime, expires: datetime | None
) -> tuple[Key, str]:
    """Return the key with another secret, and its new text.

    Parameters
    ----------
    key : Key
        The key; a secret before its present one ends here.
    now : datetime
        When it is rotated.
    until : datetime
        How long the present secret is still taken.
    expires : datetime, optional
        When the key ends.

    Raises
    ------
    DeadKeyError
        If the key is revoked, or would be expired.
    """
    secret, digest = _secret()
    former = Former(key.digest, until) if until > now else None
    fresh = msgspec.structs.replace(key, digest=digest, expires=expires, rotated=now, former=former)
    state = fresh.state(now)
    if state == "revoked":
        raise DeadKeyError(f"key {key.id} is revoked for good: make another one")
    if state == "expired":
        raise DeadKeyError(f"key {key.id} has expired: give it a new end with --days")
    return fresh, _text(fresh, secret)


def revoked(key: Key, now: datetime) -> Key:
    """Return the key, never to be taken again.

    Parameters
    ----------
    key : Key
        The key.
    now : datetime
        When it is revoked, unless it is already.
    """
    return msgspec.structs.replace(key, former=None, revoked=key.revoked or now)


def presented(header: bytes) -> tuple[str, bytes] | None:
    """Return id and digest of the key in a value of Authorization, None where there is none.

    Parameters
    ----------
    header : bytes
        The value.
    """
    found = _CREDENTIALS.fullmatch(header)
    if found is None:
        return None
    return found[1].decode(), hashlib.sha256(found[2]).digest()


def _secret() -> tuple[str, str]:
    """Return a new secret and its digest."""
    secret = secrets.token_hex(_SECRET_BYTES)
    return secret, hashlib.sha256(secret.encode()).hexdigest()


def _text(key: Key, secret: str) -> str:
    return f"cred_{key.id}_{secret}"
