"""One claim of the field, with where it comes from and what may be said of it."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["verified", "misquoted", "vendor claim", "survey", "contested", "assumption"]

STATUSES: dict[Status, str] = {
    "verified": "the source was found and says so; often only its abstract, or a report of it,"
    " could be read. It is not thereby true of your market",
    "misquoted": "the source was found and says something else",
    "vendor claim": "said by who sells the service, without data that could be checked",
    "survey": "what people said of themselves",
    "contested": "good sources disagree",
    "assumption": "ours: plausible, and no study that we know of measures it",
}

GUIDE = "Shopping Links, guide to micro-influencers"
SURVEY = "SocialPubli, survey of 1,000 micro-influencers (MarketingProfs, 2019)"


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said, by whom, and what to think of it.

    Parameters
    ----------
    id : str
        Lasting, such as "22-times".
    text : str
        The claim in our words.
    said_by : str
        Who says it.
    status : Status
        A key of STATUSES.
    really : str
        What the source, or the evidence beside it, says.
    world : str
        How the simulated world was built in this, and where it or the model differs on purpose.
    learned : tuple of str
        Keys of what was measured (`effects.EFFECTS`, `shown.FIGURES`).
    unmeasured : str
        Why nothing was, where nothing was.
    """

    id: str
    text: str
    said_by: str
    status: Status
    really: str
    world: str
    learned: tuple[str, ...] = ()
    unmeasured: str = ""
