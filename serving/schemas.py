"""The JSON Schema of every type of the contract, with what its source says of each field."""

import ast
import inspect
from collections.abc import Iterable, Mapping
from itertools import pairwise
from types import ModuleType
from typing import Any

import msgspec

from models import manifest
from serving import contract, problems, rows
from serving.contract import REFERENCE, SCORED
from serving.problems import ProblemBody
from serving.routes import ROUTES
from serving.rows import Age, Country, Gender

Json = dict[str, Any]

# What JSON Schema can say and types alone cannot; decode refuses the same. Without a brief there
# is no brand, beside a brief no name of one (null is as good as absent), and a line of a breakdown
# has a value of its dimension.
RULES: Mapping[str, Mapping[str, object]] = {
    "ScoreRequest": {
        "anyOf": [
            {"properties": {"brief": {"type": "null"}, "brand": {"type": "null"}}},
            {
                "properties": {"brief": {"type": "object"}, "brief_id": {"type": "null"}},
                "required": ["brief"],
            },
        ]
    },
    "AudienceRow": {
        "anyOf": [
            {"properties": {"dimension": {"const": name}, "value": msgspec.json.schema(kind)}}
            for name, kind in (("country", Country), ("gender", Gender), ("age", Age))
        ]
    },
}


def schemas() -> Json:
    """Return the schema of each type by its name."""
    kinds: list[type] = [ProblemBody, *SCORED]
    for route in ROUTES:
        kinds += [kind for kind in (route.request, route.answer) if kind is not None]
    _, components = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
    found: Json = _tidied(components)
    for module in (contract, manifest, problems, rows):
        for kind, notes in _notes(module).items():
            for field, note in notes.items():
                if kind in found:
                    found[kind]["properties"][field]["description"] = note
    for kind, rule in RULES.items():
        found[kind] |= rule
    return found


def _notes(module: ModuleType) -> Mapping[str, Mapping[str, str]]:
    """Return the docstring below each documented field, class by class."""
    definitions = ast.parse(inspect.getsource(module)).body
    return {
        definition.name: dict(_documented(definition.body))
        for definition in definitions
        if isinstance(definition, ast.ClassDef)
    }


def _documented(body: Iterable[ast.stmt]) -> Iterable[tuple[str, str]]:
    """Yield each field that a docstring follows, with the docstring in one line."""
    for field, note in pairwise(body):
        match field, note:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, " ".join(text.split())


def _tidied(schema: Any) -> Any:
    """Return a schema whose whole numbers, which decode from 12 and 12.0 alike, say just that."""
    if isinstance(schema, list):
        return [_tidied(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {key: _tidied(part) for key, part in schema.items()}
    if "anyOf" in tidy:
        parts = [part for part in tidy["anyOf"] if part.get("multipleOf") != 1]
        if len(parts) == 1:
            del tidy["anyOf"]
            tidy |= parts[0]
        else:
            tidy["anyOf"] = parts
    return tidy
