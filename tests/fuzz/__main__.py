"""Asks a server of its own, without keys and with one, and prints what it answered: `make fuzz`."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.commands import credence
from tests.conftest import new_home
from tests.fuzz.asked import Asked, ask
from tests.serving.test_service import end, start

MOST = ("--per-minute", "10000000", "--burst", "10000000")
_FORGETFUL = ("--generation-database", "none")
SCOPES = ("score", "read", "metrics", "admin")


def main() -> None:
    """Exit with 1 where anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2_000, help="a random one for each operation")
    parser.add_argument("--seed", default="7")
    parser.add_argument("--home", type=Path, help="trained and published; one is made otherwise")
    parser.add_argument("--tables", type=Path, help="what it was published from")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home, tables = Path(folder, "home"), asked.tables or Path(folder, "world")
        if asked.home is None:
            _make(home, tables)
        else:
            shutil.copytree(asked.home, home, symlinks=True)
        clean = [
            _run(home, tables, asked.cases, asked.seed, keyed=keyed) for keyed in (False, True)
        ]
    sys.exit(not all(clean))


def _make(home: Path, tables: Path) -> None:
    """Train on a small world and publish it."""
    new_home(home)
    credence("world", "--out", str(tables), "--creators", "300", home=home)
    credence("train", "all", "--tables", str(tables), home=home)
    credence("publish", "--tables", str(tables), home=home)


def _run(home: Path, tables: Path, cases: int, seed: str, *, keyed: bool) -> bool:
    """Ask a server without keys or with them, and print what came of it."""
    key = None
    if keyed:
        scopes = [word for scope in SCOPES for word in ("--scope", scope)]
        key = credence("keys", "create", *scopes, *MOST, home=home).stdout.strip()
    server = start(home, home / "log")
    try:
        found = ask(server.url, tables, cases, "--seed", seed, *_FORGETFUL, key=key)
    finally:
        end(server)
    _show("with a key" if keyed else "without keys", found)
    return found.clean


def _show(title: str, found: Asked) -> None:
    print(f"\n{title}: {'clean' if found.clean else 'NOT CLEAN'}\n")
    if not found.clean:
        print(found.said)
    for operation, statuses in found.answered.items():
        told = ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items()))
        print(f"  {operation:30}{statuses.total():7,} requests   {told}")


if __name__ == "__main__":
    main()
