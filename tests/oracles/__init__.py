"""Every feature again, in plain Python over raw rows: slow, obvious, independent of features/."""

from collections.abc import Mapping, Sequence

from tests.oracles.audience import audience
from tests.oracles.engagement import engagement
from tests.oracles.fit import fit
from tests.oracles.growth import growth
from tests.oracles.history import History, Row

__all__ = ["oracle"]


def oracle(
    rows: Mapping[str, Sequence[Row]], ask: Row, *, training: bool = False
) -> dict[str, float]:
    """Return every feature of one spine row by name."""
    history = History(rows, ask["creator_id"], ask["as_of"])
    found = {**growth(history), **engagement(history), **audience(history, training)}
    return {**found, **fit(history, rows, ask, found["log_impressions_90d"], training)}
