"""The card as one page of Markdown, equal for equal trainings."""

from collections.abc import Sequence

from features.arrays import PLATFORMS
from models.manifest import Metric
from training.cards.selection import TITLE, section
from training.cards.slices import headline
from training.cards.subject import PLOT, Subject
from training.cards.tables import calibration, figure, figures, slices
from training.cards.words import NEVER, WORDS
from training.metrics import REPLICATES

SECTIONS = (
    "What it says, and for whom",
    "Data",
    "How it was judged",
    "Figures",
    "Calibration",
    "Slices",
    "What it must not be used for",
    "Known limits",
    "How to reproduce it",
)
WORTH = "worth_"  # before the name of a source, in the settings
MOST_SHOWN = 8  # columns by what they bring


def page(subject: Subject, *, picture: str = PLOT, truth: str = "") -> str:
    """Return the card of a training.

    Parameters
    ----------
    subject : Subject
        Its facts.
    picture : str
        Where the calibration plot stands, seen from the page.
    truth : str
        What a simulated world's truth says of the figures; nothing where it is not looked at.

    Returns
    -------
    str
        Free of paths, times of the run and names of machines.
    """
    words = WORDS[subject.name]
    texts = (
        f"{words.purpose}\n\nFor: {words.readers}",
        _data(subject),
        _protocol(subject),
        "\n\n".join(filter(None, (_lead(subject), figures(subject), truth))),
        _calibration(subject, picture),
        f"Of {_about(subject)}. *Predicted* is the mean probability, to be held against hits / n."
        f"\n\n{slices(subject)}",
        _list([*NEVER, *words.uses, *_absent(subject)]),
        _list(words.limits),
        _reproduce(subject),
    )
    titled = list(zip(SECTIONS, texts, strict=True))
    if whom := section(subject.settings):
        titled.insert(SECTIONS.index("Slices") + 1, (TITLE, whom))
    parts = [f"## {title}\n\n{text}" for title, text in titled]
    return "\n\n".join([f"# Model card: `{subject.name}`", *parts]) + "\n"


def _data(subject: Subject) -> str:
    data, settings = subject.data, subject.settings
    rows, hits = int(settings["rows"]), int(settings["positives"])
    facts = [
        f"{rows:,} {WORDS[subject.name].row}, {hits:,} of them ({hits / rows:.1%}) hits: "
        f"{WORDS[subject.name].hit}.",
        _origin(subject.simulated),
    ]
    if data.sources:
        facts.append(f"Sources: {', '.join(f'`{name}`' for name in data.sources)}.")
    if data.start or data.end:
        facts.append(f"Window: {data.start or 'unknown'} to {data.end or 'unknown'}.")
    return _list([*facts, f"SHA-256 of the input: `{data.hash or 'unknown'}`."])


def _origin(simulated: bool | None) -> str:
    if simulated is None:
        return (
            "Given tables or files. If `credence world` wrote them, they are simulated, and so is"
            " every figure below."
        )
    if simulated:
        return "**Simulated**: rows of the built-in world. No figure below is of real creators."
    return "Real rows, as the sources give them."


def _protocol(subject: Subject) -> str:
    words, settings = WORDS[subject.name], subject.settings
    rivals = ", ".join(
        f"{form} {settings[key]}"
        for form in ("constant", "linear", "trees")
        if (key := f"log_loss_{form}") in settings
    )
    brings = ", ".join(
        f"`{name}` {share:.0%}" for name, share in list(subject.importance.items())[:MOST_SHOWN]
    )
    return "\n\n".join(
        [
            words.protocol,
            _list(
                [
                    f"*Unseen*: {words.unseen}. *Known*: {words.known}.",
                    f"An interval is the middle 90 % of {REPLICATES} bootstrap draws of whole"
                    " groups: accounts with equal values, a creator's audits, a brief's"
                    " collaborations.",
                    f"The form that ships is `{settings['form']}`, for its log-loss on"
                    f" {settings['judged_on']}: {rivals}.",
                    f"It reads {len(subject.columns)} columns; those that bring most:"
                    f" {brings or 'none'}.",
                    *_worth(subject),
                ]
            ),
        ]
    )


def _worth(subject: Subject) -> list[str]:
    """Return what each source counted, where training weighed them."""
    worth = {
        key.removeprefix(WORTH): value
        for key, value in subject.settings.items()
        if key.startswith(WORTH)
    }
    told = ", ".join(f"`{name}` {value}" for name, value in worth.items())
    return [f"How much each source counted in training: {told}."] if worth else []


def _lead(subject: Subject) -> str:
    """Return the headline in a sentence."""
    prefix = "unseen_" if "source" in subject.held_out.slices else ""
    auc, loss, own = (
        subject.metrics.get(f"{prefix}{name}", Metric(None, None, None, 0))
        for name in ("auc", "log_loss", "log_loss_constant")
    )
    if auc.value is None or loss.value is None or own.value is None:
        return (
            "The headline cannot be measured: leaving one source out takes two or more sources"
            " with both labels."
            if prefix
            else "The headline cannot be measured: too few later rows."
        )
    return (
        f"**Headline**, {_about(subject)}, n = {auc.n:,}: AUC {figure(auc)}, log-loss"
        f" {figure(loss)}; the rows' own rate would have {own.value:.3f}."
    )


def _about(subject: Subject) -> str:
    """Return which rows headline, calibration and slices are about."""
    held = subject.held_out
    if "source" not in held.slices:
        return "all held-out rows"
    whole = bool((headline(held) == ~held.known).all())
    return "accounts of sources left out" if whole else "accounts held out within sources"


def _calibration(subject: Subject, picture: str) -> str:
    return (
        f"Bins of equal mass, of {_about(subject)}; the plot shows known and unseen rows apart.\n\n"
        f"![Calibration of {subject.name}]({picture})\n\n{calibration(subject)}"
    )


def _absent(subject: Subject) -> list[str]:
    """Return a line about the platforms that judged rows do not hold."""
    there = {*subject.held_out.slices.get("platform", ())}
    missing = [name for name in PLATFORMS if name not in there]
    if not there or not missing:
        return []
    return [f"{', '.join(missing)}: no held-out row is of {_them(missing)}."]


def _them(names: Sequence[str]) -> str:
    return "this platform" if len(names) == 1 else "these platforms"


def _reproduce(subject: Subject) -> str:
    command = f"credence train {subject.name.replace('_', '-')}"
    given = "" if subject.on_world else " --tables DIR"
    dated = subject.data.end and not subject.on_world
    at = f" --as-of {subject.settings['as_of']}" if dated else ""
    return (
        f"```\n{command}{given}{at} --seed {subject.seed}\n```\n\n"
        "on an input of the hash above. The bundle's manifest names commit, library versions and"
        " processor; where they are equal, so is every byte of the model and of this card."
    )


def _list(items: Sequence[str]) -> str:
    return "\n".join(f"- {item}" for item in items)
