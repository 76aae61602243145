"""The ledger as one page of Markdown."""

from collections.abc import Mapping, Sequence

from models.manifest import Metric
from training.claims.claim import STATUSES, Claim
from training.claims.effects import PARTS
from training.claims.ledger import CLAIMS, TOPICS
from training.claims.moved import EFFECTS, RISKS
from training.claims.shown import FIGURES

Measured = Mapping[str, Sequence[Metric]]

INTRODUCTION = """# Claims ledger

What is said of influencer marketing, what its sources say, and beside it what the conversion model
learned from the simulated world.

**The third is no evidence for the first.** The world was built from figures such as these
(`training/world/figures.py`), so where the model agrees with a claim it has found again what was
put in. What a figure here does say: that the model can find such an effect in histories as noisy
and as incomplete as these, how large it believes it to be, and how sure it is. Whether a claim
holds in your market only your own outcomes tell: train on them and run `make claims` anew.
"""

HOW = """## How the figures were made

A model was trained on what was known before {cut} and asked about {rows:,} collaborations agreed
from then on, of {briefs:,} briefs. One thing is moved and everything else stays as it is; the
figure is the ratio of expected conversions, averaged in the log over these collaborations
(average partial dependence). Values that describe one thing are moved together, taken from another
collaboration that has them. A 90 % interval of a ratio holds what varies over the briefs that were
asked about (bootstrap) and over those learned from ({parts} trainings without a part of the briefs
each, jackknife); other intervals are bootstraps alone, and none knows of other worlds. *Sign given*
means that the model may learn only this direction. Of things that go together, such as followers
and impressions, each figure is about the one at equal other; where that hides the larger part, the
text says so. Where the world has no effect and a figure is not 1, the model took for an effect what
goes along with one, or chance.
"""

STATUS_WORDS = "\n".join(f"- *{name}*: {words}." for name, words in STATUSES.items())


def page(measured: Measured, *, cut: str, rows: int, briefs: int, picture: str) -> str:
    """Return the ledger.

    Parameters
    ----------
    measured : mapping of str to sequence of Metric
        By the keys that claims name.
    cut : str
        The moment before which the model learned.
    rows, briefs : int
        What it was asked about.
    picture : str
        Where the plot stands, seen from the page.

    Returns
    -------
    str
        Equal for equal figures.
    """
    head = ("| Claim | Status | Learned in the simulated world |", "| --- | --- | --- |")
    lines = [
        f"| [{claim.text}](#{claim.id}) | {claim.status} | {overviewed(claim, measured)} |"
        for claim in CLAIMS
    ]
    overview = "\n".join([*head, *lines])
    parts = [
        INTRODUCTION,
        f"A claim's status:\n\n{STATUS_WORDS}\n",
        HOW.format(cut=cut, rows=rows, briefs=briefs, parts=PARTS),
        f"![Effects on expected conversions]({picture})\n",
        f"## All claims\n\n{overview}\n",
    ]
    for topic, claims in TOPICS.items():
        parts += [f"## {topic}\n", *(block(claim, measured) for claim in claims)]
    return "\n".join(parts)


def overviewed(claim: Claim, measured: Measured) -> str:
    """Return the first figure of a claim, or that there is none."""
    return told(claim.learned[0], measured) if claim.learned else "not measured"


def block(claim: Claim, measured: Measured) -> str:
    """Return what there is to say of a claim."""
    learned = [f"  - {titled(key)}: {told(key, measured)}" for key in claim.learned]
    found = "\n" + "\n".join(learned) if learned else f" {claim.unmeasured}"
    return "\n".join(
        [
            f'<a id="{claim.id}"></a>\n',
            f"### {claim.text}\n",
            f"*{claim.status}*, said by: {claim.said_by}\n",
            f"- **What the source says:** {claim.really}",
            f"- **What the model learned:**{found}",
            f"- **How the world was built:** {claim.world}\n",
        ]
    )


def titled(key: str) -> str:
    """Return what a figure is of, with what is held still."""
    if key in FIGURES:
        return FIGURES[key].title
    effect = (EFFECTS | RISKS)[key]
    return f"{effect.title}; {effect.note}" if effect.note else effect.title


def told(key: str, measured: Measured) -> str:
    """Return a figure in words, with its interval and n."""
    metrics = measured[key]
    values = "; ".join(_value(one, signed=key in RISKS) for one in metrics)
    n = f"n = {metrics[0].n:,}"
    if key in FIGURES:
        return f"{values} {FIGURES[key].unit} ({n})"
    if key in RISKS:
        return f"risk {values} ({n})"
    return f"conversions × {values} ({n}{', sign given' if EFFECTS[key].signed else ''})"


def _value(metric: Metric, *, signed: bool) -> str:
    if metric.value is None:
        return "unknown"
    shape = "+.2f" if signed else ".2f"
    if metric.low is None or metric.high is None:
        return format(metric.value, shape)
    low, high = format(metric.low, shape), format(metric.high, shape)
    return f"{format(metric.value, shape)} [{low}, {high}]"
