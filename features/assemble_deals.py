"""Standing rows of briefs, applications and collaborations to sorted arrays."""

from typing import Any

import numpy as np
import pyarrow.compute as pc

from features.arrays import UNKNOWN_TIME, Codes, Floats, Ints, Times
from features.assemble import column_codes, countries, offsets_of
from features.countries import COUNTRIES
from features.deals import OUTCOMES, Applications, Briefs, Collaborations
from features.frame import Frame
from features.ordering import order_of
from features.settle import Settled, arrow_finder

TARGETS = ("target_countries", "target_genders", "target_ages")  # in the order of DIMENSIONS


def briefs_of(settled: Settled, brands: Frame | None) -> Briefs:
    """Return the briefs' arrays, sorted by id, with what their brands' rows add.

    Parameters
    ----------
    settled : Settled
    brands : Frame, optional
        Standing rows of brands.

    Returns
    -------
    Briefs
    """
    order = np.asarray(pc.sort_indices(settled.frame.text("brief_id")), dtype=np.int64)
    frame, hidden = settled.frame.take(order), settled.hidden[order]
    category, country, value, known = _brand_columns(frame, brands)
    own = column_codes(frame, "category")
    goal = frame.number("conversion_goal")
    offsets, dimension, target, weight = _targets(frame)
    ids: list[str] = frame.text("brief_id").to_pylist()
    return Briefs(
        ids=ids,
        index={name: row for row, name in enumerate(ids)},
        known=frame.time("created_at"),
        hidden=hidden,
        brand=column_codes(frame, "brand_id"),
        category=np.where(own == 0, category, own),
        type=frame.number("collaboration_type"),
        goal=np.where(np.isnan(goal), 1.0, goal),
        budget=frame.number("budget"),
        followers_min=frame.number("followers_min"),
        followers_max=frame.number("followers_max"),
        deliverables=frame.number("deliverables"),
        publish_by=frame.time("publish_by"),
        launch=frame.number("is_launch"),
        order_value=value,
        order_value_known=known,
        brand_country=country,
        target_offsets=offsets,
        target_dimension=dimension,
        target_value=target,
        target_weight=weight,
    )


def _brand_columns(frame: Frame, brands: Frame | None) -> tuple[Codes, Floats, Floats, Times]:
    """Return category, country, order value and the time it held, of each brief's brand."""
    rows = len(frame)
    if brands is None or not len(brands):
        unknown = np.full(rows, np.nan)
        return np.zeros(rows, np.int64), unknown, unknown.copy(), np.full(rows, UNKNOWN_TIME)
    row = arrow_finder(brands.text("brand_id"))(frame.text("brand_id"))
    # The row -1 takes the last entry, which stands for an unknown brand.
    category = np.append(column_codes(brands, "category"), 0)[row]
    country = np.append(countries(brands.number("country")), np.nan)[row]
    value = np.append(brands.number("average_order_value"), np.nan)[row]
    known = np.append(brands.time("observed_at"), UNKNOWN_TIME)[row]
    return category, country, value, known


def _targets(frame: Frame) -> tuple[Ints, Ints, Ints, Floats]:
    """Return offsets, dimensions, values and weights of all briefs' targets."""
    maps = [frame.weights(name) for name in TARGETS]
    rows = np.arange(len(frame))
    owner = np.concatenate([np.repeat(rows, np.diff(one.offsets)) for one in maps])
    dimension = np.repeat(np.arange(3), [len(one.key) for one in maps])
    country = countries(np.arange(len(COUNTRIES), dtype=np.float64)).astype(np.int64)
    value = np.concatenate([country[maps[0].key], maps[1].key, maps[2].key])
    weight = np.concatenate([one.weight for one in maps])
    order = order_of(owner, dimension, value)
    return offsets_of(owner, len(frame)), dimension[order], value[order], weight[order]


def _with_brief(settled: Settled, time: str, briefs: Briefs) -> tuple[Ints, Times, Times]:
    """Return each row's brief, and from when until when the row is visible along with it."""
    frame = settled.frame
    own = frame.time(time)
    brief = settled.links.get("brief_id", np.full(len(frame), -1, dtype=np.int64))
    known = np.append(briefs.known, np.iinfo(np.int64).min)[brief]
    hidden = np.append(briefs.hidden, UNKNOWN_TIME)[brief]
    return brief, np.maximum(own, known), np.minimum(settled.hidden, hidden)


def applications_of(settled: Settled, briefs: Briefs, creators: int) -> Applications:
    """Return the applications' arrays."""
    brief, known, hidden = _with_brief(settled, "applied_at", briefs)
    creator = settled.links["creator_id"]
    order = order_of(creator, known, ties=settled.frame.text("brief_id"))
    frame = settled.frame.take(order)
    return Applications(
        offsets=offsets_of(creator, creators),
        known=known[order],
        hidden=hidden[order],
        brief=brief[order],
        asked_fee=frame.number("asked_fee"),
        declined=frame.time("declined_at"),
    )


def collaborations_of(
    settled: Settled, briefs: Briefs, creators: int
) -> tuple[Collaborations, Any]:
    """Return the collaborations' arrays without outcomes, and their ids as an Arrow array."""
    brief, known, hidden = _with_brief(settled, "agreed_at", briefs)
    creator = settled.links["creator_id"]
    order = order_of(creator, known, ties=settled.frame.text("collaboration_id"))
    frame, brief = settled.frame.take(order), brief[order]
    ids = frame.text("collaboration_id")
    collaborations = Collaborations(
        ids=ids.to_pylist(),
        offsets=offsets_of(creator, creators),
        known=known[order],
        hidden=hidden[order],
        agreed=frame.time("agreed_at"),
        published=frame.time("published_at"),
        creator=creator[order],
        brief=brief,
        brand=np.append(briefs.brand, 0)[brief],
        category=np.append(briefs.category, 0)[brief],
        type=np.append(briefs.type, np.nan)[brief],
        goal=np.append(briefs.goal, np.nan)[brief],
        compensation=frame.number("compensation"),
        fee=frame.number("fee"),
        outcome_offsets=np.zeros(len(frame) + 1, dtype=np.int64),
        outcome_known=np.zeros(0, dtype=np.int64),
        outcomes=np.zeros((0, len(OUTCOMES))),
    )
    return collaborations, ids
