"""What schemathesis cannot know: the rules that JSON Schema has no words for, and what is stored.

Requests that are meant to be right are made so, and half of their names become stored ones, so that
they come as far as the models. Those that are meant to be wrong stay as they were made.
"""

import atexit
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import schemathesis
from schemathesis import Case, GenerationMode, HookContext, Response

from tests.fuzz.asked import COUNTS, KNOWN
from tests.serving.asking import OWNED

Json = dict[str, Any]

_known: dict[str, list[str]] = json.loads(Path(os.environ[KNOWN]).read_text("utf-8"))
_answered: Counter[tuple[str, int]] = Counter()


@schemathesis.hook
def before_call(_: HookContext, case: Case[Any], _kwargs: Json) -> None:
    """Make a request that is meant to be right so."""
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    if case.operation.label == "POST /v1/score" and isinstance(case.body, dict):
        case.body = _right(case.body)
    elif "creator_id" in case.path_parameters:
        name = case.path_parameters["creator_id"]
        case.path_parameters["creator_id"] = _stored("creators", name, name)


@schemathesis.hook
def after_call(_: HookContext, case: Case[Any], response: Response) -> None:
    """Count the answer."""
    _answered[case.operation.label, response.status_code] += 1


@atexit.register
def _write() -> None:
    rows = [[*key, count] for key, count in sorted(_answered.items())]
    Path(os.environ[COUNTS]).write_text(json.dumps(rows), "utf-8")


def _right(request: Json) -> Json:
    """Return a request with what is equal by rule made equal, and some names of what is stored."""
    brief, brand = request.get("brief"), request.get("brand")
    if brief and isinstance(kinds := brief.get("deliverables"), dict):
        # Together they are no more than one may be.
        few = {kind: count // len(kinds) for kind, count in kinds.items()}
        request = {**request, "brief": {**brief, "deliverables": few}}
    if brief and brand:
        request = {**request, "brand": {**brand, "brand_id": brief["brand_id"]}}
    if request.get("brief_id"):
        request = {**request, "brief_id": _stored("briefs", request["brief_id"], request)}
    creators = [_right_creator(one) for one in request["creators"]]
    if not all(one.get("history") for one in creators):
        # They are scored at the published moment only.
        request = {**request, "as_of": None}
    return {**request, "creators": creators}


def _right_creator(creator: Json) -> Json:
    """Return a creator whose history is its own."""
    history = creator.get("history")
    if not history:
        name = creator["creator_id"]
        return {**creator, "creator_id": _stored("creators", name, creator)}
    own = {"creator_id": creator["creator_id"]}
    owned = {name: [{**row, **own} for row in history[name]] for name in OWNED if name in history}
    # Two rows of one creator that differ contradict each other.
    return {**creator, "history": {**history, **owned, "creators": owned["creators"][:1]}}


def _stored(kind: str, name: str, made_of: object) -> str:
    """Return the name, or in half of the cases that of something stored."""
    names: Sequence[str] = _known[kind]
    drawn = crc32(repr(made_of).encode("utf-8", "replace"))
    return name if drawn % 2 else names[drawn // 2 % len(names)]
