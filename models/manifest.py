"""What a bundle says about itself: features, data, origin, metrics, and the hash of every file."""

import math
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

import msgspec

from models import parts

SCHEMA = 1
"""Version of the bundle's layout; a reader refuses any other."""

# Whatever can change the last bit of a feature or a score.
LIBRARIES = ("lightgbm", "llvmlite", "numba", "numpy", "pandas", "pyarrow")


class Metric(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure with its 90 % interval and the number of rows behind it; null where unknown."""

    value: float | None
    low: float | None
    high: float | None
    n: int


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The training data: hash of its bytes, its window (ISO 8601, may be empty), its sources."""

    hash: str
    start: str = ""
    end: str = ""
    sources: tuple[str, ...] = ()


class FeatureHash(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A feature of the catalogue and the hash of its name, unit, window and definition."""

    name: str
    hash: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first file of a bundle; its own hash is the bundle's digest."""

    schema: int
    model: str
    features: tuple[FeatureHash, ...]
    inputs: tuple[str, ...]
    """Columns that are no features of the catalogue, such as another model's output."""
    catalogue_hash: str
    data: Data
    commit: str
    libraries: dict[str, str]
    cpu: tuple[str, ...]
    seed: int
    metrics: dict[str, Metric]
    trained_on_world: bool
    upstream: dict[str, str] = {}
    """Digest of each model carried along."""
    files: dict[str, str] = {}
    """sha256 of each other file of the bundle, but those of the models carried along."""


def describe(
    model: str,
    *,
    columns: Iterable[str],
    data: Data,
    seed: int,
    metrics: Mapping[str, Metric],
    trained_on_world: bool,
) -> Manifest:
    """Return the manifest of a model fitted here and now; `bundle.write` adds the hashes.

    Parameters
    ----------
    model : str
        Registered name, such as "conversion".
    columns : iterable of str
        Every column the model reads itself, those of its upstream models aside.
    data : Data
        What it was trained on.
    seed : int
        The seed of its training.
    metrics : mapping of str to Metric
        Headline metrics on held-out rows.
    trained_on_world : bool
        Whether the built-in world took the place of real rows.

    Returns
    -------
    Manifest
        Free of times, paths and host names: two equal runs give equal bytes.
    """
    from features.catalogue import CATALOGUE, catalogue_hash

    hashes = {feature.name: feature.hash for feature in CATALOGUE}
    columns = list(columns)
    return Manifest(
        schema=SCHEMA,
        model=model,
        features=tuple(FeatureHash(name, hashes[name]) for name in columns if name in hashes),
        inputs=tuple(name for name in columns if name not in hashes),
        catalogue_hash=catalogue_hash(),
        data=data,
        commit=commit(),
        libraries=libraries(),
        cpu=cpu(),
        seed=seed,
        metrics={name: _finite(metric) for name, metric in metrics.items()},
        trained_on_world=trained_on_world,
    )


def encode(manifest: Manifest) -> bytes:
    """Return the one text of a manifest, as it stands in manifest.json.

    Parameters
    ----------
    manifest : Manifest

    Returns
    -------
    bytes
        Canonical JSON: equal manifests give equal bytes.
    """
    return parts.encode(msgspec.to_builtins(manifest))


@cache
def cpu() -> tuple[str, ...]:
    """Return the architecture, C library and vector extensions that numerical code may use."""
    import numpy as np

    found = np.show_config(mode="dicts")["SIMD Extensions"]
    extensions = {*found["baseline"], *found.get("found", [])}
    return (platform.machine(), "-".join(platform.libc_ver()), *sorted(extensions))


@cache
def libraries() -> dict[str, str]:
    """Return the versions of Python and of the libraries that compute features and scores."""
    versions = {name: metadata.version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), **versions}


@cache
def commit() -> str:
    """Return the commit of this code: CREDENCE_COMMIT, else git's, else "unknown"."""
    given = os.environ.get("CREDENCE_COMMIT")
    root = Path(__file__).parent.parent
    # Without a .git of its own the code is installed somewhere, perhaps in another repository.
    if given or not (root / ".git").exists():
        return given or "unknown"
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return done.stdout.strip() or "unknown"


def environment() -> str:
    """Return the installed distributions, one `name==version` a line."""
    found = {f"{item.name}=={item.version}" for item in metadata.distributions() if item.name}
    return "\n".join([f"# python {platform.python_version()}", *sorted(found), ""])


def catalogue() -> bytes:
    """Return the feature catalogue as JSON, with the hash of each feature."""
    from features.catalogue import CATALOGUE

    rows = [
        {
            "name": feature.name,
            "family": feature.family,
            "unit": feature.unit,
            "bounds": [_number(bound) for bound in feature.bounds],
            "window_days": feature.window_days,
            "definition": feature.definition,
            "hash": feature.hash,
        }
        for feature in CATALOGUE
    ]
    return parts.encode({"features": rows})


def _finite(metric: Metric) -> Metric:
    return Metric(_number(metric.value), _number(metric.low), _number(metric.high), metric.n)


def _number(value: float | None) -> float | None:
    """Return a number that JSON has: unknown and unbounded are null."""
    return float(value) if value is not None and math.isfinite(value) else None
