"""What the folder of a bundle may hold, and the safe reading of it."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from models.manifest import SCHEMA, Manifest, encode

MANIFEST = "manifest.json"
ANSWERS = "answers.json"
CARD = "card.md"
PARTS = frozenset({"numbers.json", "booster.txt", "references.json", CARD})
UPSTREAM: dict[str, tuple[str, ...]] = {
    "fake_accounts": (),
    "fake_followers": ("fake_accounts",),
    "conversion": ("fake_followers",),
}
"""The models there are, each with those it carries along."""

MAX_BYTES = 256 * 2**20
MAX_MANIFEST_BYTES = 4 * 2**20


class BundleError(RuntimeError):
    """A bundle that is not what its manifest, or the registry, says it is."""


def parse_manifest(raw: bytes, folder: Path) -> Manifest:
    """Return the manifest of `raw`, its names checked.

    Parameters
    ----------
    raw : bytes
        Content of manifest.json.
    folder : Path
        Where it comes from, for messages.

    Returns
    -------
    Manifest
        Names only files and upstream models that such a bundle may have.

    Raises
    ------
    BundleError
        If it is damaged, or of another version of the layout.
    """
    where = str(folder / MANIFEST)
    try:
        schema = msgspec.json.decode(raw, type=_Schema).schema
        if schema != SCHEMA:
            raise BundleError(
                f"{where}: layout {schema}, this version of credence reads {SCHEMA}; train anew,"
                " or run the version that wrote it"
            )
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(f"{where}: no manifest: {error}; train or fetch it anew") from error
    if encode(manifest) != raw:
        raise BundleError(f"{where}: not written by credence; train or fetch it anew")
    expect_names(set(manifest.files) - {ANSWERS}, where)
    expect_upstream(manifest.model, set(manifest.upstream), where)
    if ANSWERS not in manifest.files:
        raise BundleError(f"{where}: lists no {ANSWERS}; a model must prove itself: train anew")
    return manifest


def digest_of(data: bytes) -> str:
    """Return the sha256 of `data` in hex."""
    return hashlib.sha256(data).hexdigest()


class _Schema(msgspec.Struct):
    """The one field of a manifest that every version of the layout has."""

    schema: int


def expect_names(names: set[str], where: str) -> None:
    """Refuse parts that no model has."""
    if not {"numbers.json"} <= names <= PARTS:
        raise BundleError(
            f"{where}: its parts are {sorted(names)}, expected numbers.json and perhaps"
            f" {sorted(PARTS - {'numbers.json'})}; train anew"
        )


def expect_upstream(model: str, names: set[str], where: str) -> None:
    """Refuse a model that carries others than such a model does."""
    if model not in UPSTREAM:
        raise BundleError(f"{where}: unknown model {model!r}, expected one of {list(UPSTREAM)}")
    if names != set(UPSTREAM[model]):
        raise BundleError(
            f"{where}: {model} must carry {list(UPSTREAM[model])}, not {sorted(names)}; train anew"
        )


def expect_entries(folder: Path, manifest: Manifest) -> None:
    """Refuse files and folders that the manifest does not list."""
    allowed = {MANIFEST, *manifest.files, *(["upstream"] if manifest.upstream else [])}
    extra = sorted(set(_entries(folder)) - allowed)
    if manifest.upstream:
        carried = set(_entries(folder / "upstream"))
        extra += sorted(f"upstream/{name}" for name in carried - set(manifest.upstream))
    if extra:
        raise BundleError(
            f"{folder}: holds {extra}, which its manifest does not list; remove them, or fetch the"
            " bundle anew"
        )


def _entries(folder: Path) -> Iterator[str]:
    """Yield the names in a folder of a bundle, which may hold no symbolic link."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_symlink():
                    raise BundleError(f"{entry.path}: a symbolic link; fetch the bundle anew")
                yield entry.name
    except OSError as error:
        raise BundleError(f"{folder}: cannot be read: {error.strerror}") from error


def contents(path: Path, limit: int) -> bytes:
    """Return the bytes of a file; a link, a pipe or a file over the limit is refused unread.

    Parameters
    ----------
    path : Path
        A file of a bundle.
    limit : int
        Most bytes to read.

    Returns
    -------
    bytes

    Raises
    ------
    BundleError
        If it is missing, no regular file, or too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise BundleError(
            f"{path}: expected a file: {error.strerror}; fetch the bundle anew"
        ) from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise BundleError(f"{path}: no regular file; fetch the bundle anew")
        if status.st_size > limit:
            raise BundleError(f"{path}: {status.st_size} bytes, at most {limit} are read")
        return file.read(limit + 1)
