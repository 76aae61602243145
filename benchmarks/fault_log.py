"""What a server logs, as a script that breaks things waits for it."""

import json
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Log:
    """The log of a server that runs.

    Parameters
    ----------
    path : Path
        Where its output goes.
    """

    path: Path

    def events(self, *names: str) -> list[dict[str, Any]]:
        """Return the events of these names so far, in their order."""
        found = []
        for line in self.path.read_bytes().splitlines():
            # The last line may be half there, and not every one is ours.
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if isinstance(told, dict) and told.get("event") in names:
                found.append(told)
        return found

    def workers(self, count: int, seconds: float = 120.0) -> set[int]:
        """Return the processes of the workers, once so many are ready."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pids = {int(one["pid"]) for one in self.events("worker_ready")}
            if len(pids) >= count:
                return pids
            time.sleep(LOOK_SECONDS)
        raise SystemExit(f"fewer than {count} workers are ready after {seconds:.0f} s")

    def wait_for_more(self, name: str, before: int, pids: Collection[int], seconds: float) -> None:
        """Wait until each of these processes has told an event after so many of before."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if {int(one["pid"]) for one in self.events(name)[before:]} >= set(pids):
                return
            time.sleep(LOOK_SECONDS)
        raise SystemExit(f"no {name} of every worker within {seconds:.0f} s")

    def wait_for_switch(
        self, pids: Collection[int], name: str, version: str, seconds: float
    ) -> None:
        """Wait until the models that each worker switched to last have a version."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            now = {
                int(one["pid"]): one[name] for one in self.events("models_switched", "worker_ready")
            }
            if all(now.get(pid) == version for pid in pids):
                return
            time.sleep(LOOK_SECONDS)
        said = self.path.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise SystemExit(f"{name} {version} did not reach every worker in {seconds:.0f} s\n{said}")
