"""A model proves itself: known answers come out right, or it is refused."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from features.rows import from_rows
from models import bundle, histories
from models.bundle import Bundle
from models.layout import BundleError
from tests.models import sealed

Answers = dict[str, Any]


def _answering(found: Bundle, change: Callable[[Answers], object], **manifest: object) -> Bundle:
    """Return a bundle whose stored answers were changed and hashed again."""
    stored = json.loads(found.answers)
    change(stored)
    return bundle.seal(
        manifest=msgspec.structs.replace(found.manifest, **manifest),
        parts=found.parts,
        answers=json.dumps(stored).encode(),
        upstream=found.upstream,
    )


def _nudge(name: str, relative: float) -> Callable[[Answers], object]:
    """Return a change of every number of one group of answers."""

    def change(stored: Answers) -> None:
        for column in stored[name].values():
            column[:] = [x * (1 + relative) if isinstance(x, float) else x for x in column]

    return change


def test_histories_are_good_rows() -> None:
    """The raw histories break no rule of the tables."""
    tables = from_rows(histories.tables(), strict=True)

    assert not tables.set_aside
    assert set(tables.creators.ids) == set(histories.CREATORS)


@pytest.mark.parametrize("made", [sealed.fake_accounts, sealed.fake_followers, sealed.conversion])
def test_sealed_model_gives_its_answers(made: Callable[[], Bundle]) -> None:
    """A model loaded where it was made gives its known answers."""
    assert bundle.to_model(made(), "3").version == "3"


@pytest.mark.parametrize("group", ["features", "scores", "aim"])
def test_answer_off_by_a_bit_is_refused_where_it_was_made(group: str) -> None:
    """On the manifest's CPU and libraries an answer must be right in every bit."""

    def change(stored: Answers) -> None:
        for column in stored[group].values():
            column[:] = [x * (1 + 2**-50) if isinstance(x, float) else x for x in column]

    with pytest.raises(BundleError, match="known answer"):
        bundle.to_model(_answering(sealed.conversion(), change))


def test_rounding_is_forgiven_on_another_cpu() -> None:
    """Elsewhere than the manifest says, features may differ by rounding."""
    other = _answering(sealed.fake_followers(), _nudge("features", 1e-10), cpu=("other",))

    assert bundle.to_model(other, "1").version == "1"


def test_more_than_rounding_is_refused_on_another_cpu() -> None:
    """Elsewhere than the manifest says, a feature off by a millionth refuses the model."""
    other = _answering(sealed.fake_followers(), _nudge("features", 1e-6), cpu=("other",))

    with pytest.raises(BundleError, match="known answer"):
        bundle.to_model(other)


def test_other_parts_are_refused_by_the_answers() -> None:
    """A model whose numbers were exchanged, hashes and all, does not give its answers."""
    found = sealed.fake_accounts()
    numbers = found.parts["numbers.json"].replace(b'"training_share":0.3', b'"training_share":0.4')
    assert numbers != found.parts["numbers.json"]
    other = bundle.seal(
        manifest=found.manifest,
        parts={**found.parts, "numbers.json": numbers},
        answers=found.answers,
    )

    with pytest.raises(BundleError, match="known answer, scores"):
        bundle.to_model(other)


@pytest.mark.parametrize("content", [b"{}", b"[]", b"\xff", b'{"asked": {"spine": 3}}'])
def test_answers_that_cannot_be_asked_are_refused(content: bytes) -> None:
    """Answers without sense refuse the model with a message, not a trace."""
    found = sealed.fake_accounts()
    other = bundle.seal(manifest=found.manifest, parts=found.parts, answers=content)

    with pytest.raises(BundleError, match="cannot be asked"):
        bundle.to_model(other)


def test_parts_that_make_no_model_are_refused() -> None:
    """Numbers without sense refuse the model with a message, not a trace."""
    found = sealed.fake_accounts()
    other = bundle.seal(
        manifest=found.manifest,
        parts={**found.parts, "numbers.json": b"{}"},
        answers=found.answers,
    )

    with pytest.raises(BundleError, match="make no model"):
        bundle.to_model(other)
