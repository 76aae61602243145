"""Model cards: what a run logs, in words, tables and a plot."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models import champions, registry
from models.champions import MODELS
from models.layout import CARD, MAX_BYTES
from tests.training.rows import N, held_out
from training.cards.__main__ import write
from training.cards.page import SECTIONS, page
from training.cards.selection import TITLE
from training.cards.slices import FEWEST, headline, sliced
from training.cards.subject import of_version
from training.cards.tables import figure
from training.cards.words import MEASURES, PREFIXES, WORDS
from training.evaluate import WITHOUT, parts
from training.held_out import HeldOut

pytestmark = pytest.mark.xdist_group("training")

PAGES = Path(__file__).parent.parent.parent / "docs" / "cards"
EACH = pytest.mark.parametrize("name", MODELS)


def logged_card(name: str) -> str:
    """Return the card that the champion's run logged."""
    version = registry.champion(name)
    assert version is not None
    return (registry.artifact(version, CARD, MAX_BYTES) or b"").decode()


def sections(name: str) -> list[str]:
    """Return the titles that a model's page has."""
    found = list(SECTIONS)
    if name == "conversion":  # only its rows were chosen by somebody
        found.insert(found.index("Slices") + 1, TITLE)
    return found


def headings(text: str) -> list[str]:
    """Return the titles of a page's sections."""
    return re.findall(r"^## (.*)$", text, flags=re.MULTILINE)


def table_of(text: str, first: str) -> list[list[str]]:
    """Return the cells of the table whose head begins with `first`, the head included."""
    lines = text.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(f"| {first} |"))
    table = [line for line in lines[start:] if line.startswith("|") or not line]
    stop = table.index("") if "" in table else len(table)
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for place, line in enumerate(table[:stop])
        if place != 1
    ]


@EACH
@pytest.mark.usefixtures("at_home")
def test_run_logs_a_card_with_every_section(name: str) -> None:
    """A training logs a card of all sections in order, and the bundle carries the same bytes."""
    card = logged_card(name)

    assert headings(card) == sections(name)
    assert champions.bundle(name).parts[CARD].decode() == card


@EACH
@pytest.mark.usefixtures("at_home")
def test_card_is_the_same_from_what_the_run_keeps(name: str) -> None:
    """Made from the registered version, the card is byte for byte the one that training made."""
    assert page(of_version(name, "champion")) == logged_card(name)


@EACH
@pytest.mark.usefixtures("at_home")
def test_figures_are_those_of_the_run(name: str) -> None:
    """Every metric that the run logged stands in the card, with its interval and its n."""
    version = registry.champion(name)
    assert version is not None
    logged = registry.logged(version)
    (_, *heads), *rows = table_of(logged_card(name), "Figure")
    told = {
        (row[0], head.rpartition(", n = ")[0]): (cell, head.rpartition(", n = ")[2])
        for row in rows
        for head, cell in zip(heads, row[1:], strict=True)
    }

    counts = (one for one in logged.metrics if one.endswith("_n") and not one.startswith(WITHOUT))
    names = [one.removesuffix("_n") for one in counts]
    for metric_name in names:
        metric = logged.metric(metric_name)
        if metric is None:
            continue
        prefix = next(one for one in PREFIXES if metric_name.startswith(one))
        short = metric_name.removeprefix(prefix)
        called = parts(name).get(prefix, PREFIXES[prefix]) if prefix else PREFIXES[""]
        cell, n = told[MEASURES.get(short, f"`{short}`"), called]
        assert cell in {figure(metric), f"{figure(metric)} (n = {metric.n:,})"}
        assert n == f"{metric.n:,}" or f"(n = {metric.n:,})" in cell
    assert len(names) > 10


@pytest.mark.usefixtures("at_home")
def test_slices_by_source_are_the_figures_of_leaving_it_out() -> None:
    """What the run logs of each source left out is what the card tells of that slice."""
    subject = of_version("fake_accounts", "champion")

    for one in sliced(subject.held_out, subject.seed)["source"]:
        assert one.figures is not None
        for name in ("auc", "log_loss", "average_precision"):
            assert one.figures[name] == subject.metrics[f"{WITHOUT}{one.name}_{name}"]


@EACH
@pytest.mark.usefixtures("at_home")
def test_slices_hold_every_row_of_the_headline(name: str) -> None:
    """By platform, tier, sample size or source: the slices' rows add up to those judged."""
    held = of_version(name, "champion").held_out

    found = sliced(held, seed=7)

    expected = {"source", "platform"} if name == "fake_accounts" else {"platform", "tier"}
    assert expected <= set(found)
    assert {sum(one.n for one in every) for every in found.values()} == {headline(held).sum()}


def test_slice_of_few_rows_gives_no_figure() -> None:
    """Below fifty rows, or ten of a label, a slice says its n and nothing else."""
    names = ["rare"] * (FEWEST - 1) + ["often"] * (N - FEWEST + 1)
    one_sided = ["all misses" if label == 0.0 else "mixed" for label in held_out().label.tolist()]
    held = replace(held_out(), slices={"kind": names, "side": one_sided})

    found = {one.name: one for every in sliced(held, seed=7).values() for one in every}

    assert found["rare"].figures is None
    assert found["all misses"].figures is None
    assert found["rare"].n == FEWEST - 1
    figures = found["often"].figures
    assert figures is not None
    assert figures["auc"].n == N - FEWEST + 1


def test_slices_survive_being_logged() -> None:
    """Held-out rows come back from Parquet with their slices, which are no columns of X."""
    held = replace(held_out(), slices={"tier": ["nano", ""] * (N // 2)})

    back = HeldOut.from_parquet(held.to_parquet())

    assert back.slices == held.slices
    assert list(back.names) == list(held.names)
    assert np.array_equal(back.X, held.X)


@pytest.mark.usefixtures("at_home")
def test_headline_without_a_second_source_says_so() -> None:
    """With one source there is no leaving one out, and the card does not pretend."""
    subject = of_version("fake_accounts", "champion")
    alone = {key: one for key, one in subject.metrics.items() if not key.startswith("unseen_")}

    card = page(replace(subject, metrics=alone))

    assert "The headline cannot be measured: leaving one source out takes two" in card


@EACH
def test_words_judge_audiences(name: str) -> None:
    """The lasting words name no fraud and no influencer, and bound the use."""
    words = WORDS[name]
    text = " ".join([words.purpose, words.protocol, *words.uses, *words.limits]).lower()

    assert "fraud" not in text
    assert "influencer" not in text
    assert len(words.uses) >= 2


@pytest.mark.usefixtures("at_home")
def test_pages_of_a_world_say_that_it_is_simulated(world: Path, tmp_path: Path) -> None:
    """Written for a simulated world, pages say so, and hold conversions against its truth."""
    write(world, tmp_path)

    for name in MODELS:
        text = (tmp_path / f"{name}.md").read_text(encoding="utf-8")
        assert "**Simulated**" in text
        assert f"]({name}.png)" in text
        assert (tmp_path / f"{name}.png").stat().st_size < 60_000
        assert str(tmp_path) not in text
        assert ("### Against the truth" in text) == (name != "fake_accounts")


@EACH
def test_committed_page_is_of_this_template(name: str) -> None:
    """docs/cards holds a page a model with the present sections, and its plot: `make cards`."""
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")

    assert headings(text) == sections(name)
    assert WORDS[name].purpose in text
    assert all(line in text for line in WORDS[name].uses)
    assert (PAGES / f"{name}.png").stat().st_size < 60_000


@pytest.mark.usefixtures("at_home")
def test_metrics_without_words_are_told_by_name() -> None:
    """A figure that a model adds appears in its card before anybody has worded it."""
    subject = of_version("fake_followers", "champion")
    more = {**subject.metrics, "new_figure": subject.metrics["auc"]}

    assert "| `new_figure` |" in page(replace(subject, metrics=more))
