"""A page of tables and pictures in one file that asks nothing of any network."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

from models.manifest import Metric

LOWER, HIGHER, NEITHER = -1, 1, 0  # which direction of a difference is the better one
LARGE = 10.0  # from here on one digit after the point is enough
UNKNOWN = "<span class='quiet'>unknown</span>"

# Nothing may be fetched or run, whatever stands in the tables.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light; --ink: #1c2430; --quiet: #667085; --line: #e4e7ec; --wash: #f7f8fa; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.2rem; max-width: 68rem; color: var(--ink); background: #fff;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
h1 { font-size: 1.65rem; line-height: 1.25; margin: .4rem 0 .2rem; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .4rem; padding-top: .8rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
p, li { max-width: 46rem; }
.quiet, small, caption, figcaption { color: var(--quiet); }
.notice { background: #fff7e6; border-left: 4px solid #e69f00; padding: .7rem 1rem;
  margin: 1rem 0; }
.scroll { overflow-x: auto; margin: .5rem 0 1rem; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .35rem; font-size: .85rem; }
th, td { padding: .32rem .6rem; text-align: right; vertical-align: top;
  border-bottom: 1px solid var(--line); }
td { white-space: nowrap; }
th { font-weight: 600; }
thead th { min-width: 4.5rem; vertical-align: bottom; }
tbody th { min-width: 6.5rem; max-width: min(34vw, 18rem); overflow-wrap: anywhere; }
thead th { background: var(--wash); }
th:first-child, td:first-child { text-align: left; }
tbody th { position: sticky; left: 0; background: #fff; }
small { display: block; font-size: .78rem; }
.mild { background: #fff7e6; } .strong { background: #fdecea; }
.better { color: #0a6b4b; } .worse { color: #b3261e; }
.pictures { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); }
figure { margin: .6rem 0; max-width: 36rem; }
figure img { width: 100%; height: auto; display: block; }
figcaption { font-size: .85rem; margin-top: .3rem; }
footer { margin-top: 2.5rem; padding-top: .8rem; border-top: 1px solid var(--line);
  font-size: .82rem; color: var(--quiet); overflow-wrap: anywhere; }
""".strip()


def document(title: str, body: Iterable[str]) -> str:
    """Return the whole page.

    Parameters
    ----------
    title : str
        Plain text.
    body : iterable of str
        HTML, one piece after the other.

    Returns
    -------
    str
    """
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>\n{STYLE}\n</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            *body,
            "</body></html>",
            "",
        ]
    )


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table that scrolls by itself where a screen is narrow.

    Parameters
    ----------
    caption, head : str
        Plain text.
    rows : iterable of sequence of str
        HTML; the first cell names the row.
    """
    cells = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    lines = "\n".join(_row(row) for row in rows)
    return (
        f'<div class="scroll"><table><caption>{escape(caption)}</caption>\n'
        f"<thead><tr>{cells}</tr></thead>\n<tbody>\n{lines}\n</tbody></table></div>"
    )


def _row(row: Sequence[str]) -> str:
    rest = "".join(one if one.startswith("<td") else f"<td>{one}</td>" for one in row[1:])
    return f'<tr><th scope="row">{row[0]}</th>{rest}</tr>'


def cell(metric: Metric | None, *, better: int = NEITHER, even: float = 0.0) -> str:
    """Return a figure with its 90 % interval below it.

    Parameters
    ----------
    metric : Metric or None
        What to show; nothing at all for None.
    better : int
        LOWER or HIGHER for a comparison: it says so where the interval is on one side of `even`.
    even : float
        What the comparison is when there is no difference.
    """
    if metric is None:
        return ""
    if metric.value is None:
        return UNKNOWN
    digits = (
        3 if max(abs(one or 0.0) for one in (metric.value, metric.low, metric.high)) < LARGE else 1
    )
    shown = f"{metric.value:,.{digits}f}"
    if metric.low is None or metric.high is None:
        return shown
    shown += f"<small>{metric.low:,.{digits}f} to {metric.high:,.{digits}f}</small>"
    if not better:
        return shown
    above, below = metric.low > even, metric.high < even
    if not above and not below:
        return f"{shown}<small>no clear difference</small>"
    word = "better" if (better == HIGHER) == above else "worse"
    return f'{shown}<small class="{word}">{word}</small>'


def picture(png: bytes, alt: str, caption: str) -> str:
    """Return a picture that the page itself holds, with what it shows in words."""
    data = b64encode(png).decode()
    return (
        f'<figure><img alt="{escape(alt)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def pictures(*figures: str) -> str:
    """Return pictures side by side where there is room."""
    return f'<div class="pictures">{"".join(figures)}</div>'


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph of plain text."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"
