"""The serving benchmark asks what the service understands, and never the same thing twice."""

import pytest

from benchmarks.serve_bodies import DAYS, SEVERAL, Bodies
from benchmarks.serve_ready import AskedAbout
from serving import decode

BODIES = Bodies(
    AskedAbout(
        as_of=1_780_000_000_000_000,
        creators=[f"c{number}" for number in range(200)],
        briefs=[f"b{number}" for number in range(64)],
    )
)
KINDS = {
    "stored": BODIES.stored(),
    "many": BODIES.stored(100),
    "reasons": BODIES.stored(reasons=3),
    "inline": BODIES.inline(metrics=False),
    "metrics": BODIES.inline(metrics=True),
}


@pytest.mark.parametrize("kind", KINDS)
def test_bodies_are_requests_that_differ(kind: str) -> None:
    """Every body is a valid request, and no two of a kind are equal."""
    for body in KINDS[kind]:
        decode.score_request(body)
    assert len(set(KINDS[kind])) == SEVERAL


def test_a_history_has_a_row_a_day() -> None:
    """Ninety posts, each with metrics, and ninety snapshots."""
    creator = decode.score_request(KINDS["metrics"][0]).creators[0]
    assert creator.history is not None
    sizes = {len(creator.history.posts), len(creator.history.snapshots)}
    assert sizes | {len(creator.history.post_metrics)} == {DAYS}
