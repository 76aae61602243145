"""Promotion: the gates decide on rows that neither model saw, and the evidence is kept."""

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from features.arrays import UNKNOWN_TIME
from features.errors import InputError
from models import bundle, registry
from models.bundle import Bundle
from models.manifest import Data
from tests import registries
from tests.models import sealed
from tests.training.rows import END, START, N, flat, held_out
from training import promotion
from training.held_out import FILE, HeldOut


def _register(held: HeldOut | None, found: Bundle | None = None) -> int:
    files = None if held is None else {FILE: held.to_parquet()}
    return registries.register(found or sealed.conversion(), files)


def _learned(found: Bundle, data: Data, *, on_world: bool = False) -> Bundle:
    """Return the bundle as if learned from other data."""
    manifest = msgspec.structs.replace(found.manifest, data=data, trained_on_world=on_world)
    return bundle.seal(
        manifest=manifest, parts=found.parts, answers=found.answers, upstream=found.upstream
    )


def test_held_out_rows_come_back_whole() -> None:
    """Held-out rows survive Parquet to the bit, unknown values included."""
    held = replace(held_out(), as_of=np.full(N, UNKNOWN_TIME), champion=flat(), champion_version=4)
    held.champion[:3] = np.nan
    held.X[0, 1] = np.nan

    again = HeldOut.from_parquet(held.to_parquet())

    assert (again.row_id, again.group, again.names) == (held.row_id, held.group, held.names)
    assert again.champion_version == 4
    for name in ("as_of", "known", "label", "prediction", "X", "champion"):
        np.testing.assert_array_equal(getattr(again, name), getattr(held, name))


def test_first_version_becomes_champion_whatever_its_gates_say(state: Path) -> None:
    """Where none stands, a version is promoted, and the failed gates are told."""
    decision = promotion.consider("conversion", _register(held_out(flat())))

    assert decision.promoted
    assert "the first champion" in decision.text
    assert "FAILED  calibrated" in decision.text


def test_a_better_challenger_is_promoted(state: Path) -> None:
    """Judged on the rows that both trainings held out, the better one takes over."""
    promotion.consider("conversion", _register(held_out(flat())))

    decision = promotion.consider("conversion", _register(held_out()))

    assert decision.promoted, decision.text
    champion = registry.champion("conversion")
    assert champion is not None
    assert champion.number == 2
    evidence = json.loads(champion.tags["promotion"])
    assert evidence["over"] == 1
    assert [gate["passed"] for gate in evidence["gates"]] == [True] * 5


def test_a_worse_challenger_stays_challenger(state: Path) -> None:
    """A challenger whose gates fail does not replace a champion."""
    promotion.consider("conversion", _register(held_out()))

    decision = promotion.consider("conversion", _register(held_out(flat())))

    assert not decision.promoted
    assert "not promoted, version 1 stays champion" in decision.text
    assert registry.version("conversion", 2).aliases == ("challenger",)


def test_without_a_row_that_neither_saw_nothing_is_promoted(state: Path) -> None:
    """Held-out rows of other ids, all from before the champion's end, prove nothing."""
    promotion.consider("conversion", _register(held_out()))
    other = replace(held_out(), row_id=[f"other-{row}" for row in range(N)])

    decision = promotion.consider("conversion", _register(other))

    assert not decision.promoted
    assert "0 rows of 0 groups that neither saw" in decision.text


def test_champions_own_predictions_of_later_rows_count(state: Path) -> None:
    """Rows that training let the standing champion score are compared, without shared ids."""
    promotion.consider("conversion", _register(held_out()))
    other = replace(
        held_out(),
        row_id=[f"other-{row}" for row in range(N)],
        champion=flat(),
        champion_version=1,
    )

    decision = promotion.consider("conversion", _register(other))

    assert decision.promoted, decision.text


def test_predictions_of_a_former_champion_do_not_count(state: Path) -> None:
    """What another champion said of the rows is no evidence against the one that stands."""
    promotion.consider("conversion", _register(held_out()))
    other = replace(
        held_out(),
        row_id=[f"other-{row}" for row in range(N)],
        champion=flat(),
        champion_version=9,
    )

    assert not promotion.consider("conversion", _register(other)).promoted


def test_force_needs_a_reason_and_keeps_it(state: Path) -> None:
    """A forced promotion overrules the gates, and its reason stays with the version."""
    promotion.consider("conversion", _register(held_out()))
    number = _register(held_out(flat()))
    with pytest.raises(InputError, match="say why"):
        promotion.promote("conversion", number, force=True)
    assert not promotion.promote("conversion", number).promoted

    decision = promotion.promote("conversion", str(number), force=True, why="drift")

    assert decision.promoted
    assert "forced: drift" in decision.text
    tag = registry.version("conversion", number).tags["promotion"]
    assert json.loads(tag)["forced"] == "drift"


def test_champion_stays_champion_when_promoted_again(state: Path) -> None:
    """Promoting the champion changes nothing, also not what rollback goes back to."""
    promotion.consider("conversion", _register(held_out()))

    decision = promotion.promote("conversion", "champion")

    assert decision.promoted
    assert registry.former("conversion") == []


def test_rollback_gives_the_number_back(state: Path) -> None:
    """Rollback says which version is champion again."""
    promotion.consider("conversion", _register(held_out(flat())))
    promotion.consider("conversion", _register(held_out()))

    assert promotion.rollback("conversion") == 1


def test_a_bundle_that_cannot_prove_itself_is_never_promoted(state: Path) -> None:
    """Neither the lack of a champion nor force promotes a model with wrong known answers."""
    stored = json.loads(sealed.fake_accounts().answers)
    stored["scores"]["score"][0] += 0.1
    wrong = bundle.seal(
        manifest=sealed.fake_accounts().manifest,
        parts=sealed.fake_accounts().parts,
        answers=json.dumps(stored).encode(),
    )
    number = _register(held_out(), wrong)

    assert not promotion.consider("fake_accounts", number).promoted
    decision = promotion.promote("fake_accounts", number, force=True, why="in a hurry")
    assert not decision.promoted
    assert "FAILED  known answers are right: fake_accounts: known answer" in decision.text


def test_a_version_without_held_out_rows_needs_force(state: Path) -> None:
    """Without evaluation rows no gate can pass, but a person can take the blame."""
    promotion.consider("conversion", _register(held_out()))
    number = _register(None)

    assert "has no evaluation.parquet" in promotion.promote("conversion", number).text
    assert promotion.promote("conversion", number, force=True, why="restored").promoted


def test_rival_has_not_seen_rows_after_its_window(state: Path) -> None:
    """The champion may be asked about rows from the end of its data window on."""
    promotion.consider("conversion", _register(held_out()))
    as_of = np.array([END - 1, END, END + 1])

    found = promotion.rival("conversion", as_of, ["", "", ""], on_world=False)

    assert found is not None
    assert found.unseen.tolist() == [False, True, True]
    assert found.version == 1


def test_rival_has_not_seen_other_sources(state: Path) -> None:
    """An account model may be asked about sources it did not learn from."""
    data = Data("0" * 64, sources=("a", "b"))
    found = _learned(sealed.fake_accounts(), data)
    promotion.consider("fake_accounts", _register(held_out(), found))

    rival = promotion.rival("fake_accounts", np.zeros(3, np.int64), ["a", "c", "b"], on_world=False)

    assert rival is not None
    assert rival.unseen.tolist() == [False, True, False]


@pytest.mark.parametrize(("on_world", "unseen"), [(True, False), (False, True)])
def test_rival_from_the_world_has_seen_no_real_row(
    state: Path, on_world: bool, unseen: bool
) -> None:
    """A champion that learned from the built-in world may be asked about every real row."""
    found = _learned(sealed.conversion(), sealed.DATA, on_world=True)
    promotion.consider("conversion", _register(held_out(), found))

    rival = promotion.rival("conversion", np.array([START]), [""], on_world=on_world)

    assert rival is not None
    assert rival.unseen.tolist() == [unseen]


def test_without_a_champion_there_is_no_rival(state: Path) -> None:
    """Where no champion stands there is nobody to ask."""
    assert promotion.rival("conversion", np.array([START]), [""], on_world=False) is None
