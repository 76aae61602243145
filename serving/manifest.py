"""The manifest of a batch job: what its first run fixed, and what came of it."""

from pathlib import Path

import msgspec

from features.errors import InputError
from serving import parts

NAME = "manifest.json"


class OtherJobError(InputError):
    """A folder holds the output of a job with other inputs or options."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`manifest.json`: pairs = scores + rejected_pairs + collapsed, counted when it is finished."""

    finished: bool = False
    pairs: int = 0
    scores: int = 0
    rejected_pairs: int = 0
    collapsed: int = 0
    rejects: int = 0
    """Rows of `rejects`: rejected pairs and the tables' rows that were set aside."""
    missing: dict[str, int] = {}
    """Scores without a visible row of these tables, whose features are unknown to them."""
    as_of: str = ""
    """The moment of pairs that name none."""
    versions: dict[str, str] = {}
    digests: dict[str, str] = {}
    """Of the models' bundles."""
    catalogue_hash: str
    options: dict[str, int | str | None]
    hashes: dict[str, str]
    """SHA-256 of the bytes of each table and of the pairs."""
    seconds: float = 0.0
    """Of the run that finished the job."""


def load(folder: Path) -> Manifest | None:
    """Return the manifest in a folder of scores, None where no job has begun there.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    OtherJobError
        If something else than a job's output is there.
    """
    path = folder / NAME
    if not path.exists():
        if any((folder / name).exists() for name in ("scores", "rejects")):
            raise OtherJobError(f"{folder} holds scores without a manifest: choose another folder")
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OtherJobError(
            f"{path} is no manifest of `credence score` ({error}): choose another folder"
        ) from None


def save(folder: Path, manifest: Manifest) -> None:
    """Write the manifest into a folder of scores."""
    parts.write_bytes(folder / NAME, msgspec.json.format(msgspec.json.encode(manifest), indent=2))


def refuse_other(folder: Path, begun: Manifest, now: Manifest) -> None:
    """Raise where a job begun in `folder` differs from the one asked for now.

    Parameters
    ----------
    folder : Path
    begun, now : Manifest
        Versions may differ: those that the job was begun with count. So may `as_of`, where it
        is the time of the first run; where it follows from inputs and options they are compared.

    Raises
    ------
    OtherJobError
        Naming what differs.
    """
    names = sorted({*begun.hashes, *now.hashes})
    changed = [name for name in names if begun.hashes.get(name) != now.hashes.get(name)]
    options = sorted({*begun.options, *now.options})
    changed += [name for name in options if begun.options.get(name) != now.options.get(name)]
    if begun.catalogue_hash != now.catalogue_hash:
        changed.append("the feature catalogue")
    if changed:
        raise OtherJobError(
            f"{folder} was begun with other inputs or options (now different: "
            f"{', '.join(changed)}): give the first command again, or choose another folder"
        )
