"""A model as a folder of data: every byte hashed, every hash checked before anything is parsed.

::

    manifest.json            what it is; its sha256 is the bundle's digest
    numbers.json             offset, calibration, likelihoods
    booster.txt              LightGBM's text, absent where no trees ship
    references.json          quantiles of peers, pooled rates
    card.md                  the model card: figures, slices, bounds of use
    answers.json             raw histories with the features and scores they must give
    upstream/NAME/...        the complete bundle of each model it scores with
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from models.layout import (
    ANSWERS,
    MANIFEST,
    MAX_BYTES,
    MAX_MANIFEST_BYTES,
    BundleError,
    contents,
    digest_of,
    expect_entries,
    expect_names,
    expect_upstream,
    parse_manifest,
)
from models.manifest import Manifest, encode
from models.place import place

if TYPE_CHECKING:
    from models.answers import Fitted


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle in memory, its hashes checked, its content not yet parsed."""

    digest: str
    manifest: Manifest
    parts: dict[str, bytes]
    """What the model is made of, by file name."""
    answers: bytes
    upstream: dict[str, "Bundle"]

    @property
    def name(self) -> str:
        """The model's registered name."""
        return self.manifest.model

    def files(self) -> dict[str, bytes]:
        """Return every file by its path in the folder, those of upstream bundles included."""
        own = {MANIFEST: encode(self.manifest), ANSWERS: self.answers, **self.parts}
        for name, bundle in self.upstream.items():
            own |= {f"upstream/{name}/{path}": data for path, data in bundle.files().items()}
        return own


def seal(
    *,
    manifest: Manifest,
    parts: Mapping[str, bytes],
    answers: bytes,
    upstream: Mapping[str, Bundle] | None = None,
) -> Bundle:
    """Hash the files of a model into its manifest.

    Parameters
    ----------
    manifest : Manifest
        From `manifest.describe`.
    parts : mapping of str to bytes
        What the model's `parts()` returns, and the card.
    answers : bytes
        From `answers.record`.
    upstream : mapping of str to Bundle, optional
        The models it scores with.

    Returns
    -------
    Bundle
        Equal, with its digest, for equal arguments.

    Raises
    ------
    BundleError
        If the parts or the upstream models are not those of such a model.
    """
    upstream = dict(upstream or {})
    where = f"bundle of {manifest.model}"
    expect_names(set(parts), where)
    expect_upstream(manifest.model, set(upstream), where)
    files = {**parts, ANSWERS: answers}
    complete = msgspec.structs.replace(
        manifest,
        files={path: digest_of(data) for path, data in sorted(files.items())},
        upstream={name: bundle.digest for name, bundle in sorted(upstream.items())},
    )
    return Bundle(digest_of(encode(complete)), complete, dict(parts), answers, upstream)


def write(bundle: Bundle, folder: Path) -> None:
    """Write a bundle at once: a reader sees the old folder or the new one, never half of one.

    Parameters
    ----------
    bundle : Bundle
        From `seal` or `read`.
    folder : Path
        Where it goes; a bundle that stands there is replaced.
    """
    place(bundle.files(), folder)


def read(folder: Path, digest: str | None = None) -> Bundle:
    """Read a bundle whose every byte is the one its manifest promises.

    Parameters
    ----------
    folder : Path
        A bundle.
    digest : str, optional
        What the registry says its manifest hashes to; not compared without.

    Returns
    -------
    Bundle
        Hashes checked, features checked against the present catalogue, nothing else parsed.

    Raises
    ------
    BundleError
        If a file is missing, extra, altered, too large or no regular file, if the layout is of
        another version, or if a feature that the model uses is defined otherwise by now.
    """
    raw = contents(folder / MANIFEST, MAX_MANIFEST_BYTES)
    found = digest_of(raw)
    if digest is not None and found != digest:
        raise BundleError(
            f"{folder / MANIFEST}: sha256 is {found}, the registry's tag says {digest}; delete the"
            " folder to have it fetched again, or train anew"
        )
    manifest = parse_manifest(raw, folder)
    expect_entries(folder, manifest)
    files = {path: _checked(folder / path, sha) for path, sha in manifest.files.items()}
    upstream = {
        name: _upstream(folder / "upstream" / name, name, sha)
        for name, sha in manifest.upstream.items()
    }
    answers = files.pop(ANSWERS)
    return Bundle(found, manifest, files, answers, upstream)


def to_model(bundle: Bundle, version: str = "") -> "Fitted":
    """Build the model of a bundle and let it prove itself on its known answers.

    Parameters
    ----------
    bundle : Bundle
        From `read`.
    version : str
        The registry's number; the start of the digest without one.

    Returns
    -------
    FakeAccounts or FakeFollowers or Conversion
        Ready to score.

    Raises
    ------
    BundleError
        If its features are defined otherwise by now, its parts cannot be understood, or a known
        answer comes out differently.
    """
    from models.answers import build, verify

    _expect_features(bundle.manifest)
    upstream = {name: to_model(carried) for name, carried in bundle.upstream.items()}
    model = build(bundle.name, bundle.parts, upstream, version or bundle.digest[:12])
    verify(model, bundle)
    return model


def _upstream(folder: Path, name: str, digest: str) -> Bundle:
    bundle = read(folder, digest)
    if bundle.name != name:
        raise BundleError(f"{folder}: holds {bundle.name}, expected {name}; train anew")
    return bundle


def _expect_features(manifest: Manifest) -> None:
    """Refuse a model that uses a feature which is defined otherwise by now."""
    from features.catalogue import CATALOGUE

    now = {feature.name: feature.hash for feature in CATALOGUE}
    changed = [used.name for used in manifest.features if now.get(used.name) != used.hash]
    if changed:
        raise BundleError(
            f"{manifest.model}: the features {changed} are defined otherwise by now, or are gone;"
            f" run `credence train {manifest.model.replace('_', '-')}`, or the code of commit"
            f" {manifest.commit}"
        )


def _checked(path: Path, sha: str) -> bytes:
    data = contents(path, MAX_BYTES)
    found = digest_of(data)
    if found != sha:
        raise BundleError(
            f"{path}: altered: sha256 is {found}, its manifest says {sha}; delete the folder to"
            " have it fetched again, or train anew"
        )
    return data
