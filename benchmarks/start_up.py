"""How long the first and the later commands of a fresh state folder take.

The floor beside it is `python -c "import numba, pyarrow"`, run in turn with the later commands, so
that the ratio says what Credence adds whatever else the machine is doing.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

ROUNDS = 5


def _seconds(arguments: list[str], home: Path) -> float:
    """Run a Python command with its state in `home` and return its wall-clock seconds."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "CREDENCE_HOME": str(home)},
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        tables, home = Path(folder) / "tables", Path(folder) / "home"
        _seconds(["-m", "cli", "world", "--out", str(tables), "--creators", "60"], home)
        spine = Path(folder) / "spine.csv"
        creator_id = pq.read_table(tables / "creators.parquet")["creator_id"][0]
        spine.write_text(f"creator_id,as_of\n{creator_id},2026-01-01T00:00:00Z\n", encoding="utf-8")
        out = str(Path(folder) / "X.parquet")
        command = ["-m", "cli", "features", "--tables", str(tables), "--spine", str(spine)]
        floor = ["-c", "import numba, pyarrow"]

        print(f"first command: {_seconds([*command, '--out', out], home):.1f} s")
        later, floors = [], []
        for _ in range(ROUNDS):
            floors.append(_seconds(floor, home))
            later.append(_seconds([*command, "--out", out], home))
        middle, least = statistics.median(later), statistics.median(floors)
        print(f"later commands: {middle:.2f} s, median of {ROUNDS} (max {max(later):.2f} s)")
        print(f"importing numba and pyarrow alone: {least:.2f} s; ratio {middle / least:.1f}")


if __name__ == "__main__":
    main()
