"""The generated page is the catalogue's."""

from features.documentation import PAGE, page


def test_page_is_current() -> None:
    """docs/features.md is what `make docs` would write now."""
    assert PAGE.read_text(encoding="utf-8") == page()
