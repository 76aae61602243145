"""Pooled effects: recovered, drawn to none, and never of a later outcome."""

from dataclasses import replace

import numpy as np
import pytest

from features.arrays import DAY, Floats
from models.aims import Aims
from models.pools import STRANGE
from training.pools import Seen, effects_then, pooled

BRANDS, DEALS = 60, 50
N = BRANDS * DEALS
DISPERSION = 0.5
# Codes of names are hashes of either sign.
CODES = np.sort(np.random.default_rng(8).integers(-(2**63), 2**63 - 1, BRANDS))


def world(sd: float = 0.4, seed: int = 1) -> tuple[Seen, Floats]:
    """Return collaborations of sixty brands whose effects have this sd, and the effects."""
    random = np.random.default_rng(seed)
    effect = sd * random.normal(size=BRANDS)
    brand = np.repeat(np.arange(BRANDS), DEALS)
    mean = np.exp(random.normal(1.0, 0.5, N))
    rate = mean * np.exp(effect[brand]) * random.gamma(1 / DISPERSION, DISPERSION, N)
    as_of = random.integers(0, 400, N) * DAY
    seen = Seen(
        aim=Aims(np.ones(N), CODES[brand], np.ones(N, np.int64), np.ones(N, np.int64)),
        creator=random.integers(0, 1500, N),
        count=random.poisson(rate).astype(np.float64),
        mean=mean,
        as_of=as_of,
        known=as_of + 40 * DAY,
    )
    return seen, effect


def test_effects_and_their_variance_are_recovered() -> None:
    """Effects that made the counts are found, nearer to none than the raw excess."""
    seen, effect = world()

    pools, _ = pooled(seen, DISPERSION)

    brand = pools.kinds["brand"]
    assert brand.codes.tolist() == CODES.tolist()
    assert brand.between == pytest.approx(0.16, abs=0.06)  # the variance of 60 effects: 30 %
    assert np.corrcoef(brand.effects, effect)[0, 1] > 0.9
    assert (brand.variances < brand.between).all()
    assert pools.kinds["market"].between == pytest.approx(0.0, abs=0.01)


def test_alike_members_have_no_effect() -> None:
    """Where brands do not differ, hardly any effect is told."""
    seen, _ = world(sd=0.0)

    pools, then = pooled(seen, DISPERSION)

    assert pools.kinds["brand"].between < 0.01
    assert np.abs(then).mean() < 0.05


def test_no_later_outcome_changes_an_earlier_effect() -> None:
    """A row's effect is by outcomes known before it was agreed: later ones may be anything."""
    seen, _ = world()
    moment = 200 * DAY
    later = seen.known >= moment
    other = replace(seen, count=np.where(later, 1000.0, seen.count))

    first, second = (
        effects_then(one.aim.brand, one, one.mean, dispersion=DISPERSION, between=0.16)
        for one in (seen, other)
    )

    early = seen.as_of <= moment
    np.testing.assert_allclose(first[early], second[early], rtol=0, atol=1e-9)  # sums of floats
    assert (first[~early] != second[~early]).any()


def test_a_first_collaboration_has_no_effect() -> None:
    """Before any outcome of its brand is known, an effect is nothing; so is an unknown brand's."""
    seen, _ = world()
    nobody = replace(seen.aim, brand=np.zeros(N, np.int64))

    then = effects_then(seen.aim.brand, seen, seen.mean, dispersion=DISPERSION, between=0.16)
    none = effects_then(nobody.brand, seen, seen.mean, dispersion=DISPERSION, between=0.16)

    assert (then[seen.as_of < 40 * DAY] == 0.0).all()
    assert (none == 0.0).all()


def test_a_new_member_has_all_of_the_variance() -> None:
    """A code never seen has no effect, and the variance between members or of a stranger."""
    seen, _ = world()
    brand = pooled(seen, DISPERSION)[0].kinds["brand"]

    effect, variance = brand.at(np.array([0, CODES[3], 9999]))

    assert effect[[0, 2]].tolist() == [0.0, 0.0]
    assert variance[[0, 2]].tolist() == [max(brand.between, STRANGE)] * 2
    assert variance[1] < brand.between


def test_few_pairs_teach_nothing() -> None:
    """Three collaborations cannot tell brands apart."""
    seen, _ = world()
    few = Seen(
        aim=seen.aim.take(np.arange(3)),
        creator=seen.creator[:3],
        count=seen.count[:3],
        mean=seen.mean[:3],
        as_of=seen.as_of[:3],
        known=seen.known[:3],
    )

    pools, then = pooled(few, DISPERSION)

    assert pools.kinds["brand"].between == 0.0
    assert then.tolist() == [0.0] * 3
