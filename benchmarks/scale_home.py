"""The state folder of the scale benchmarks: the champions of a default world, trained once."""

import argparse
import os
import sys
from pathlib import Path

from benchmarks import serve_home
from features.home import home

_INSIDE = "CREDENCE_BENCH_HOME"


def prepared() -> Path:
    """Point this process and its children at the trained home of `bench-serve`; return its world.

    Its folder is HOME/bench-serve, made where it is not there, which takes some minutes.
    """
    root = Path(os.environ.setdefault(_INSIDE, str(home().resolve() / "bench-serve")))
    os.environ["CREDENCE_HOME"] = str(serve_home.trained(root).folder)
    return root / serve_home.WORLD


def reference() -> None:
    """Point this process at the home whose champions have 300 trees of 63 leaves each."""
    root = Path(os.environ.setdefault(_INSIDE, str(home().resolve() / "bench-serve")))
    os.environ["CREDENCE_HOME"] = str(serve_home.reference(root).folder)


def scratch() -> Path:
    """Return the folder for tables and outputs, which are kept and used again."""
    prepared()
    return Path(os.environ[_INSIDE]).parent / "bench-scale"


def with_quick(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the option that all of these benchmarks have."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a small size, to see that it runs")
    return parser


def failed(bound: str) -> None:
    """End with exit code 1: a figure misses its bound."""
    print(f"MISSED: {bound}", flush=True)
    sys.exit(1)
