"""Processes apart from the service: how a module of ours is started in one, and what it says."""

import os
import sys
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
"""Where the packages are."""


def command(module: str, *words: str) -> list[str]:
    """Return the command of a module that ends with this process.

    Parameters
    ----------
    module : str
        It calls `orphans.end_with` with its first argument.
    *words : str
        Its further arguments.
    """
    # Not from the working folder, which may hold anything.
    return [sys.executable, "-P", "-m", module, str(os.getpid()), *words]


def environment() -> dict[str, str]:
    """Return this process's environment, with our packages to be found."""
    others = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{others}" if others else str(ROOT)}


def said(line: bytes, kind: type[T]) -> T | None:
    """Return what a process said in a line, None where that is nothing of the kind.

    A process is judged by this and not by its status, which says nothing where another part of a
    program waits for all processes. What else comes out, such as parts of foreign memory, goes
    nowhere.

    Parameters
    ----------
    line : bytes
        One that it wrote.
    kind : type
        What it should have said, as JSON.
    """
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
