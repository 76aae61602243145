"""The documentation page: complete, whole, and in need of nothing but itself."""

import asyncio
import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving import decode, docs_page, openapi
from serving.app import App
from serving.docs_types import prose, type_section
from serving.metrics import Metrics
from serving.problems import TITLES
from serving.routes import ROUTES, Route
from serving.scopes import PUBLIC
from serving.state import Snapshot, State

VOID = {"meta"}
DOCUMENT: dict[str, Any] = json.loads(openapi.document(True))
NAMED = [pytest.param(route, id=route.name) for route in ROUTES]


class Page(HTMLParser):
    """A page as a reader of it sees it, with its tags checked to be closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.sections: dict[str, str] = {}
        self._open: list[str] = []
        self._section = ""
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "section":
            self._section = dict(attrs)["aria-labelledby"] or ""

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "section":
            self._section = ""
        elif tag in {"p", "td"}:
            self.handle_data("\n")

    def handle_data(self, data: str) -> None:
        self.sections[self._section] = self.sections.get(self._section, "") + data

    def all(self, name: str) -> list[str]:
        """Return every value of an attribute."""
        return [found[name] or "" for _, found in self.tags if name in found]


HTML = docs_page.page().decode()
PAGE = Page(HTML)


def got() -> httpx.Response:
    """Return the answer to GET /docs."""

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(App(State(Snapshot()), Metrics()))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as one:
            return await one.get("/docs")

    return asyncio.run(run())


def test_the_page_is_served_under_strict_headers() -> None:
    """It is HTML that may load, run and send nothing, be framed nowhere, and send no referrer."""
    answer = got()
    parts = answer.headers["content-security-policy"].split("; ")
    policy = dict(part.split(" ", 1) for part in parts)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text == HTML
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert policy.pop("style-src").startswith("'sha256-")
    assert policy == dict.fromkeys(
        ["default-src", "base-uri", "form-action", "frame-ancestors"], "'none'"
    )


def test_its_own_style_is_the_one_allowed() -> None:
    """The policy's hash is that of the one style sheet on the page."""
    (style,) = re.findall(r"<style>(.*?)</style>", HTML, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert f"style-src 'sha256-{digest}'" in docs_page.HEADERS["content-security-policy"]


def test_nothing_else_is_loaded_or_run() -> None:
    """No script, no picture, no font, no frame, no style of an element, no address elsewhere."""
    tags = {tag for tag, _ in PAGE.tags}
    attributes = {name for _, found in PAGE.tags for name in found}

    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    assert attributes <= {"id", "class", "href", "lang", "charset", "name", "content"} | {
        "aria-label", "aria-labelledby",
    }  # fmt: skip
    assert not re.search(r"url\(|@import|@font-face", HTML)
    assert {href for href in PAGE.all("href") if not href.startswith("#")} == {"openapi.json"}


def test_every_link_leads_to_one_place() -> None:
    """Each id is given once, and each link within the page has its target."""
    ids = PAGE.all("id")

    assert len(ids) == len(set(ids))
    assert {href[1:] for href in PAGE.all("href") if href.startswith("#")} <= set(ids)
    assert set(PAGE.all("aria-labelledby")) <= set(ids)


@pytest.mark.parametrize("route", NAMED)
def test_every_operation_is_there(route: Route) -> None:
    """Its section names method, path, purpose, scope, an example and every status."""
    text = PAGE.sections[route.name]

    assert f"{route.method} {route.path}" in " ".join(text.split())
    assert route.summary in text
    scope = "it asks for no key" if route.scope == PUBLIC else f"Scope: {route.scope}"
    assert scope in text
    assert f'curl -s "$URL{route.path.replace("{creator_id}", "ana")}"' in text
    assert ("Authorization" in text) == (route.scope != PUBLIC)
    for status in (200, *route.statuses):
        assert re.search(rf"\b{status}\b", text)
    for kind in (route.request, route.answer):
        assert kind is None or kind.__name__ in text


def test_every_type_and_error_is_there() -> None:
    """Each type has a section with all its fields, each status a row."""
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert all(field in PAGE.sections[f"type-{name}"] for field in schema["properties"])
    assert {f"error-{status}" for status in TITLES} <= set(PAGE.all("id"))


@pytest.mark.parametrize(
    ("name", "decoder"), [("score", decode.score_request), ("audit", decode.audit_request)]
)
def test_examples_are_taken(name: str, decoder: Any) -> None:
    """What an example sends is what the decoder takes, on the page as in the document."""
    (text,) = re.findall(r"-d '(.*?)'", PAGE.sections[name], flags=re.DOTALL)
    content = DOCUMENT["paths"][f"/v1/{name}"]["post"]["requestBody"]["content"]

    decoder(text.encode())
    assert json.loads(text) == content["application/json"]["example"]


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_whatever_a_schema_says_is_text(text: str) -> None:
    """No word of the document becomes a tag."""
    schema = {
        "description": text,
        "properties": {text: {"type": "string", "description": text}, "b": {"enum": [text]}},
    }

    page = Page(type_section("Name", schema) + prose(text))

    assert {tag for tag, _ in page.tags} <= {"section", "h3", "a", "p", "div", "code", "span"} | {
        "table", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip
