"""What becomes of workers: started so that they end with the parent, and anew when they die.

BentoML's arbiter looks every ten seconds whether a worker died, starts none again inside of a
container, gives one that hangs a day to end, and starts one that dies at once again and again. It
is told otherwise here, by what its watchers are told.
"""

import logging
import os
import struct
from pathlib import Path
from typing import Any

from serving import logs

LOOK_SECONDS = 0.5
"""How often the parent looks whether a worker died."""
END_SECONDS = 15.0
"""How long a worker may take to end once it has drained."""
LONGEST_WAIT = 60
"""Seconds that a worker waits before it loads anything, where those before it never got ready."""
READY = "CREDENCE_READY"
"""Environment variable: the descriptor on which a worker says that it is ready."""

_SCRIPT = str(Path(__file__).with_name("orphans.py"))
_PID = struct.Struct("i")
_log = logging.getLogger("credence")


def ready() -> None:
    """Tell the parent that this worker answers from now on."""
    if READY in os.environ:
        os.write(int(os.environ[READY]), _PID.pack(os.getpid()))


class Workers:
    """The workers of a server, as the parent knows them.

    Parameters
    ----------
    watcher : circus.watcher.Watcher
        What starts them; it is changed.
    drain : float
        Seconds that a worker may finish its requests.
    """

    def __init__(self, watcher: Any, drain: float) -> None:
        self._watcher = watcher
        self._ready: set[int] = set()
        self._failed = 0
        self._told, telling = os.pipe()
        os.set_blocking(self._told, False)
        os.set_inheritable(telling, True)
        watcher.env[READY] = str(telling)
        watcher.respawn = True
        watcher.graceful_timeout = drain + END_SECONDS
        # `python -m MODULE ...` becomes the same in a process that ends with this one.
        self._module = watcher.args[1:]
        watcher.hooks |= {"before_spawn": self._before_spawn, "after_reap": self._after_reap}

    def wait(self) -> int:
        """Return how many seconds the next worker waits before it loads anything."""
        rounds = self._failed // self._watcher.numprocesses
        return min(LONGEST_WAIT, 2**rounds) if rounds else 0

    def _before_spawn(self, **_: object) -> bool:
        parent = str(os.getpid())
        self._watcher.args = ["-P", _SCRIPT, parent, str(self.wait()), *self._module]
        return True

    def _after_reap(self, *, process_pid: int, exit_code: int | None, **_: object) -> None:
        """Tell of a worker that died, and reckon whether those that follow get ready at all."""
        self._listen()
        was_ready = process_pid in self._ready
        self._ready.discard(process_pid)
        if self._watcher.is_stopping():
            return
        self._failed = 0 if was_ready else self._failed + 1
        told = logs.event(
            "worker_lost",
            worker=process_pid,
            exit_code=exit_code,
            ready=was_ready,
            wait=self.wait(),
        )
        _log.error("worker %s ended (%s); another is started", process_pid, exit_code, extra=told)

    def _listen(self) -> None:
        """Take note of who got ready."""
        try:
            said = os.read(self._told, 4096)
        except BlockingIOError:
            return
        self._ready |= {pid for (pid,) in _PID.iter_unpack(said)}
