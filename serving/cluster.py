"""The one door to Dask: partitions scored on a cluster, or in processes beside.

Dask pickles what travels between its own processes. Nothing else is ever unpickled, and what is
sent is plain data: a folder, a number, and back a record of counts or the words of an error. Rows,
models and scores stay in files that all machines see.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from features.errors import InputError
from serving.job import Record, run_part

TIMEOUT = "20s"
"""How long a cluster may take to answer."""


class ClusterError(Exception):
    """A cluster could not do its work; the same command tries again what is missing."""


def on_cluster(
    workers: int | None,
    scheduler: str | None,
    work: Path,
    numbers: Sequence[int],
    progress: Callable[[int], object],
) -> Iterator[Record]:
    """Score partitions on the workers of a cluster; those of a lost worker are done by another.

    Parameters
    ----------
    workers : int or None
        Processes of a cluster of this command's own; asked for where there is no scheduler.
    scheduler : str or None
        Address of a cluster that runs.
    work : Path
        The work folder, where workers find it too.
    numbers : sequence of int
        Partitions.
    progress : callable
        Told of pairs scored.

    Yields
    ------
    Record

    Raises
    ------
    InputError
        If an input cannot be used, or there is no cluster at the address.
    OSError, ClusterError
        If the work itself fails.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise InputError(
            "--workers and --scheduler need Dask, which is not installed: install credence[scale]"
        ) from error
    with ExitStack() as stack:
        if not numbers:
            return
        address: Any = scheduler
        if scheduler is None:
            address = stack.enter_context(_own(min(workers or 1, len(numbers))))
        try:
            client = stack.enter_context(Client(address, timeout=TIMEOUT, set_as_default=False))
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(f"--scheduler {scheduler}: no cluster answers ({error})") from error
        folder = str(work.absolute())
        futures = client.map(_scored, [folder] * len(numbers), numbers, pure=False, retries=0)
        for future in as_completed(futures, loop=client.loop):
            record = _record(future)
            progress(record.scores)
            yield record
            future.release()


def _own(workers: int) -> Any:
    """Return a cluster of processes on this machine that nobody else can reach.

    What reaches a worker is unpickled, so other users of this machine must not: every connection
    needs a certificate that is made here and kept in memory.
    """
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        host="127.0.0.1",
        security=True,
        # Without an address the pages of Dask would listen to the whole network.
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
        memory_limit=0,  # a partition needs what it needs; stopping a worker frees nothing
        silence_logs="CRITICAL",
    )


def _scored(folder: str, number: int) -> dict[str, object]:
    """Score a partition where the worker is; errors come back as words, not as objects."""
    try:
        return {"record": msgspec.to_builtins(run_part(Path(folder), number))}
    except InputError as error:
        return {"refused": str(error)}
    except OSError as error:
        return {"errno": error.errno, "failed": str(error), "name": error.filename}
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}


def _record(future: Any) -> Record:
    """Return what came of a partition, or raise what its worker said."""
    from distributed import KilledWorker

    try:
        answer = future.result()
    except KilledWorker as error:
        raise ClusterError(
            f"a partition was lost with several workers, one after the other ({error}). If they ran"
            " out of memory, partition the tables into more parts"
        ) from error
    if "record" in answer:
        return msgspec.convert(answer["record"], Record)
    if "refused" in answer:
        raise InputError(answer["refused"])
    if "errno" in answer:
        raise OSError(answer["errno"], answer["failed"], answer["name"])
    raise ClusterError(answer["failed"])
