"""How many rows of each table one creator's view shows."""

from features.arrays import Ints
from features.compiled import kernel_part
from features.view import age, first_unseen, is_visible
from features.view_audience import breakdown_seen, sample_seen
from features.view_creator import Histories
from features.view_deal import CollaborationRows, collaborations_seen

DAYS = 90.0


@kernel_part
def summarise(
    tables: Histories, worked: CollaborationRows, creator: int, as_of: int, seen: Ints
) -> None:
    """Fill in posts and snapshots of 90 days, followers sampled, last snapshot, missing tables."""
    rows = tables.snapshots
    start = rows.offsets[creator]
    stop = first_unseen(rows.known, start, rows.offsets[creator + 1], as_of)
    snapshots = stop - start
    seen[1] = 0
    for row in range(start, stop):
        seen[1] += age(rows.known[row], as_of) <= DAYS
    if snapshots > 0:
        seen[3] = rows.known[stop - 1]
    posts, measured, recent = _count_posts(tables, creator, as_of)
    seen[0] = recent
    first, last = sample_seen(tables.followers, creator, as_of)
    seen[2] = last - first
    breakdown = breakdown_seen(tables.audience, creator, as_of)
    collaborations = collaborations_seen(worked, creator, as_of)[0]
    seen[4] = (
        (snapshots == 0)
        + 2 * (posts == 0)
        + 4 * (measured == 0)
        + 8 * (len(breakdown) == 0)
        + 16 * (last == first)
        + 32 * (len(collaborations) == 0)
    )


@kernel_part
def _count_posts(tables: Histories, creator: int, as_of: int) -> tuple[int, int, int]:
    """Return how many posts are visible, how many with metrics, and how many are recent."""
    rows = tables.posts
    posts = 0
    measured = 0
    recent = 0
    for row in range(rows.offsets[creator], rows.offsets[creator + 1]):
        if is_visible(rows.known[row], rows.hidden[row], as_of):
            posts += 1
            recent += age(rows.known[row], as_of) <= DAYS
            first = rows.metric_offsets[row]
            stop = rows.metric_offsets[row + 1]
            measured += first_unseen(rows.metric_known, first, stop, as_of) > first
    return posts, measured, recent
