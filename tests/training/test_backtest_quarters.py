"""Calendar quarters of a period."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InputError
from training.backtest.quarters import quarters

DAYS = st.datetimes(datetime(2015, 1, 1), datetime(2032, 1, 1))


def moment(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 10**6


@given(DAYS, st.timedeltas(timedelta(microseconds=1), timedelta(days=1500)))
def test_quarters_cover_a_period_without_gap_or_overlap(begin: datetime, length: timedelta) -> None:
    """They begin where the one before ends, and each lies in one calendar quarter."""
    start = (begin - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    stop = start + length // timedelta(microseconds=1)

    found = quarters(start, stop)

    assert (found[0].start, found[-1].stop) == (start, stop)
    assert all(one.stop == other.start for one, other in pairwise(found))
    for one in found:
        first = datetime.fromtimestamp(one.start // 10**6, UTC)
        last = datetime.fromtimestamp((one.stop - 1) // 10**6, UTC)
        name = f"{first.year} Q{(first.month + 2) // 3}"
        assert one.name == name == f"{last.year} Q{(last.month + 2) // 3}"


def test_a_period_may_begin_and_end_within_quarters() -> None:
    """15 November to 2 April: a half, a whole, and a day."""
    found = quarters(moment(2025, 11, 15), moment(2026, 4, 2))

    assert [(one.name, one.start, one.stop) for one in found] == [
        ("2025 Q4", moment(2025, 11, 15), moment(2026, 1, 1)),
        ("2026 Q1", moment(2026, 1, 1), moment(2026, 4, 1)),
        ("2026 Q2", moment(2026, 4, 1), moment(2026, 4, 2)),
    ]


def test_a_period_must_begin_before_it_ends() -> None:
    """Nothing between is said with both days."""
    with pytest.raises(InputError, match="2026-04-01 is not before --to 2026-04-01"):
        quarters(moment(2026, 4, 1), moment(2026, 4, 1))
