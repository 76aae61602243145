"""Brings a registered bundle to this machine, by names it may have and hashes it must have."""

from pathlib import Path

from features.home import home
from models import registry
from models.bundle import Bundle, read, write
from models.layout import (
    ANSWERS,
    MANIFEST,
    MAX_BYTES,
    MAX_MANIFEST_BYTES,
    BundleError,
    digest_of,
    parse_manifest,
)
from models.records import BUNDLE, Version


def fetch(name: str, number: int) -> Path:
    """Return the local folder of a version's bundle, downloaded unless it is there.

    Parameters
    ----------
    name : str
        Registered name.
    number : int
        Its version.

    Returns
    -------
    Path
        HOME/bundles/NAME/NUMBER, its digest the one of the registry's tag.

    Raises
    ------
    UnknownVersionError
        If there is no such version.
    BundleError
        If what is stored, here or in the artifact store, is not what was registered.
    """
    version = registry.version(name, number)
    folder = local(name, number)
    # A damaged copy is evidence: it is refused, and only its absence makes a download.
    if folder.exists():
        read(folder, version.digest)
    else:
        write(_download(version, BUNDLE, version.digest), folder)
    return folder


def local(name: str, number: int) -> Path:
    """Return where the bundle of a version is kept on this machine."""
    return home() / "bundles" / name / str(number)


def _download(version: Version, root: str, digest: str) -> Bundle:
    """Fetch the files that a manifest lists, and no other; the manifest by its digest first."""
    raw = _file(version, f"{root}/{MANIFEST}", digest, MAX_MANIFEST_BYTES)
    manifest = parse_manifest(raw, Path(root))
    contents = {
        path: _file(version, f"{root}/{path}", sha, MAX_BYTES)
        for path, sha in manifest.files.items()
    }
    answers = contents.pop(ANSWERS)
    upstream = {
        name: _download(version, f"{root}/upstream/{name}", sha)
        for name, sha in manifest.upstream.items()
    }
    return Bundle(digest, manifest, contents, answers, upstream)


def _file(version: Version, path: str, sha: str, limit: int) -> bytes:
    data = registry.artifact(version, path, limit)
    where = f"{version.name} {version.number}: {path} in the artifact store of {version.run_id}"
    if data is None:
        raise BundleError(f"{where} is missing; restore it, or train anew")
    if digest_of(data) != sha:
        raise BundleError(
            f"{where} hashes to {digest_of(data)}, registered was {sha}; restore it, or train anew"
        )
    return data
