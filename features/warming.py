"""The first use of a state folder: a process beside this one compiles the later kernels.

Compiling everything takes half a minute of one core, once a state folder. The base features and
the rest are compiled independently, so two cores can share the work. Nobody waits for the process
beside: what it has not finished is compiled here when it is needed.
"""

import subprocess
import sys
from functools import cache
from threading import Thread

import numpy as np

from features.compiled import is_compiled

_FIRST, _LATER = "drivers.base_rows", "drivers.fit_rows"


@cache
def share() -> None:
    """Start the process beside, once, if this state folder holds no machine code yet."""
    if is_compiled(_FIRST) or is_compiled(_LATER):
        return
    quiet = subprocess.DEVNULL
    command = [sys.executable, "-m", "features.warming"]
    beside = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
    # Awaited, or it would stay in the process table for as long as this one serves.
    Thread(target=beside.wait, name="warming", daemon=True).start()


def main() -> None:
    """Compile the kernels that come after the base features, by asking them for one row."""
    from features.computing import fit_columns
    from features.packed import PACKED, Packed, unpacked
    from features.spine import Spine
    from features.states import empty
    from features.summary import data_summary
    from features.tables import Tables

    nobody, tables = np.array([-1]), Tables.empty()
    unknown = np.array([np.nan])
    fit_columns(empty(1), nobody, tables.briefs, nobody, compensation=unknown, fee=unknown, as_of=0)
    data_summary(tables, Spine.of(nobody, 0))
    # One history without a row, as MessagePack.
    empty_tables = b"".join(bytes([0xA0 + len(name)]) + name.encode() + b"\x90" for name in PACKED)
    packed = Packed(bytearray(b"\x91\x88" + empty_tables), [[0] * len(PACKED)], [None])
    unpacked(packed, tables.briefs)


if __name__ == "__main__":
    main()
