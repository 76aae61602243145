"""Two processes share the compiling of a fresh state folder."""

import os
import subprocess
import sys
from pathlib import Path

from tests.commands import REPOSITORY


def test_the_process_beside_compiles_what_comes_later(tmp_path: Path) -> None:
    """It leaves machine code of the fit features and none of the base features."""
    subprocess.run(
        [sys.executable, "-m", "features.warming"],
        cwd=REPOSITORY,
        env={**os.environ, "CREDENCE_HOME": str(tmp_path)},
        check=True,
        timeout=300,
    )

    kept = {path.name.split("-")[0] for path in tmp_path.glob("kernels/*/*/*.nbi")}
    assert {"drivers.fit_rows", "drivers.summary_rows"} <= kept
    assert "drivers.base_rows" not in kept
