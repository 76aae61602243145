"""The rows that models learn from."""

import numpy as np
import pytest

from features.catalogue import NAMES
from features.computing import Spine, matrix, samples
from features.tables import Tables
from models.fake_followers import FakeFollowers
from training.dataset import Rows, posterior
from training.distinct import BLOCK, distinct
from training.labels import HORIZON
from training.trained import Trained

pytestmark = pytest.mark.xdist_group("fits")


def test_collaborations_are_seen_as_of_agreement(tables: Tables, collaborations: Rows) -> None:
    """Features are those of the moment the collaboration was agreed, with its offer."""
    table = tables.collaborations
    place = {name: row for row, name in enumerate(table.ids)}
    rows = np.array([place[name] for name in collaborations.row_id])
    some = rows[:40]

    X = matrix(
        tables,
        Spine.of(
            table.creator[some],
            table.agreed[some],
            brief=table.brief[some],
            compensation=table.compensation[some],
            fee=table.fee[some],
        ),
        training=True,
    )

    np.testing.assert_array_equal(collaborations.X[:40], X)
    assert (collaborations.as_of == table.agreed[rows]).all()
    assert (collaborations.known >= table.published[rows] + HORIZON).all()


def test_audits_are_seen_before_they_were_made(audits: Rows, tables: Tables) -> None:
    """An audit's row sees the creator up to the audit, exclusively, and no brief."""
    assert (audits.as_of == audits.known).all()
    assert len(audits) == len(tables.audits.share)
    assert np.isnan(audits.X[:, NAMES.index("log_goal")]).all()


def test_later_rows_are_not_learned_from(tables: Tables) -> None:
    """As of an earlier moment only what was known then makes a row."""
    from training.dataset import audits, collaborations

    middle = int(np.median(tables.audits.known))

    assert (audits(tables, middle).known < middle).all()
    assert (collaborations(tables, middle).known < middle).all()


def test_distinct_samples_are_the_samples(tables: Tables, audits: Rows) -> None:
    """Keeping equal samples once loses nothing."""
    spine = Spine.of(audits.creator, audits.as_of)

    every, once = samples(tables, spine), distinct(tables, spine)

    for row in range(0, len(spine), 7):
        place = once.place[row]
        np.testing.assert_array_equal(
            once.values[once.offsets[place] : once.offsets[place + 1]],
            every.values[every.offsets[row] : every.offsets[row + 1]],
        )
    assert len(once.values) <= len(every.values)
    assert BLOCK > 0


def test_posterior_is_that_of_the_model(
    tables: Tables, audits: Rows, fitted_followers: Trained
) -> None:
    """Reading each distinct sample once gives the model's own scores, bit for bit."""
    model = fitted_followers.model
    assert isinstance(model, FakeFollowers)

    ours = posterior(model, audits)
    theirs = model.score(audits.X, samples(tables, Spine.of(audits.creator, audits.as_of)))

    for name in ("risk", "share", "low", "high", "n_sampled"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    assert ours.level == theirs.level


def test_taken_rows_are_the_rows(audits: Rows) -> None:
    """Taking rows keeps every column of them in step."""
    few = audits.take(np.array([5, 2]))

    assert few.row_id == [audits.row_id[5], audits.row_id[2]]
    assert few.value.tolist() == [audits.value[5], audits.value[2]]
    assert few.samples.place.tolist() == [audits.samples.place[5], audits.samples.place[2]]
    assert len(few.tiers()) == len(few) == 2
