"""Processes that end with the one that started them."""

import os
import signal
import subprocess
import sys

from serving import orphans

PARENT = """
import os, subprocess, sys
child = [sys.executable, "-P", sys.argv[1], str(os.getpid()), "0", "http.server", "0"]
child += ["--bind", "127.0.0.1"]
beside = subprocess.Popen(child, stdout=sys.stdout, stderr=sys.stdout)
beside.wait()
"""
DEAF = """
import signal, time
from serving import orphans
signal.signal(signal.SIGTERM, signal.SIG_IGN)
orphans.GRACE_SECONDS = 0.1
orphans.end_with(1)
time.sleep(60)
"""


def test_a_process_ends_with_a_parent_that_is_killed() -> None:
    """Whoever is left behind by a parent that told nobody ends too, and what it held is closed."""
    parent = subprocess.Popen(
        [sys.executable, "-u", "-c", PARENT, orphans.__file__], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    assert b"Serving HTTP" in parent.stdout.readline()

    parent.kill()

    # Both write to the pipe: it ends with the last of them.
    assert parent.stdout.read() == b""
    parent.stdout.close()
    assert parent.wait() == -signal.SIGKILL


def test_a_parent_that_is_gone_already_is_noticed() -> None:
    """Where the parent died before anybody asked the kernel, or no kernel can be asked."""
    command = [sys.executable, "-P", orphans.__file__, "1", "0", "http.server", "0"]

    done = subprocess.run(command, capture_output=True, check=False, timeout=60)

    assert done.returncode == -signal.SIGTERM


def test_a_process_that_does_not_listen_is_killed() -> None:
    """Whoever goes on after SIGTERM is given a moment, and killed."""
    done = subprocess.run([sys.executable, "-c", DEAF], check=False, timeout=60)

    assert done.returncode == -signal.SIGKILL


def test_a_module_runs_as_python_runs_it() -> None:
    """The module finds its own name and arguments, and nothing of how it was started."""
    command = [sys.executable, "-P", orphans.__file__, str(os.getpid()), "0", "json.tool", "--help"]

    done = subprocess.run(command, capture_output=True, check=True, timeout=60)

    assert b"usage: " in done.stdout
    assert b"json.tool" in done.stdout
