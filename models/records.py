"""What the registry holds: runs to log, versions to serve, and what can go wrong with them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.bundle import Bundle, write
from models.manifest import Metric, catalogue, environment

BUNDLE = "bundle"
"""Folder of the bundle among a run's artifacts."""

DIGEST = "digest"
UPSTREAM_TAG = "upstream_"
"""Start of the tag with the digest of a model that is carried along."""


class RegistryError(RuntimeError):
    """The registry cannot be reached, or refuses."""


class UnknownVersionError(RegistryError):
    """A version that the registry does not hold."""


class ConflictError(RegistryError):
    """Another process moved the champion in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a run leaves to be logged, whether or not it made a model.

    Parameters
    ----------
    params : mapping of str to str
        Settings of the run; "tables" is the tables folder, empty for the built-in world.
    metrics : mapping of str to Metric
        Logged as NAME, NAME_low, NAME_high and NAME_n.
    files : mapping of str to bytes
        Artifacts by name: held-out rows, plots, reports.
    """

    params: Mapping[str, str]
    metrics: Mapping[str, Metric]
    files: Mapping[str, bytes]

    def figures(self) -> dict[str, float]:
        """Return every known metric, interval bound and count under a name of its own."""
        named = {
            name + suffix: value
            for name, metric in self.metrics.items()
            for suffix, value in (
                ("", metric.value),
                ("_low", metric.low),
                ("_high", metric.high),
                ("_n", float(metric.n)),
            )
        }
        return {key: x for key, x in named.items() if x is not None and math.isfinite(x)}

    def lay_out(self, folder: Path) -> None:
        """Write the run's artifacts."""
        for path, data in self.files.items():
            (folder / path).write_bytes(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Findings):
    """One training to be logged and registered: beside what it found, the model.

    Parameters
    ----------
    bundle : Bundle
        The model.
    """

    bundle: Bundle

    def tags(self) -> dict[str, str]:
        """Return what the manifest says of data, code and upstream models, flat."""
        manifest = self.bundle.manifest
        return {
            DIGEST: self.bundle.digest,
            "model": manifest.model,
            "data_hash": manifest.data.hash,
            "data_start": manifest.data.start,
            "data_end": manifest.data.end,
            "catalogue_hash": manifest.catalogue_hash,
            "commit": manifest.commit,
            "trained_on_world": str(manifest.trained_on_world).lower(),
            **{UPSTREAM_TAG + name: digest for name, digest in manifest.upstream.items()},
        }

    def lay_out(self, folder: Path) -> None:
        """Write the run's artifacts: bundle, files, feature catalogue and environment."""
        write(self.bundle, folder / BUNDLE)
        (folder / "catalogue.json").write_bytes(catalogue())
        (folder / "environment.txt").write_text(environment(), encoding="utf-8")
        Findings.lay_out(self, folder)  # slots leave super() with another class


@dataclass(frozen=True, slots=True)
class Version:
    """One registered version and the digest its bundle must have."""

    name: str
    number: int
    digest: str
    run_id: str
    aliases: tuple[str, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Logged:
    """What the run of a version logged: parameters, and metrics under their flat names."""

    params: Mapping[str, str]
    metrics: Mapping[str, float]

    def metric(self, name: str) -> Metric | None:
        """Return a metric with its interval, None where the run logged none."""
        value, n = self.metrics.get(name), self.metrics.get(f"{name}_n")
        if value is None or n is None:
            return None
        low, high = self.metrics.get(f"{name}_low"), self.metrics.get(f"{name}_high")
        return Metric(value, low, high, int(n))
