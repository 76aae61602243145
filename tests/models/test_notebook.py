"""A data scientist gets, in a frame, what the service and the batch job compute."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.computing import matrix, samples, spine_of
from features.errors import InputError
from features.rows import from_rows
from features.tables import Tables
from models import histories
from models.aims import Aims
from models.notebook import Model
from models.scoring import Champions, audience_scores, conversion_scores
from tests.models import fitted, sealed


@pytest.fixture(scope="module")
def tables() -> Tables:
    """Return the tables of the known answers."""
    return from_rows(histories.tables())


def _pairs(*creators: str, **columns: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"creator_id": list(creators), "brief_id": "autumn"})
    return frame.assign(**columns)


def _model(name: str) -> Model:
    made: Any = {
        "fake_accounts": (sealed.fake_accounts, fitted.fake_accounts),
        "fake_followers": (sealed.fake_followers, fitted.fake_followers),
        "conversion": (sealed.conversion, fitted.conversion),
    }
    bundle, model = made[name]
    return Model(name, 1, bundle().manifest, model())


def test_conversion_scores_are_those_of_the_service(tables: Tables) -> None:
    """The frame holds the numbers of the functions that service and batch call."""
    pairs = _pairs("complete", "bought", as_of=pd.Timestamp(histories.AS_OF))
    pairs.index = pd.Index([7, 3])

    found = _model("conversion").score(tables, pairs)

    spine = spine_of(tables, pairs)
    X, champions = matrix(tables, spine), Champions(conversion=fitted.conversion())
    audience = audience_scores(champions, X, samples(tables, spine))
    aim = Aims.of(tables.briefs, spine.brief)
    expected = conversion_scores(champions, X, audience.conversion_share, aim)
    assert expected is not None
    assert found.index.tolist() == [7, 3]
    np.testing.assert_array_equal(found["conversion_probability"], expected.probability)
    np.testing.assert_array_equal(found["expected_conversions_high"], expected.expected_high)


def test_as_of_is_just_after_the_latest_observation(tables: Tables) -> None:
    """Without as_of the pairs see everything in the tables."""
    late = pd.Timestamp(tables.latest + 1, unit="us", tz="UTC")
    model = _model("fake_followers")

    pd.testing.assert_frame_equal(
        model.score(tables, _pairs("bought")), model.score(tables, _pairs("bought", as_of=late))
    )


def test_account_model_scores_the_follower_samples(tables: Tables) -> None:
    """The account model gives each creator's sample its share; without one it is unknown."""
    found = _model("fake_accounts").score(tables, _pairs("bought", "plain"))

    assert found["n_sampled"].tolist() == [40, 0]
    assert found["fake_share"].notna().tolist() == [True, False]
    assert found["level"].tolist()[1] == "insufficient_data"


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        (_pairs("complete", "nobody"), "row 1: creator_id 'nobody'"),
        (_pairs("complete").assign(brief_id="none"), "row 0: brief_id 'none'"),
        (_pairs("complete").drop(columns="brief_id"), "brief_id 'missing'"),
    ],
)
def test_unknown_ids_are_named(tables: Tables, pairs: pd.DataFrame, says: str) -> None:
    """A pair of which the tables know nothing stops the score, by row and value."""
    with pytest.raises(InputError, match=says):
        _model("conversion").score(tables, pairs)


def test_tables_without_a_time_need_one() -> None:
    """Where nothing was observed the pairs must say as of when."""
    tables = from_rows({"creators": [{"creator_id": "a", "platform": "x"}]})

    with pytest.raises(InputError, match="column as_of"):
        _model("fake_accounts").score(tables, _pairs("a"))
