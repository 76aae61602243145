"""The pages that show code and commands tell the truth."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent


@pytest.mark.usefixtures("at_home")
def test_python_page_runs(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every block of docs/python.md runs, in order, on a simulated world."""
    page = (REPOSITORY / "docs" / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    namespace: dict[str, object] = {"tables_folder": world}

    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), namespace)  # noqa: S102 - our own page

    assert len(blocks) == 5
    assert "conversion_probability" in capsys.readouterr().out


def test_readme_is_short() -> None:
    """README.md has at most 120 lines."""
    assert len((REPOSITORY / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_linked_pages_exist() -> None:
    """Every relative link of the pages leads somewhere."""
    for page in [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md"]:
        targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))

        missing = [target for target in targets if not (page.parent / target).exists()]

        assert missing == []
