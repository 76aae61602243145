"""Standing rows to sorted arrays, in an order that depends on nothing but the rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays import (
    DAY,
    Codes,
    Floats,
    Ints,
    Times,
    codes,
    country_code,
    ints,
    owned,
)
from features.compiled import kernel
from features.countries import COUNTRIES
from features.frame import Frame
from features.ordering import arranged, order_of
from features.profiles import (
    FOLLOWER_VALUES,
    METRICS,
    POST_VALUES,
    SNAPSHOT_VALUES,
    Accounts,
    Audience,
    Audits,
    Creators,
    Followers,
    Posts,
    Snapshots,
)
from features.rules import DIMENSION_ENDS
from features.settle import Settled
from features.texts import of_codes

# The last entry stands for a country that is null.
_COUNTRY = np.array([*(country_code(country) for country in COUNTRIES), np.nan])


def countries(places: Floats) -> Floats:
    """Return country codes for positions in COUNTRIES, NaN for NaN.

    Parameters
    ----------
    places : ndarray of float64

    Returns
    -------
    ndarray of float64
    """
    return _COUNTRY[np.where(np.isnan(places), -1, places).astype(np.int64)]


def codes_of(texts: Any) -> Codes:
    """Return the code of each text of an Arrow array, 0 for null.

    Parameters
    ----------
    texts : pyarrow.LargeStringArray or pyarrow.DictionaryArray

    Returns
    -------
    ndarray of int64
    """
    if texts.null_count == len(texts):
        return ints(len(texts))
    coded = texts.dictionary_encode()
    numbers: Codes = of_codes(coded, np.append(codes(coded.dictionary.to_pylist()), 0))
    return numbers


def column_codes(frame: Frame, name: str) -> Codes:
    """Return the code of each text of a column, 0 for null and where it is absent.

    Parameters
    ----------
    frame : Frame
    name : str

    Returns
    -------
    ndarray of int64
    """
    return codes_of(frame.coded(name)) if name in frame.columns else ints(len(frame))


def offsets_of(rows: Ints, groups: int) -> Ints:
    """Return where each group starts among rows sorted by group, and the end.

    Parameters
    ----------
    rows : ndarray of int64
        Group of each row.
    groups : int

    Returns
    -------
    ndarray of int64, shape (groups + 1,)
    """
    offsets = ints(groups + 1)
    count(owned(rows, np.int64), offsets)
    return np.cumsum(offsets, out=offsets)


@kernel
def count(rows: Ints, offsets: Ints) -> None:
    """Add the rows of each group to the entry behind its own."""
    for row in range(len(rows)):
        offsets[rows[row] + 1] += 1


def creators_of(settled: Settled) -> Creators:
    """Return the creators' arrays, sorted by id."""
    ids = settled.frame.text("creator_id")
    frame = settled.frame.take(np.asarray(pc.sort_indices(ids), dtype=np.int64))
    names: list[str] = frame.text("creator_id").to_pylist()
    return Creators(
        ids=names,
        index=dict(zip(names, range(len(names)), strict=True)),
        platform=frame.number("platform"),
        country=countries(frame.number("country")),
        language=column_codes(frame, "language"),
        category=column_codes(frame, "category"),
        created_at=frame.time("created_at"),
        verified=frame.number("is_verified"),
        accepts=frame.number("accepts"),
        min_fee=frame.number("min_fee"),
        observed_at=frame.time("observed_at"),
    )


def _by_creator(settled: Settled, time: str, order: Ints | None) -> tuple[Settled, Ints, Times]:
    """Return the rows in the order by creator and time, and both."""
    ordered = settled if order is None else settled.take(order)
    return ordered, ordered.links["creator_id"], ordered.frame.time(time)


def _by_time(settled: Settled, time: str) -> tuple[Settled, Ints, Times]:
    """Return the rows by creator and time, and both."""
    order = arranged(settled.links["creator_id"], settled.frame.time(time))
    return _by_creator(settled, time, order)


def snapshots_of(settled: Settled, creators: int) -> Snapshots:
    """Return the snapshots' arrays."""
    ordered, creator, known = _by_time(settled, "observed_at")
    return Snapshots(offsets_of(creator, creators), known, ordered.frame.numbers(SNAPSHOT_VALUES))


def audits_of(settled: Settled, creators: int) -> Audits:
    """Return the audits' arrays."""
    ordered, creator, known = _by_time(settled, "observed_at")
    return Audits(offsets_of(creator, creators), known, ordered.frame.number("fake_share"))


def posts_of(settled: Settled, creators: int) -> tuple[Posts, Ints | None]:
    """Return the posts' arrays without metrics, and their order where they did not stand in it."""
    frame = settled.frame
    order = arranged(
        settled.links["creator_id"], frame.time("posted_at"), ties=frame.columns["post_id"]
    )
    ordered, creator, known = _by_creator(settled, "posted_at", order)
    frame = ordered.frame
    none = np.zeros((0, len(METRICS)))
    posts = Posts(
        offsets=offsets_of(creator, creators),
        known=known,
        hidden=np.array(ordered.hidden),
        values=frame.numbers(POST_VALUES),
        brand=column_codes(frame, "brand_id"),
        metric_offsets=ints(len(frame) + 1),
        metric_known=ints(),
        metrics=none,
    )
    return posts, order


def nested(settled: Settled, column: str, rows: int, names: Sequence[str]) -> Any:
    """Return the observations of another table's rows: offsets, times and values.

    Parameters
    ----------
    settled : Settled
        Rows with `observed_at`.
    column : str
        The column that refers to the other table.
    rows : int
        Rows of the other table.
    names : sequence of str
        Columns of the values.

    Returns
    -------
    tuple of ndarray
        int64 (rows + 1,), int64 (n,) and float64 (n, len(names)).
    """
    owner, known = settled.links[column], settled.frame.time("observed_at")
    order, values = arranged(owner, known), settled.frame.numbers(names)
    if order is not None:
        known, values = known[order], values[order]
    return offsets_of(owner, rows), known, values


def audience_of(settled: Settled, creators: int) -> Audience:
    """Return the audience's arrays."""
    frame, creator = settled.frame, settled.links["creator_id"]
    dimension = frame.number("dimension").astype(np.int64)
    place = frame.number("value").astype(np.int64)
    country = _COUNTRY[np.minimum(place, len(COUNTRIES) - 1)].astype(np.int64)
    value = np.where(dimension == 0, country, place - DIMENSION_ENDS[dimension])
    known = frame.time("observed_at")
    order = order_of(creator, dimension, known, value)
    return Audience(
        offsets=offsets_of(creator, creators),
        known=known[order],
        dimension=dimension[order],
        value=value[order],
        share=frame.number("share")[order],
    )


def followers_of(settled: Settled, creators: int) -> Followers:
    """Return the sampled followers' arrays, samples numbered within their creator."""
    frame, creator = settled.frame, settled.links["creator_id"]
    known, values = frame.time("observed_at"), frame.numbers(FOLLOWER_VALUES)
    kind = frame.number("frame")
    sample = _samples(creator, known, frame.coded("sample_id"))
    keys = [*values.T[::-1], kind, known, sample, creator]
    order = np.lexsort(keys)
    creator, sample = creator[order], sample[order]
    offsets = offsets_of(creator, creators)
    first = sample[np.minimum(offsets[:-1], max(len(sample) - 1, 0))] if len(sample) else ints()
    ordinal = sample - first[creator] if len(sample) else sample
    return Followers(offsets, known[order], ordinal, kind[order], values[order])


def _samples(creator: Ints, known: Times, names: Any) -> Ints:
    """Return numbers of the samples that grow with creator, first known time and name."""
    if not len(creator):
        return ints()
    rank = ints(len(names.dictionary) + 1)
    rank[np.asarray(pc.sort_indices(names.dictionary), dtype=np.int64)] = np.arange(
        1, len(names.dictionary) + 1
    )
    name = of_codes(names, rank)
    # Without a name the rows of one UTC day are a sample.
    day = np.where(name == 0, known // DAY, 0)
    order = np.lexsort((known, day, name, creator))
    start = np.ones(len(order), dtype=np.bool_)
    start[1:] = False
    for key in (creator, name, day):
        start[1:] |= key[order[1:]] != key[order[:-1]]
    group = np.cumsum(start) - 1
    heads = order[start]
    ranked = np.lexsort((name[heads], known[heads], creator[heads]))
    number = ints(len(heads))
    number[ranked] = np.arange(len(heads))
    samples = ints(len(order))
    samples[order] = number[group]
    return samples


def accounts_of(settled: Settled) -> Accounts:
    """Return the labelled accounts' arrays, sorted by all their values."""
    frame = settled.frame
    coded = frame.text("source").dictionary_encode()
    order = np.asarray(pc.sort_indices(coded.dictionary), dtype=np.int64)
    rank = ints(len(order))
    rank[order] = np.arange(len(order))
    source = rank[coded.indices.to_numpy(zero_copy_only=False)] if len(frame) else ints()
    values = frame.numbers(FOLLOWER_VALUES)
    platform, fake = frame.number("platform"), frame.number("is_fake")
    rows = np.lexsort([fake, *values.T[::-1], platform, source])
    return Accounts(
        sources=coded.dictionary.take(pa.array(order)).to_pylist(),
        source=source[rows],
        platform=platform[rows],
        values=values[rows],
        is_fake=fake[rows],
    )
