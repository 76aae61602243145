"""What a leakage audit finds, and the error that ends the run."""

from collections.abc import Sequence
from dataclasses import dataclass

SHOWN = 4  # findings that a message tells


@dataclass(frozen=True, slots=True)
class Finding:
    """One leak: a stable code of the check, and what, where, what was expected and the remedy."""

    check: str
    text: str


class LeakageError(RuntimeError):
    """A model would learn from what nobody can know when it is asked.

    No InputError, so the command exits 1: rows that leak passed every rule of the tables, and what
    is wrong is either our own code or data whose times are not true. No other argument would help.

    Parameters
    ----------
    model : str
        What was to be trained.
    findings : sequence of Finding
        At least one.
    """

    def __init__(self, model: str, findings: Sequence[Finding]) -> None:
        more = len(findings) - SHOWN
        told = " ".join(finding.text for finding in findings[:SHOWN])
        rest = f" {more} more like these." if more > 0 else ""
        super().__init__(f"{model}: the leakage audit failed, nothing was trained. {told}{rest}")
        self.findings = tuple(findings)


def refuse(model: str, findings: Sequence[Finding]) -> None:
    """End the run if anything was found.

    Raises
    ------
    LeakageError
        With every finding; its message tells the first few.
    """
    if findings:
        raise LeakageError(model, findings)
