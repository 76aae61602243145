"""The models that the published store answers with, kept on this machine whatever is champion.

A store may come from another machine, and its models are rarely the champions for long. To open it
takes what a worker holds in memory anyway: a process apart does it, for the few names it needs.
"""

import subprocess
import sys
from collections.abc import Callable

import msgspec

from features.home import home
from models.fetch import local
from serving.apart import command, environment, said
from serving.orphans import end_with

SECONDS = 60.0


def published_name() -> str:
    """Return the name of the published store, "" where none is."""
    try:
        # As `serving.store.current`, without what else that needs.
        return (home() / "online" / "CURRENT").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


class Needs:
    """Sees to it that the bundles of the published store are on this machine."""

    def __init__(self) -> None:
        self._seen = ""
        self._versions: dict[str, int] = {}

    def fetch(self, name: str, fetched: Callable[[str, int], None]) -> None:
        """Bring the bundles of a store to this machine, unless they are there.

        Parameters
        ----------
        name : str
            Of the store that is published, "" for none.
        fetched : callable
            Brings a version of a model.
        """
        if name != self._seen:
            self._versions = _asked() if name else {}
            self._seen = name
        for model, version in self._versions.items():
            if not local(model, version).exists():
                fetched(model, version)


def _asked() -> dict[str, int]:
    """Return the versions of the published store; none where it cannot be used."""
    done = subprocess.run(
        command("serving.store_models"),
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    return said(done.stdout.rpartition(b"\n")[2], dict[str, int]) or {}


def needed() -> dict[str, int]:
    """Return the version of each model whose bundle the published store needs."""
    from serving.store import StoreError, published

    try:
        store = published()
    except StoreError:
        # The workers say what is wrong with it.
        return {}
    return {} if store is None else {name: int(store.versions[name]) for name in store.digests}


def _main() -> None:
    end_with(int(sys.argv[1]))
    sys.stdout.buffer.write(b"\n" + msgspec.json.encode(needed()))
    sys.stdout.flush()


if __name__ == "__main__":
    _main()
