"""GET /docs: the OpenAPI document as one page that loads nothing and runs nothing."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from typing import Any

import msgspec

from serving import openapi
from serving.docs_style import STYLE
from serving.docs_types import anchor, link, prose, type_section

Json = dict[str, Any]

_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Mapping[str, str] = {
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{_DIGEST}';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
"""Of the page: its own style may be applied, and nothing else be loaded, run, sent or framed."""

_INTRODUCTION = """\
<p>Set <code>URL</code> to where the server is, such as <code>http://127.0.0.1:3000</code>, and
<code>KEY</code> to a key that <code>credence keys create</code> printed. A scope is asked for as
soon as the server has a key; without any, leave the Authorization header out.</p>
<p>Every answer has <code>X-Request-Id</code> and <code>X-Credence-Models</code>. Errors are
<code>application/problem+json</code>: <a href="#type-ProblemBody">ProblemBody</a>. The same
contract for machines: <a href="openapi.json">openapi.json</a>.</p>"""


@cache
def page() -> bytes:
    """Return the page, which shows scopes whether keys are asked for or not."""
    document: Json = msgspec.json.decode(openapi.document(keyed=True))
    operations = [
        (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    types: Json = document["components"]["schemas"]
    info = document["info"]
    title = f"{escape(info['title'])} HTTP API"
    body = [
        f"<h1>{title} <span class='soft'>{escape(info['version'])}</span></h1>",
        f"<p>{prose(info['description'])}</p>",
        _INTRODUCTION,
        *(_operation(*operation) for operation in operations),
        _errors(document["components"]["responses"]),
        _heading("types", "Types", 2),
        "<p>A field is always there unless it is called optional; an optional one may be left out"
        " of a request.</p>",
        *(type_section(name, schema) for name, schema in sorted(types.items())),
    ]
    return (
        "<!doctype html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"{_navigation(operations, sorted(types))}\n<main>\n{chr(10).join(body)}\n</main>\n"
        "</body>\n</html>\n"
    ).encode()


def _heading(id_: str, text: str, level: int) -> str:
    return f"<h{level} id='{id_}'>{text}{anchor(id_)}</h{level}>"


def _navigation(operations: Iterable[tuple[str, str, Json]], types: Iterable[str]) -> str:
    """Return links to everything on the page."""
    paths = "".join(
        f"<li><a href='#{operation['operationId']}'>{_method(method)} {escape(path)}</a></li>"
        for method, path, operation in operations
    )
    names = "".join(f"<li>{link(name)}</li>" for name in types)
    return (
        f"<nav aria-label='Contents'><h2>Operations</h2><ul>{paths}</ul>"
        f"<h2>Errors</h2><ul><li><a href='#errors'>Problems by status</a></li></ul>"
        f"<h2>Types</h2><ul>{names}</ul></nav>"
    )


def _method(method: str) -> str:
    return f"<span class='method {method}'>{method.upper()}</span>"


def _operation(method: str, path: str, operation: Json) -> str:
    """Return the section of one operation."""
    name = operation["operationId"]
    scopes = [scope for need in operation.get("security", ()) for scope in need["key"]]
    asked = ", ".join(f"<code>{escape(scope)}</code>" for scope in scopes)
    return "\n".join(
        [
            f"<section aria-labelledby='{name}'>",
            _heading(name, f"{_method(method)} <code>{escape(path)}</code>", 2),
            f"<p>{escape(operation['summary'])}.</p>",
            f"<p>Scope: {asked or '<span class=soft>none, it asks for no key</span>'}</p>",
            *_request(operation),
            "<h3>Example</h3>",
            f"<pre><code>{escape(_curl(method, path, operation, scopes))}</code></pre>",
            "<h3>Answers</h3>",
            _answers(operation["responses"]),
            "</section>",
        ]
    )


def _request(operation: Json) -> Iterable[str]:
    """Yield what a request holds."""
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<h3>Request</h3><p>{_content(kind, content)}</p>"
    for parameter in _in_path(operation):
        text = escape(parameter["schema"]["description"])
        yield f"<h3>Request</h3><p><code>{parameter['name']}</code>: {text}</p>"


def _in_path(operation: Json) -> Iterable[Json]:
    """Return the parameters of a path; the header that any request may have is told of once."""
    return (one for one in operation["parameters"] if one["in"] == "path")


def _content(kind: str, content: Json) -> str:
    """Return a media type and the type of what it holds."""
    reference = content["schema"].get("$ref", "")
    named = f": {link(reference.rpartition('/')[2])}" if reference else ""
    return f"<code>{escape(kind)}</code>{named}"


def _curl(method: str, path: str, operation: Json, scopes: Iterable[str]) -> str:
    """Return a command that a shell can run."""
    for parameter in _in_path(operation):
        path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
    words = [f'curl -s "$URL{path}"']
    if any(scopes):
        words.append('-H "Authorization: Bearer $KEY"')
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        words += [f"-H 'Content-Type: {kind}'", f"-d '{_laid_out(content['example'])}'"]
    assert method == "post" or len(words) < 3, "curl sends what has a body by POST"
    return " \\\n  ".join(words)


def _laid_out(value: Any, indent: str = "  ") -> str:
    """Return JSON with a line for each part that has room on one."""
    line = json.dumps(value)
    if len(line) + len(indent) < 80 or not isinstance(value, dict | list):
        return line
    inner = f"\n{indent}  "
    if isinstance(value, list):
        return f"[{inner}{f',{inner}'.join(_laid_out(one, f'{indent}  ') for one in value)}]"
    parts = (f"{json.dumps(name)}: {_laid_out(one, f'{indent}  ')}" for name, one in value.items())
    return f"{{{inner}{f',{inner}'.join(parts)}}}"


def _answers(responses: Json) -> str:
    """Return the table of an operation's statuses; errors are explained further below."""
    rows = []
    for status, response in sorted(responses.items()):
        if "$ref" in response:
            rows.append(f"<a href='#error-{status}'>{status}</a>")
            continue
        contents = ", ".join(_content(*one) for one in response["content"].items())
        rows.append(f"{status} {contents}")
    good, errors = [row for row in rows if row[0] != "<"], [row for row in rows if row[0] == "<"]
    return "".join(f"<p>{row}</p>" for row in good) + f"<p>Problems: {', '.join(errors)}</p>"


def _errors(responses: Json) -> str:
    """Return the table of all problems."""
    rows = []
    for status, response in sorted(responses.items()):
        title, _, meaning = response["description"].partition(". ")
        own = [name for name, header in response["headers"].items() if "$ref" not in header]
        told = f" <span class='soft'>Headers: {', '.join(own)}.</span>" if own else ""
        rows.append(
            f"<tr id='error-{status}'><td>{status}</td><td>{escape(title)}</td>"
            f"<td>{prose(meaning)}{told}</td></tr>"
        )
    return (
        f"{_heading('errors', 'Errors', 2)}<p>The <code>type</code> of each is"
        " <code>about:blank</code>: the status says what it is. No error repeats what was"
        " sent.</p><div class='table'><table><thead><tr><th>Status</th><th>Title</th>"
        f"<th>When</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
