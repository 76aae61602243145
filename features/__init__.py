"""Raw tables in, features out: X as each (creator, as_of) row could have seen it.

`read` and `Tables` come with the raw tables, `compute` and `CATALOGUE` with the compiled kernels.
Names are loaded on first use: a command that needs no kernels does not wait for them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from features.catalogue import CATALOGUE
    from features.computing import compute
    from features.reader import read
    from features.tables import Tables

__all__ = ["CATALOGUE", "Tables", "compute", "read"]

_HOMES = {
    "CATALOGUE": "features.catalogue",
    "Tables": "features.tables",
    "compute": "features.computing",
    "read": "features.reader",
}


def __getattr__(name: str) -> Any:
    """Load an exported name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'features' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
