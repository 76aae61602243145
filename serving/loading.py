"""Bundles of this machine as models that answer."""

from typing import Any, NamedTuple

from models.bundle import Bundle, read, to_model
from models.fetch import local
from models.layout import BundleError


class Loaded(NamedTuple):
    """A model that gave its known answers, and the bundle that it was made from."""

    bundle: Bundle
    model: Any


def load(name: str, version: str, digest: str) -> Loaded:
    """Load a version whose bundle is on this machine; a worker never asks the registry for one.

    Parameters
    ----------
    name : str
        Of the model.
    version : str
        The registry's number.
    digest : str
        Of its bundle.

    Raises
    ------
    BundleError
        If it is not here, is not what was registered, or does not give its known answers.
    """
    try:
        number = int(version)
    except ValueError:
        raise BundleError(f"{name}: {version!r} is no number of the registry") from None
    found = read(local(name, number), digest)
    return Loaded(found, to_model(found, version))
