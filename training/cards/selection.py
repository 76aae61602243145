"""The section of a card that says whom the model may speak about."""

from collections.abc import Mapping, Sequence

from training.cards.tables import table
from training.selection.overlap import Overlap
from training.selection.report import KEY, Report, Trait
from training.selection.weighted import CLIP

TITLE = "Who this model may speak about"
MOST_TOLD = 6  # traits
LEAST_TOLD = 0.03  # difference of shares below which a trait tells nothing
STAGES = {
    "applying": "applied, out of the eligible",
    "chosen": "chosen, out of the applicants",
    "overall": "chosen, out of the eligible",
}


def section(settings: Mapping[str, str]) -> str:
    """Return the section of a training that looked at the choice behind its rows.

    Parameters
    ----------
    settings : mapping of str to str
        The run's parameters.

    Returns
    -------
    str
        Nothing where the training did not look, or could not.
    """
    if KEY not in settings:
        return ""
    return "\n\n".join(lines(Report.from_text(settings[KEY])))


def lines(report: Report) -> list[str]:
    """Return the paragraphs of the section.

    Parameters
    ----------
    report : Report
        The facts about the choice.

    Returns
    -------
    list of str
        Markdown.
    """
    return [
        "Outcomes exist only for creators whom brands chose. Of"
        f" {report.briefs:,} briefs the chosen were compared with who else could have been: those"
        " who applied, and a sample of creators inside the follower range who accept the pay.",
        _stages(report.stages),
        "*Below* is the share of all whose chance lies under that of all but 1 % or 5 % of the"
        " chosen. *Worth* is the effective sample size of the chosen, weighted by one over their"
        f" chance with weights of at most {CLIP:g} times their mean: for all eligible creators they"
        " say as much as so many drawn at random would. Chances are cross-fitted; what brands saw"
        " and no column shows they cannot correct.",
        f"**{report.outside:.1%} of the eligible are outside**: less like a chosen creator than"
        " 99 of 100 chosen ones, or beyond what any of them showed. The model has no right to speak"
        f" about them. The intervals of {report.widened:.1%} are wider for it: by"
        f" {report.rise:.2f} of variance of the log expected conversions per unit of log-odds below"
        " the edge (5 of 100 chosen lie beyond it), levelling off at 1.5.",
        *_told(report.traits),
    ]


def _stages(stages: Mapping[str, Overlap]) -> str:
    head = ("Choice", "taken", "not", "AUC", "slope", "below 1 %", "below 5 %", "worth")
    return table(
        head,
        [
            (
                STAGES[name],
                f"{one.taken:,}",
                f"{one.left:,}",
                f"{one.auc:.3f}",
                f"{one.slope:.2f}",
                f"{one.below_1:.1%}",
                f"{one.below_5:.1%}",
                f"{one.effective:,.0f} of {one.taken:,}",
            )
            for name, one in stages.items()
        ],
    )


def _told(traits: Sequence[Trait]) -> list[str]:
    """Say who they are that lie outside."""
    told = [one for one in traits if one.outside - one.inside >= LEAST_TOLD][:MOST_TOLD]
    if not told:
        return ["Nothing that a marketer would name tells those outside from those inside."]
    head = ("More common outside", "of those outside", "of those inside", "of these, outside")
    rows = [
        (one.name, f"{one.outside:.0%}", f"{one.inside:.0%}", f"{one.lost:.0%}") for one in told
    ]
    return [table(head, rows)]
