"""Processes that do not outlive the one that started them, whatever ended that one.

A parent that is killed tells nobody: its workers would hold the port and answer for ever. On Linux
the kernel signals whom a dead parent leaves behind; a thread looks after the parent as well, on
every system, and makes an end of what does not end by itself.

Run as a script, `orphans.py PARENT WAIT MODULE ...` is `python -m MODULE ...` in such a process.
"""

import ctypes
import os
import runpy
import signal
import sys
import threading
import time
from pathlib import Path

LOOK_SECONDS = 0.5
"""How often a process looks whether its parent is there."""
GRACE_SECONDS = 3.0
"""How long it may finish what it is at once the parent is gone."""

_PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """Have this process end, by SIGTERM and at last by SIGKILL, once its parent is gone.

    Parameters
    ----------
    parent : int
        Of whoever started this process; where another is the parent already, it is gone.
    """
    try:
        prctl = ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        # No Linux: the thread alone tells.
        pass
    else:
        prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGTERM), *[ctypes.c_ulong(0)] * 3)
    # A parent that ended before the kernel was asked is noticed by the first look.
    threading.Thread(target=_follow, args=(parent,), name="parent", daemon=True).start()


def _follow(parent: int) -> None:
    """Wait for the end of the parent, and see to that of this process."""
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def _main() -> None:
    """Run the module that the command line names, after the seconds that it asks for."""
    _, parent, wait, module, *_ = sys.argv
    end_with(int(parent))
    time.sleep(float(wait))
    del sys.argv[:3]
    # As `python -m` has it.
    sys.path.insert(0, str(Path.cwd()))
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
