"""The claims ledger: the page is in step with the claims, and effects are what was put in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from features.catalogue import NAMES
from models.conversion import Conversion
from models.manifest import Metric
from training.claims.claim import STATUSES
from training.claims.effects import (
    COLUMNS,
    PARTS,
    Effect,
    learned,
    log_expected,
    peers_of,
    place,
    quantiles,
    scaled,
    switched,
)
from training.claims.ledger import CLAIMS
from training.claims.moved import EFFECTS, RISKS
from training.claims.page import block, page, titled
from training.claims.plot import effects
from training.claims.shown import FIGURES, Given, measure
from training.dataset import Rows, posterior
from training.trained import Trained

pytestmark = pytest.mark.xdist_group("fits")

PAGE = Path(__file__).parent.parent.parent / "docs" / "claims.md"
KEYS = {*EFFECTS, *RISKS, *FIGURES}
SOME = Metric(1.25, 1.1, 1.4, 321)


@pytest.fixture(scope="module")
def model(fitted_conversion: Trained) -> Conversion:
    """Return the conversion model of the small world."""
    assert isinstance(fitted_conversion.model, Conversion)
    return fitted_conversion.model


@pytest.fixture(scope="module")
def asked(model: Conversion, collaborations: Rows) -> Given:
    """Return some of its collaborations."""
    rows = collaborations.take(np.arange(0, len(collaborations), 2))
    full = np.column_stack([rows.X, posterior(model.followers, rows).share])
    return Given(rows, full, log_expected(model, full, rows))


# --- the claims ---------------------------------------------------------------------------------


def test_claims_are_complete() -> None:
    """Every claim has a status, its figures or the reason why there are none, and its own id."""
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)
    for claim in CLAIMS:
        assert claim.status in STATUSES
        assert set(claim.learned) <= KEYS
        assert bool(claim.learned) != bool(claim.unmeasured)
        assert claim.text.endswith(".")
    assert {key for claim in CLAIMS for key in claim.learned} == KEYS


def test_conversations_were_misquoted() -> None:
    """The most quoted figure is of conversations, and nothing is measured or built for it."""
    (claim,) = [claim for claim in CLAIMS if claim.status == "misquoted"]

    assert "22.2 times more conversions" in claim.text
    assert "conversations" in claim.really
    assert not claim.learned


# --- the page -----------------------------------------------------------------------------------


def test_page_is_in_step_with_the_claims() -> None:
    """docs/claims.md holds every claim once, in order, in the words of the ledger."""
    text = PAGE.read_text(encoding="utf-8")

    anchors = [line.split('"')[1] for line in text.splitlines() if line.startswith("<a id=")]
    assert anchors == [claim.id for claim in CLAIMS]
    for claim in CLAIMS:
        said = (claim.text, claim.said_by, claim.status, claim.really, claim.world)
        _, _, own = text.partition(f'<a id="{claim.id}">')
        own, _, _ = own.partition("<a id=")
        for part in (*said, claim.unmeasured, *(titled(key) for key in claim.learned)):
            assert part in own
    assert "is no evidence for the first" in text
    assert PAGE.with_suffix(".png").is_file()


def test_no_figure_travels_alone() -> None:
    """Every figure of the page stands with an interval and n."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    figures = [line for line in lines if line.startswith("  - ")]

    assert len(figures) == sum(len(claim.learned) for claim in CLAIMS)
    for line in figures:
        assert "(n = " in line
        assert "[" in line


def test_pages_of_equal_figures_are_equal() -> None:
    """The page and its plot depend on the figures alone, unknown ones included."""
    measured = {key: [SOME] * (4 if key == "engagement" else 1) for key in KEYS}
    unknown = {**measured, "fee": [Metric(None, None, None, 0)]}

    text = page(measured, cut="2026-01-01", rows=5, briefs=2, picture="p.png")

    assert text == page(dict(measured), cut="2026-01-01", rows=5, briefs=2, picture="p.png")
    assert "conversions × 1.25 [1.10, 1.40] (n = 321)" in text
    (spending,) = [claim for claim in CLAIMS if claim.id == "spend-elasticity"]
    assert "conversions × unknown (n = 0)" in block(spending, unknown)
    assert effects(measured) == effects(measured) != effects(unknown)


# --- what is moved ------------------------------------------------------------------------------


def test_what_is_moved_exists() -> None:
    """Every effect moves rows of the catalogue's columns, and rows do not change in number."""
    full = np.random.default_rng(3).uniform(0.1, 1.0, size=(400, len(COLUMNS)))

    for effect in (EFFECTS | RISKS).values():
        known, situations = effect.move(full.copy(), np.zeros(400, np.int64))

        assert known.all()
        assert len({len(one) for one in situations}) == 1
        assert len(situations) >= 2
        assert not np.array_equal(situations[0], situations[-1])


def test_matches_move_the_whole_match_along() -> None:
    """Who moves one match moves the product of all, and the reach inside the target."""
    rng = np.random.default_rng(5)
    full = rng.uniform(0.2, 0.9, size=(300, len(COLUMNS)))
    full[::3, place("age_match")] = np.nan

    _, (_, high) = quantiles("country_match")(full, np.zeros(300, np.int64))

    parts = high[:, [place("country_match"), place("gender_match"), place("age_match")]]
    whole = np.nanprod(parts, axis=1)
    assert_allclose(high[:, place("audience_match")], whole)
    reach = high[:, place("log_impressions_90d")] + np.log10(whole)
    assert_allclose(high[:, place("log_target_reach")], reach)


def test_unknown_stays_unknown() -> None:
    """Rows that do not know the column are not moved, nor is anything unknown made known."""
    full = np.full((200, len(COLUMNS)), 0.5)
    full[::2, place("is_launch")] = np.nan
    full[:, place("log_target_reach")] = np.nan

    known, (low, high) = switched({"is_launch": 0.0}, {"is_launch": 1.0})(
        full, np.zeros(200, np.int64)
    )

    assert_array_equal(np.flatnonzero(known), np.arange(1, 200, 2))
    assert np.isnan(low[:, place("log_target_reach")]).all()
    assert (high[:, place("is_launch")] == 1.0).all()


def test_twice_the_fee() -> None:
    """Money on a log scale and money per follower double together."""
    full = np.full((50, len(COLUMNS)), 1.0)
    full[:, place("log_fee")] = np.log10(1.0 + 250.0)

    _, (_, high) = scaled(("log_fee",), ("fee_to_minimum",), 2.0)(full, np.zeros(50, np.int64))

    assert_allclose(high[:, place("log_fee")], np.log10(1.0 + 500.0))
    assert_allclose(high[:, place("fee_to_minimum")], 2.0)


def test_peers_lend_to_peers(asked: Given) -> None:
    """Among peers, values come from rows of the same platform and tier."""
    peers = peers_of(asked.rows)
    lead = place("engagement_rate_90d")

    known, (low, high) = quantiles("engagement_rate_90d", among_peers=True)(asked.full, peers)

    assert known.any()
    for group in np.unique(peers[known]):
        own = asked.full[known & (peers == group), lead]
        assert (low[peers[known] == group, lead] == np.quantile(own, 0.25)).all()
        assert (high[peers[known] == group, lead] == np.quantile(own, 0.75)).all()


# --- what is learned ----------------------------------------------------------------------------


def test_given_signs_show(model: Conversion, asked: Given) -> None:
    """Where only one sign can be learned, the effect has it."""
    for key in ("audience_match", "fake_share"):
        (found,) = learned(EFFECTS[key], [model], asked.full, asked.rows)

        assert found.value is not None
        assert (found.value >= 1.0) == (key == "audience_match")


def test_nothing_moved_is_no_effect(model: Conversion, asked: Given) -> None:
    """A column moved to where it was changes nothing, with certainty."""
    same = Effect("same", switched({"is_launch": 1.0}, {"is_launch": 1.0}))

    (found,) = learned(same, [model] * (PARTS + 1), asked.full, asked.rows)

    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)
    assert found.n == np.isfinite(asked.full[:, place("is_launch")]).sum()


def test_models_that_differ_widen_the_interval(model: Conversion, asked: Given) -> None:
    """The interval of an effect grows with what other briefs would have taught."""
    other = replace(model, slope=0.5 * model.slope)

    (sure,) = learned(EFFECTS["launch"], [model, model, model], asked.full, asked.rows)
    (unsure,) = learned(EFFECTS["launch"], [model, model, other], asked.full, asked.rows)

    assert sure.value == unsure.value
    assert sure.low is not None
    assert unsure.low is not None
    assert unsure.low < sure.low


def test_slope_is_the_one_put_in(asked: Given) -> None:
    """Expectations that grow with the root of followers show an elasticity of a half."""
    log_followers = asked.full[:, NAMES.index("log_followers")] * np.log(10.0)
    brief = np.unique(asked.rows.group, return_inverse=True)[1]
    made = replace(asked, expected=0.5 * log_followers + brief % 7)

    found = measure(FIGURES["size_elasticity"], made)

    assert found.value == pytest.approx(0.5)
    assert found.low == pytest.approx(0.5)
