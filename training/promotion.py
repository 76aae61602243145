"""Whether a version becomes champion: asks the gates, moves the alias, keeps the evidence."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np

from features.arrays import Flags, Floats, Times
from features.errors import InputError
from models import champions, registry, succession
from models.answers import Fitted
from models.bundle import to_model
from models.layout import MAX_BYTES, BundleError
from models.records import Version
from training import gates
from training.gates import Evidence, Finding, Outcome
from training.held_out import FILE, HeldOut


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the version is champion now, what each gate found, and all of it in words."""

    promoted: bool
    outcomes: list[Outcome]
    text: str


@dataclass(frozen=True, slots=True)
class Rival:
    """The standing champion, and which of some rows it cannot have been trained on."""

    version: int
    model: Fitted
    unseen: Flags


def rival(name: str, as_of: Times, group: Sequence[str], *, on_world: bool) -> Rival | None:
    """Return the standing champion, to score a challenger's held-out rows with.

    Parameters
    ----------
    name : str
        Registered name.
    as_of : Times, shape (n,)
        Of each held-out row.
    group : sequence of str, length n
        The source of each row, for accounts.
    on_world : bool
        Whether the rows are simulated ones.

    Returns
    -------
    Rival or None
        None where no champion stands. Unseen are the rows from the end of its data window on, for
        accounts those of other sources; all of them if it learned from the world and they are real.
    """
    pin = champions.pins().get(name)
    if pin is None:
        return None
    bundle = champions.bundle(name, pin.version)
    data = bundle.manifest.data
    unseen = np.zeros(len(as_of), dtype=np.bool_)
    if bundle.manifest.trained_on_world and not on_world:
        unseen[:] = True
    elif data.sources:
        unseen = ~np.isin(np.asarray(group), data.sources)
    elif data.end:
        unseen = as_of >= int(datetime.fromisoformat(data.end).timestamp() * 1e6)
    return Rival(pin.version, to_model(bundle, str(pin.version)), unseen)


def consider(name: str, number: int) -> Decision:
    """Promote a freshly trained version if its gates pass, or if no champion stands.

    Parameters
    ----------
    name : str
        Registered name.
    number : int
        The challenger.

    Returns
    -------
    Decision
    """
    version, standing = registry.version(name, number), registry.champion(name)
    outcomes = _judge(version, standing)
    if not _loadable(outcomes):
        return _refused(version, standing, outcomes)
    if standing is not None and not gates.passes(outcomes):
        return _refused(version, standing, outcomes)
    return _promoted(version, standing, outcomes)


def promote(
    name: str, version: str | int, *, force: bool = False, why: str | None = None
) -> Decision:
    """Make a version champion if its gates pass, or if forced for a reason that is kept.

    Parameters
    ----------
    name : str
        Registered name.
    version : str or int
        Its number, or "challenger".
    force : bool
        Overrule failed gates. A bundle that cannot be loaded stays refused.
    why : str, optional
        The reason, needed to force.

    Returns
    -------
    Decision

    Raises
    ------
    InputError
        If there is no such version, or no reason to force it.
    """
    if force and not why:
        raise InputError("a promotion is forced for a reason: say why the gates are overruled")
    chosen, standing = champions.find(name, version), registry.champion(name)
    if standing is not None and standing.number == chosen.number:
        return Decision(True, [], f"{name} {chosen.number}: is the champion already")
    outcomes = _judge(chosen, standing)
    if _loadable(outcomes) and (force or gates.passes(outcomes)):
        return _promoted(chosen, standing, outcomes, why if force else None)
    return _refused(chosen, standing, outcomes)


def rollback(name: str) -> int:
    """Give a model back the champion it had before.

    Parameters
    ----------
    name : str
        Registered name.

    Returns
    -------
    int
        The version that is champion again.
    """
    return succession.rollback(name)[1]


def _judge(version: Version, standing: Version | None) -> list[Outcome]:
    answers = _answers(version)
    held = _held_out(version)
    if held is None:
        missing = Finding(False, f"version {version.number} has no {FILE}: train anew")
        found = [(gate, missing) for gate in gates.GATES[:-1]]
        proven = Finding(answers is None, answers or "known answers are right")
        pairs = [*found, (gates.GATES[-1], proven)]
        return [Outcome(gate.code, gate.title, it.passed, it.text) for gate, it in pairs]
    return gates.run(
        Evidence(
            label=held.label,
            challenger=held.prediction,
            champion=None if standing is None else _by_champion(held, standing),
            group=np.asarray(held.group),
            X=held.X,
            names=held.names,
            answers=answers,
        )
    )


def _by_champion(held: HeldOut, standing: Version) -> Floats:
    """Return the champion's predictions of rows it never saw, NaN elsewhere.

    Its bundle's where training asked it; else those that its own training held the row out for.
    """
    asked = held.champion_version == standing.number
    known = held.champion.copy() if asked else np.full(len(held.label), np.nan)
    theirs = _held_out(standing)
    if theirs is None:
        return known
    keys = zip(theirs.row_id, theirs.as_of.tolist(), theirs.label.tolist(), strict=True)
    twin = dict(zip(keys, theirs.prediction.tolist(), strict=True))
    rows = zip(held.row_id, held.as_of.tolist(), held.label.tolist(), strict=True)
    shared = np.array([twin.get(row, np.nan) for row in rows], dtype=np.float64)
    return np.where(np.isfinite(known), known, shared)


def _held_out(version: Version) -> HeldOut | None:
    data = registry.artifact(version, FILE, MAX_BYTES)
    return None if data is None else HeldOut.from_parquet(data)


def _answers(version: Version) -> str | None:
    """Return what is wrong with a version's bundle, None if it loads and gives its answers."""
    try:
        to_model(champions.bundle(version.name, version.number))
    except BundleError as error:
        return str(error)
    return None


def _loadable(outcomes: list[Outcome]) -> bool:
    return all(outcome.passed for outcome in outcomes if outcome.code == "proven")


def _promoted(
    version: Version, standing: Version | None, outcomes: list[Outcome], why: str | None = None
) -> Decision:
    evidence = {"gates": [asdict(outcome) for outcome in outcomes], "forced": why}
    succession.promote(version, over=standing, evidence=evidence)
    over = "the first champion" if standing is None else f"champion instead of {standing.number}"
    reason = f", forced: {why}" if why else ""
    return Decision(True, outcomes, _words(version, f"{over}{reason}", outcomes))


def _refused(version: Version, standing: Version | None, outcomes: list[Outcome]) -> Decision:
    stays = "no champion" if standing is None else f"version {standing.number} stays champion"
    return Decision(False, outcomes, _words(version, f"not promoted, {stays}", outcomes))


def _words(version: Version, what: str, outcomes: list[Outcome]) -> str:
    marks = {True: "passed", False: "FAILED", None: "n/a   "}
    lines = [f"  {marks[it.passed]}  {it.title}: {it.text}" for it in outcomes]
    return "\n".join([f"{version.name} {version.number}: {what}", *lines])
