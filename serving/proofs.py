"""Which bundles have proven themselves on this machine, by their digests."""

import hashlib
from contextlib import suppress
from pathlib import Path

import msgspec

from features.home import home
from models.layout import BundleError, contents
from models.manifest import cpu, libraries
from serving.champion_file import replace_file

_FILE, _MOST_BYTES, _REMEMBERED = "proven.json", 2**20, 1000


class _Proven(msgspec.Struct, frozen=True):
    """Digests, the latest last, and what machine they hold for."""

    machine: str
    digests: list[str]


def is_proven(digest: str) -> bool:
    """Return whether a bundle has proven itself; another CPU or library asks anew.

    Parameters
    ----------
    digest : str
        Of the bundle.
    """
    return digest in _proven()


def remember(digest: str) -> None:
    """Keep that a bundle is proven; a home that cannot be written costs time, not the answer.

    Parameters
    ----------
    digest : str
        Of the bundle.
    """
    digests = [one for one in _proven() if one != digest][1 - _REMEMBERED :]
    with suppress(OSError):
        replace_file(_place(), msgspec.json.encode(_Proven(_machine(), [*digests, digest])))


def _place() -> Path:
    return home() / "serving" / _FILE


def _proven() -> list[str]:
    try:
        kept = msgspec.json.decode(contents(_place(), _MOST_BYTES), type=_Proven)
    except (BundleError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return kept.digests if kept.machine == _machine() else []


def _machine() -> str:
    return hashlib.sha256(msgspec.json.encode((cpu(), libraries()))).hexdigest()
