"""Run the real `credence` console script in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent


def credence(
    *arguments: str, home: Path, expect: int = 0, seconds: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run `credence` with its state in `home` and check its exit code.

    Parameters
    ----------
    *arguments : str
        The command line after `credence`.
    home : Path
        The state folder, CREDENCE_HOME.
    expect : int
        The exit code that the claim under test is about.
    seconds : float
        Bound on the run, so that a hang fails instead of blocking the suite.
    """
    done = subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "CREDENCE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == expect, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done
