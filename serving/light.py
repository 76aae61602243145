"""Which requests take a millisecond or two, and so may be answered on the event loop itself."""

from serving.contract import ScoreRequest
from serving.decode import rows_of

LIGHT_BYTES = 64 * 2**10
"""Larger bodies are decoded off the event loop."""
LIGHT_CREATORS, LIGHT_ROWS, HISTORY_ROWS = 100, 500, 40
"""More creators, or rows of histories, each of which takes as long as so many rows beside its own,
are scored off the event loop, as is any reason."""


def is_light(request: ScoreRequest) -> bool:
    """Return whether a request takes a millisecond or two.

    Parameters
    ----------
    request : ScoreRequest
        What is asked.
    """
    if len(request.creators) > LIGHT_CREATORS or request.reasons:
        return False
    histories = [one.history for one in request.creators if one.history is not None]
    rows = sum(map(rows_of, histories))
    return rows + HISTORY_ROWS * len(histories) <= LIGHT_ROWS


class TakesLong(Exception):  # noqa: N818 (no error: it is done elsewhere)
    """What was to be answered on the event loop turns out to take longer than that."""
