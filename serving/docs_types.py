"""The types of the contract as the documentation page shows them."""

import re
from collections.abc import Iterable
from html import escape
from typing import Any

Json = dict[str, Any]

_CODE = re.compile(r"`([^`]*)`")

_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
}


def anchor(id_: str) -> str:
    """Return a link to a heading from beside it.

    Parameters
    ----------
    id_ : str
        Of the heading.
    """
    return f"<a class='anchor' href='#{id_}' aria-label='Link to this part'>#</a>"


def link(name: str) -> str:
    """Return a link to a type.

    Parameters
    ----------
    name : str
        Of the type.
    """
    return f"<a href='#type-{escape(name)}'>{escape(name)}</a>"


def prose(text: str) -> str:
    """Return a sentence of ours as HTML, what is between backticks as code.

    Parameters
    ----------
    text : str
        The sentence.
    """
    return _CODE.sub(r"<code>\1</code>", escape(text))


def type_section(name: str, schema: Json) -> str:
    """Return the section of a type: its fields, what they hold and what they mean.

    Parameters
    ----------
    name : str
        Of the type.
    schema : dict
        As the OpenAPI document has it.
    """
    required = schema.get("required", ())
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code></td><td>{_kind(kind)}"
        f"{'' if field in required else _optional(kind)}{_meaning(kind)}</td></tr>"
        for field, kind in schema["properties"].items()
    )
    return (
        f"<section aria-labelledby='type-{name}'><h3 id='type-{name}'>{escape(name)}"
        f"{anchor(f'type-{name}')}</h3><p>{prose(schema['description'])}</p>"
        "<div class='table'><table><thead><tr><th>Field</th><th>Holds</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _meaning(schema: Json) -> str:
    # Where there is a form to keep to, the description is that of the form.
    described = "" if {"format", "pattern"} & set(schema) else schema.get("description", "")
    return f"<p>{prose(described)}</p>" if described else ""


def _optional(schema: Json) -> str:
    default = schema.get("default")
    if isinstance(default, bool):
        default = str(default).lower()
    said = "" if default in (None, []) else f", default {escape(str(default))}"
    return f" <span class='soft'>optional{said}</span>"


def _kind(schema: Json) -> str:
    """Return what a schema allows, in words."""
    if "$ref" in schema:
        return link(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"])
    bounds = ", ".join(_bounds(schema))
    return _plain(schema) + (f" <span class='soft'>({bounds})</span>" if bounds else "")


def _plain(schema: Json) -> str:
    """Return the kind of a value that is no named type."""
    match schema:
        case {"type": "array", "items": items}:
            return f"list of {_kind(items)}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"map from {_kind(schema.get('propertyNames', {}))} to {_kind(values)}"
        case {"format": "date-time"}:
            return "RFC 3339 time with an offset"
        case _:
            return str(schema.get("type", "string"))


def _bounds(schema: Json) -> Iterable[str]:
    """Yield the limits of a value; what a description says need not be repeated as a pattern."""
    if "pattern" in schema:
        yield escape(schema.get("description") or schema["pattern"])
        return
    for name, text in _BOUNDS.items():
        if name in schema:
            yield text.format("2^53" if schema[name] == 2**53 else f"{schema[name]:,}")
