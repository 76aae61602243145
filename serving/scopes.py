"""What a key may be allowed, and how much: names and bounds for routes, keys and commands alike."""

from typing import Final, Literal

ScopeName = Literal["score", "read", "metrics", "admin"]

SCORE: Final = "score"
READ: Final = "read"
METRICS: Final = "metrics"
ADMIN: Final = "admin"
"""Whatever would change the service; no route does so today."""
SCOPES: tuple[ScopeName, ...] = (SCORE, READ, METRICS, ADMIN)
"""None of them includes another."""
PUBLIC: Final = "public"
"""The scope of a route that asks for no key; no key holds it."""

MOST_PER_MINUTE = 10_000_000
LABEL = r"^[A-Za-z0-9][A-Za-z0-9 ._:@-]{0,63}\Z"
"""A label is shown in terminals."""
