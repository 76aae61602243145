"""The leakage audit: every leak that is planted ends the run, a clean world does not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from features.arrays import DAY, Floats, Ints
from features.catalogue import BASE, NAMES
from features.computing import Spine, matrix, samples, spine_of
from features.errors import InputError
from features.rows import from_rows
from features.tables import Tables
from models.levels import LIMIT
from tests.strategies import asks_of, rows_of
from training import dataset
from training.dataset import Rows
from training.distinct import distinct
from training.gates import Evidence, no_leak
from training.labels import HORIZON
from training.leakage.findings import LeakageError
from training.leakage.rewind import rewound, sampled
from training.leakage.rows import FEWEST, audit_audits, audit_collaborations, separation
from training.leakage.sides import audit_sides
from training.splits import by_time, folds, is_unseen

pytestmark = pytest.mark.xdist_group("fits")


def _found(error: pytest.ExceptionInfo[LeakageError]) -> set[str]:
    return {finding.check for finding in error.value.findings}


def _with_column(rows: Rows, name: str, values: Floats) -> Rows:
    X = rows.X.copy()
    X[:, NAMES.index(name)] = values
    return replace(rows, X=X)


# --- a clean world ------------------------------------------------------------------------------


@pytest.mark.parametrize("young", [False, True])
def test_clean_collaborations_pass(tables: Tables, young: bool) -> None:
    """Rows of a simulated world leak nothing, the young ones neither, at any moment."""
    for moment in (tables.latest + 1, int(np.median(tables.collaborations.agreed))):
        rows = dataset.collaborations(tables, moment, young=young)

        audit_collaborations(tables, rows, moment)

        assert len(rows) > 100


def test_clean_audits_pass(tables: Tables, audits: Rows) -> None:
    """Audits of a simulated world leak nothing."""
    audit_audits(tables, audits, tables.latest + 1, LIMIT)


def test_clean_split_passes(collaborations: Rows) -> None:
    """The split by time and the folds by creator keep their sides apart."""
    unseen = is_unseen(collaborations.creator_id)
    split = by_time(collaborations.as_of, collaborations.known, unseen)
    teaching = collaborations.take(np.flatnonzero(split.train))

    audit_sides(
        "conversion",
        teaching,
        collaborations.take(np.flatnonzero(split.test & unseen)),
        split.cut,
        strangers=True,
        parts=folds(teaching.creator, 7),
    )


def test_nothing_is_clean(tables: Tables, collaborations: Rows) -> None:
    """Without a row there is nothing to find."""
    none = collaborations.take(np.zeros(0, np.int64))

    audit_collaborations(tables, none, tables.latest + 1)
    audit_sides("conversion", none, none, 0)


# --- labels in time -----------------------------------------------------------------------------


def test_label_known_before_the_features(tables: Tables, collaborations: Rows) -> None:
    """A label that was known when the features were seen is refused, the row named."""
    known = collaborations.known.copy()
    known[17] = collaborations.as_of[17]

    with pytest.raises(LeakageError, match="first row 17, expected none") as error:
        audit_collaborations(tables, replace(collaborations, known=known), tables.latest + 1)

    assert _found(error) == {"label_before_features", "settled_too_early"}


def test_label_from_the_future(tables: Tables, collaborations: Rows) -> None:
    """A label that nobody knew at the moment of training is refused."""
    moment = int(np.median(collaborations.known))

    with pytest.raises(LeakageError, match="known before the moment of training") as error:
        audit_collaborations(tables, collaborations, moment)

    assert _found(error) == {"label_after_training"}


def test_whole_label_of_a_young_collaboration(tables: Tables, collaborations: Rows) -> None:
    """A count that passes for whole a moment before day 30 is refused; as a young one it is not."""
    table = tables.collaborations
    published = table.published[table.ids.index(collaborations.row_id[0])]
    known, share = collaborations.known.copy(), collaborations.share.copy()
    known[0], share[0] = published + HORIZON - 1, 0.9
    young = replace(collaborations, known=known, share=share)

    audit_collaborations(tables, young, tables.latest + 1)
    with pytest.raises(LeakageError, match="before day 30") as error:
        audit_collaborations(tables, replace(young, share=collaborations.share), tables.latest + 1)

    assert _found(error) == {"settled_too_early"}


def test_audit_seen_after_it_was_made(tables: Tables, audits: Rows) -> None:
    """An audit whose features are seen later than the audit is refused."""
    with pytest.raises(LeakageError, match="fake_followers: the leakage audit failed") as error:
        audit_audits(tables, replace(audits, as_of=audits.as_of + 1), tables.latest + 1, LIMIT)

    assert {"moment", "label_before_features"} <= _found(error)


# --- features rewound ---------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_rewound_tables_give_the_same_bits(seed: int) -> None:
    """Over random histories with copies and conflicts, what is later is what the view hides."""
    raw = rows_of(seed)
    tables = from_rows(raw)
    spine = spine_of(tables, pd.DataFrame(asks_of(raw, seed, n=8)))
    own = np.arange(len(spine))

    past = rewound(tables, spine.creator, spine.as_of, spine.brief)
    there = Spine.of(
        own,
        spine.as_of,
        brief=np.where(spine.brief < 0, -1, own),
        compensation=spine.compensation,
        fee=spine.fee,
    )

    assert_array_equal(matrix(past, there, training=True), matrix(tables, spine, training=True))
    assert_array_equal(samples(past, there).values, samples(tables, spine).values)


def test_rewound_tables_hold_nothing_later(tables: Tables) -> None:
    """No row, observation or date at or after a row's moment is left."""
    table = tables.collaborations
    some = np.arange(0, len(table.ids), 40)
    moment = table.agreed[some]

    past = rewound(tables, table.creator[some], moment, table.brief[some])

    deals = past.collaborations
    for one in (past.snapshots, past.posts, past.audience, past.followers, deals):
        assert (one.known < np.repeat(moment, np.diff(one.offsets))).all()
    of_deal = np.repeat(moment, np.diff(deals.offsets))
    assert (deals.outcome_known < np.repeat(of_deal, np.diff(deals.outcome_offsets))).all()
    of_post = np.repeat(moment, np.diff(past.posts.offsets))
    metric = np.repeat(of_post, np.diff(past.posts.metric_offsets))
    assert (past.posts.metric_known < metric).all()


def _early(times: Ints) -> Ints:
    return times - 30 * DAY


# What a reader would give that took rows for known a month before they were.
LEAKS: dict[str, Callable[[Tables], Tables]] = {
    "snapshots": lambda t: replace(
        t, snapshots=replace(t.snapshots, known=_early(t.snapshots.known))
    ),
    "posts": lambda t: replace(
        t,
        posts=replace(
            t.posts, known=_early(t.posts.known), metric_known=_early(t.posts.metric_known)
        ),
    ),
    "metrics": lambda t: replace(
        t, posts=replace(t.posts, metric_known=_early(t.posts.metric_known))
    ),
    "audience": lambda t: replace(t, audience=replace(t.audience, known=_early(t.audience.known))),
    "followers": lambda t: replace(
        t, followers=replace(t.followers, known=_early(t.followers.known))
    ),
    "collaborations": lambda t: replace(
        t, collaborations=replace(t.collaborations, known=_early(t.collaborations.known))
    ),
    "outcomes": lambda t: replace(
        t,
        collaborations=replace(
            t.collaborations, outcome_known=_early(t.collaborations.outcome_known)
        ),
    ),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_features_that_look_ahead(tables: Tables, collaborations: Rows, leak: str) -> None:
    """A feature that saw a month ahead in any table is refused by name."""
    table = tables.collaborations
    own = np.array([table.ids.index(name) for name in collaborations.row_id])
    spine = Spine.of(
        table.creator[own],
        table.agreed[own],
        brief=table.brief[own],
        compensation=table.compensation[own],
        fee=table.fee[own],
    )
    X = matrix(LEAKS[leak](tables), spine, training=True)

    with pytest.raises(LeakageError, match=r"in .* of 200 rows once everything") as error:
        audit_collaborations(tables, replace(collaborations, X=X), tables.latest + 1)

    assert "looks_ahead" in _found(error)
    assert error.value.findings[0].text.split()[0] in NAMES


def test_samples_that_look_ahead(tables: Tables, audits: Rows) -> None:
    """A follower sample that was drawn after the audit is refused."""
    later = Spine.of(audits.creator, audits.as_of + 200 * DAY)
    ahead = replace(audits, samples=distinct(tables, later))

    with pytest.raises(LeakageError, match="the follower sample differs"):
        audit_audits(tables, ahead, tables.latest + 1, LIMIT)


def test_rewound_rows_are_the_same_ones_in_every_run() -> None:
    """Which rows are rewound depends on their names alone."""
    names = [f"deal-{number}" for number in range(500)]

    chosen = {names[row] for row in sampled(names, 50)}

    assert {names[::-1][row] for row in sampled(names[::-1], 50)} == chosen
    assert len(chosen) == 50


# --- the own outcome ----------------------------------------------------------------------------


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_column_made_of_the_count(tables: Tables, collaborations: Rows, noise: float) -> None:
    """A falling function of the count, a little blurred or not, is refused by name.

    It hardly need tell hits from misses: every brief has another goal.
    """
    blur = np.random.default_rng(1).normal(size=len(collaborations))
    leaking = -np.log1p(collaborations.value) + noise * blur

    with pytest.raises(LeakageError, match="hashtags_90d tells outcomes from") as error:
        audit_collaborations(
            tables, _with_column(collaborations, "hashtags_90d", leaking), tables.latest + 1
        )

    assert _found(error) == {"own_outcome", "looks_ahead"}


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_separation_is_that_of_the_gate(seed: int) -> None:
    """One raw feature tells labels apart to the audit as it does to the gate."""
    rng = np.random.default_rng(seed)
    label = (rng.random(300) < 0.3).astype(np.float64)
    column = np.round(label * rng.normal(1.0, 1.0) + rng.normal(size=300), 1)
    column[rng.random(300) < 0.2 * rng.random() * label] = np.nan
    evidence = Evidence(
        label=label,
        challenger=label,
        champion=None,
        group=np.arange(300),
        X=column[:, None],
        names=["column"],
    )

    assert f"is {separation(label, column):.3f} (column)" in no_leak(evidence).text


@pytest.mark.parametrize("shown", [lambda hit: hit, lambda hit: np.where(hit == 1, 1.0, np.nan)])
def test_column_made_of_the_label(
    tables: Tables, collaborations: Rows, shown: Callable[[Floats], Floats]
) -> None:
    """A column that is the label, or known for hits alone, is refused."""
    hit = (collaborations.value >= collaborations.goal).astype(np.float64)

    with pytest.raises(LeakageError, match="hashtags_90d tells hits from misses"):
        audit_collaborations(
            tables, _with_column(collaborations, "hashtags_90d", shown(hit)), tables.latest + 1
        )


def test_column_made_of_the_audited_share(tables: Tables, audits: Rows) -> None:
    """So is a column made of the audited share."""
    with pytest.raises(LeakageError, match="hashtags_90d") as error:
        audit_audits(
            tables,
            _with_column(audits, "hashtags_90d", np.sqrt(audits.value)),
            tables.latest + 1,
            LIMIT,
        )

    assert "own_outcome" in _found(error)


def test_few_briefs_prove_nothing(tables: Tables, collaborations: Rows) -> None:
    """In a handful of briefs a column may well tell the label: it is not refused for that."""
    few = np.flatnonzero(np.isin(collaborations.group, np.unique(collaborations.group)[:20]))
    rows = collaborations.take(few)
    hit = (rows.value >= rows.goal).astype(np.float64)
    assert len(np.unique(rows.group)) < FEWEST

    with pytest.raises(LeakageError) as error:
        audit_collaborations(tables, _with_column(rows, "hashtags_90d", hit), tables.latest + 1)

    assert _found(error) == {"looks_ahead"}


# --- sides --------------------------------------------------------------------------------------


def _halves(rows: Rows) -> tuple[Rows, Rows, int]:
    cut = int(np.quantile(rows.as_of, 0.6, method="lower"))
    return (
        rows.take(np.flatnonzero(rows.known < cut)),
        rows.take(np.flatnonzero(rows.as_of >= cut)),
        cut,
    )


def test_no_embargo(collaborations: Rows) -> None:
    """Rows agreed before the cut teach only if their label was known before it too."""
    _, judging, cut = _halves(collaborations)
    early = collaborations.take(np.flatnonzero(collaborations.as_of < cut))

    with pytest.raises(LeakageError, match="label that was known only after the cut") as error:
        audit_sides("conversion", early, judging, cut)

    assert _found(error) == {"embargo"}


def test_judged_before_the_cut(collaborations: Rows) -> None:
    """Rows that judge begin at the cut or later, and none of them teaches."""
    teaching, judging, cut = _halves(collaborations)

    with pytest.raises(LeakageError) as error:
        audit_sides("conversion", teaching, collaborations, cut)

    assert _found(error) == {"judged_before_cut", "on_both_sides"}
    audit_sides("conversion", teaching, judging, cut)


def test_creators_that_should_be_strangers(collaborations: Rows) -> None:
    """Where the twin must not know a creator, one on both sides is refused."""
    teaching, judging, cut = _halves(collaborations)

    with pytest.raises(LeakageError, match="the same creator on both sides of the split"):
        audit_sides("conversion", teaching, judging, cut, strangers=True)


def test_folds_that_part_a_creator(collaborations: Rows) -> None:
    """A fold that splits the rows of one creator is refused."""
    teaching, judging, cut = _halves(collaborations)
    every = np.arange(len(teaching))

    with pytest.raises(LeakageError, match="creator on both sides of fold 0"):
        audit_sides("conversion", teaching, judging, cut, parts=[(every[::2], every[1::2])])


def test_copies_under_another_name(collaborations: Rows) -> None:
    """A creator listed twice under two names puts copies of rows on both sides of a fold."""
    teaching, judging, cut = _halves(collaborations)
    n = len(teaching)
    twice = teaching.take(np.r_[np.arange(n), np.arange(n)])
    other = [f"other-{name}" for name in teaching.creator_id]
    twice = replace(
        twice,
        row_id=[*teaching.row_id, *(f"other-{name}" for name in teaching.row_id)],
        creator_id=[*teaching.creator_id, *other],
        creator=np.r_[teaching.creator, teaching.creator + 10_000],
    )

    with pytest.raises(LeakageError, match="copy of a row on both sides of fold 0") as error:
        audit_sides("conversion", twice, judging, cut, parts=folds(twice.creator, 7))

    assert _found(error) == {"on_both_sides"}


def test_strangers_without_a_history_are_no_copies(collaborations: Rows) -> None:
    """Creators of whom nothing is known look alike and are not taken for copies."""
    teaching, judging, cut = _halves(collaborations)
    X = teaching.X.copy()
    X[:, : len(BASE)], X[:, len(BASE) :] = np.nan, 1.0
    blank = replace(teaching, X=X, value=np.zeros(len(X)))

    audit_sides("conversion", blank, judging, cut, parts=folds(blank.creator, 7))


# --- the run ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("at_home")
def test_poisoned_times_end_the_run(world: Path, tmp_path: Path) -> None:
    """Agreements dated after their outcomes end `credence train` as a failure, not as bad input."""
    from training.run import train

    folder = tmp_path / "poisoned"
    folder.mkdir()
    for path in world.glob("*.parquet"):
        (folder / path.name).symlink_to(path)
    table = pq.read_table(world / "collaborations.parquet")
    place = table.schema.get_field_index("agreed_at")
    late = pc.add(table["agreed_at"], pa.scalar(90 * DAY, pa.duration("us")))
    (folder / "collaborations.parquet").unlink()
    pq.write_table(table.set_column(place, "agreed_at", late), folder / "collaborations.parquet")

    with pytest.raises(LeakageError, match="correct agreed_at") as error:
        train("conversion", tables=folder)

    assert not isinstance(error.value, InputError)
