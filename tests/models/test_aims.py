"""What briefs ask for."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.arrays import COUNTRY, GENDER, country_code
from features.rows import brief_of
from models.aims import NO_MARKET, Aims

countries = st.sampled_from(["DE", "FR", "US", "BR"])
weights = st.floats(0.0, 1.0)


@given(st.dictionaries(countries, weights), st.none() | countries, st.integers(1, 500))
def test_the_market_is_the_heaviest_country(
    targets: dict[str, float], home: str | None, goal: int
) -> None:
    """The market is the first of the most targeted countries, else the brand's, else none."""
    brief: dict[str, object] = {
        "brief_id": "b",
        "brand_id": "x",
        "created_at": "2026-01-01T00:00:00Z",
    }
    brief |= {"target_countries": targets, "conversion_goal": goal} if targets else {}
    brand = {"brand_id": "x", "country": home} if home else None
    briefs = brief_of(brief, brand)

    found = Aims.of(briefs, np.array([0, -1, 0]))

    own = [*zip(briefs.target_value.tolist(), briefs.target_weight.tolist(), strict=True)]
    heaviest = max((weight for _, weight in own), default=0.0)
    expected = next((value for value, weight in own if weight == heaviest > 0.0), None)
    if expected is None:
        expected = NO_MARKET if home is None else country_code(home)
    assert found.market.tolist() == [expected, NO_MARKET, expected]
    assert found.brand.tolist() == [briefs.brand[0], 0, briefs.brand[0]]
    np.testing.assert_array_equal(found.goal, [briefs.goal[0], np.nan, briefs.goal[0]])


def test_other_targets_are_no_market() -> None:
    """Genders and ages, however heavy, do not make a market."""
    brief = {"brief_id": "b", "brand_id": "x", "created_at": "2026-01-01T00:00:00Z"}
    briefs = brief_of(brief | {"target_genders": {"female": 1.0}, "target_countries": {"FR": 0.1}})

    assert set(briefs.target_dimension.tolist()) == {COUNTRY, GENDER}
    assert Aims.of(briefs, np.array([0])).market.tolist() == [country_code("FR")]
