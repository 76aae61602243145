"""Which part of memory that all workers of a server share is this worker's own."""

import fcntl


def take(descriptor: int, seats: int) -> int:
    """Return the first of a file's seats that no other process has; a worker too many, the last.

    The lock ends with the process, so that the worker that replaces it finds the seat.

    Parameters
    ----------
    descriptor : int
        Of the shared file, open for writing. To close it, or any other of the same file, gives up
        the seat.
    seats : int
        How many there are.
    """
    for seat in range(seats - 1):
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, seat)
        except OSError:
            continue
        return seat
    # Whoever comes last needs no lock.
    return seats - 1
