"""The series of /metrics and where each has its place in a lane of the tallies."""

from collections.abc import Mapping
from itertools import combinations, count

from features.arrays import Ints
from features.summary import HISTORY
from serving.problems import TITLES
from serving.routes import ROUTES

UNROUTED = "none"
"""The route of every path that is none: a stranger cannot make new series."""
FOLLOWERS, CONVERSION = "fake_followers", "conversion"

SECONDS = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
"""Upper ends of the buckets of times; one more has none."""
NANOSECONDS = tuple(round(seconds * 10**9) for seconds in SECONDS)
SCORES = tuple(place / 20 for place in range(1, 21))
"""Upper ends of the buckets of scores; one more has none."""
GONE = 499
"""The status of a request whose client went away before it was answered."""

WHY: Mapping[int, str] = {
    400: "malformed",
    401: "key",
    403: "scope",
    404: "unknown",
    405: "method",
    408: "slow",
    413: "size",
    415: "type",
    421: "host",
    422: "contract",
    429: "quota",
    431: "head",
    503: "unavailable",
}
"""Why a request was refused, by the status of its answer."""

# What is counted of a route, in this order: statuses, times, their sum in nanoseconds.
STATUSES = (200, 204, GONE, *TITLES)
COLUMN = {status: column for column, status in enumerate(STATUSES)}
STRANGE = len(STATUSES)
"""The column of any other status."""
TOOK = STRANGE + 1
SPENT = TOOK + len(SECONDS) + 1
_ROUTE_WORDS = SPENT + 1

PATHS = (UNROUTED, *(route.path for route in ROUTES))
ROW = {path: place * _ROUTE_WORDS for place, path in enumerate(PATHS)}

_place = count(len(PATHS) * _ROUTE_WORDS)
BEGAN = next(_place)
# Every set of tables that a creator may lack: one count a creator, whatever it lacks.
LACKING = {
    tables: next(_place)
    for size in range(len(HISTORY) + 1)
    for tables in combinations(HISTORY, size)
}
ABSTAINED = {model: next(_place) for model in (FOLLOWERS, CONVERSION)}
# Buckets of scores each, then the sum of the scores.
SCORED = {
    model: min(next(_place) for _ in range(len(SCORES) + 2)) for model in (FOLLOWERS, CONVERSION)
}
WIDTH = next(_place)


def statuses(counts: Ints, path: str) -> dict[int, int]:
    """Return how often a route answered with each status; any unforeseen one is a 500.

    Parameters
    ----------
    counts : ndarray of int64, shape (WIDTH,)
        Of a lane or a sum of lanes.
    path : str
        One of PATHS.
    """
    found = counts[ROW[path] : ROW[path] + TOOK].tolist()
    return dict(zip((*STATUSES, 599), found, strict=True))


def answered(counts: Ints) -> int:
    """Return how many requests were answered.

    Parameters
    ----------
    counts : ndarray of int64, shape (WIDTH,)
        Of a lane or a sum of lanes.
    """
    return sum(sum(statuses(counts, path).values()) for path in PATHS)
