"""The sections of the report, each a protocol with its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.arrays import UNKNOWN_TIME, Floats
from features.errors import InputError
from features.tables import Accounts
from models.fake_accounts import FakeAccounts
from models.manifest import Metric
from training import fit
from training.held_out import HeldOut
from training.metrics import mean
from training.plots import calibration
from training.real import sets
from training.real.judging import Judged, copies, judge, judge_plain, judged
from training.real.plain import plain
from training.real.printing import Targets, figure, heading, line, refused, say, spread
from training.real.sets import Labelled
from training.trained import Trained

TARGETS: dict[tuple[str, str], Targets] = {
    ("Kaggle", "InstaFake"): {"auc": 0.98, "own": 0.13},
    ("InstaFake", "Kaggle"): {"own": 0.45},
}
CLUSTERS = 0.35  # between the two clusters of the published shares


@dataclass(frozen=True, slots=True)
class Report:
    """What every section needs.

    Parameters
    ----------
    files : dict of str to Labelled
        The Instagram files by name.
    x_sources : list of Labelled
        The sources of the X file; empty where it is absent.
    scratch : Path
        For parts of files.
    plots : Path or None
        Gets a calibration plot for each transfer.
    seed : int
        Of everything random.
    """

    files: dict[str, Labelled]
    x_sources: list[Labelled]
    scratch: Path
    plots: Path | None
    seed: int

    def trained(self, *given: Labelled) -> Trained:
        """Train the account model as `credence train` does; without files, on the world."""
        paths = [one.path for one in given]
        return fit("fake_accounts", accounts=paths or None, seed=self.seed)

    def model(self, *given: Labelled) -> FakeAccounts:
        """Return the model of a training."""
        model = self.trained(*given).model
        assert isinstance(model, FakeAccounts)
        return model

    def transfer(
        self, name: str, model: FakeAccounts, to: Labelled, targets: Targets | None = None
    ) -> None:
        """Judge a model on a set it never saw, print it, and plot its calibration."""
        found = judge(model, to.accounts, self.seed)
        line(f"{name} -> {to.name}", found, targets)
        if self.plots is not None:
            self.plots.mkdir(parents=True, exist_ok=True)
            path = self.plots / f"{name}-to-{to.name}.png".replace(" ", "_").replace("+", "and")
            title = f"{name} -> {to.name}, at the audience's own share"
            path.write_bytes(calibration(_rows(to.accounts, found), title))


def _rows(accounts: Accounts, found: Judged) -> HeldOut:
    """Return judged accounts as held-out rows of an unseen source."""
    n = found.n
    return HeldOut(
        row_id=[""] * n,
        group=[str(row) for row in range(n)],
        creator_id=[""] * n,
        as_of=np.full(n, UNKNOWN_TIME),
        known=np.zeros(n, np.bool_),
        label=accounts.is_fake,
        prediction=found.probability,
        X=np.empty((n, 0)),
        names=(),
        champion=np.full(n, np.nan),
    )


def one_out(report: Report) -> None:
    """Train on one Instagram file, ask the other; the same models asked about X."""
    heading(
        "Leave one source out",
        "credence train fake-accounts --accounts SOURCE; the other file whole, as one"
        " audience whose labels nobody knows.\nRaw: at the share of the training. Own share:"
        " `FakeAccounts.audience(...)`, for plain LightGBM EM.",
    )
    for of, source in report.files.items():
        model = report.model(source)
        for to, target in report.files.items():
            if of != to:
                report.transfer(of, model, target, TARGETS.get((of, to)))
                line("  plain LightGBM", judge_plain(source.accounts, target.accounts, report.seed))
        for target in report.x_sources:
            report.transfer(of, model, target)


def with_x(report: Report) -> None:
    """Add the X sources to the training: the Instagram targets say whether it helps."""
    heading(
        "Leave one source out, X sources added (no target)",
        "credence train fake-accounts --accounts SOURCE X ..., the X sources that training accepts"
        " by themselves.",
    )
    accepted = [source for source in report.x_sources if _accepted(report, source)]
    if not accepted:
        say("none is left")
        return
    for of, source in report.files.items():
        for to, target in report.files.items():
            if of != to:
                _try(report, f"{of} + X", [source, *accepted], target)
    for left in accepted if len(accepted) > 1 else ():
        others = [source for source in accepted if source is not left]
        _try(report, "Instagram + other X", [*report.files.values(), *others], left)


def _accepted(report: Report, source: Labelled) -> bool:
    try:
        report.model(source)
    except InputError as error:
        refused(source.name, error)
        return False
    return True


def _try(report: Report, name: str, given: Sequence[Labelled], target: Labelled) -> None:
    try:
        report.transfer(name, report.model(*given), target)
    except InputError as error:
        refused(f"{name} -> {target.name}", error)


def within(report: Report, count: int = 5) -> None:
    """Judge within each file, in so many folds."""
    heading(
        f"Within a source, {count} folds (flatters: a set's own marks help)",
        "credence train fake-accounts --accounts ALL_BUT_ONE_FOLD; each fold as one audience.",
    )
    for name, whole in report.files.items():
        folds = [
            _fold(report, kept, aside)
            for kept, aside in sets.in_folds(whole, report.scratch, count, report.seed)
        ]
        for text, place in (("", 0), ("  plain LightGBM", 2)):
            raw, own = (np.concatenate([fold[place + k] for fold in folds]) for k in (0, 1))
            accounts = _joined([aside for *_, aside in folds])
            share = mean(own, copies(accounts), report.seed)
            line(text or name, judged(accounts, raw, own, share, report.seed))


def _fold(
    report: Report, kept: Path, aside: Accounts
) -> tuple[Floats, Floats, Floats, Floats, Accounts]:
    source = sets.labelled("", kept)
    model = report.model(source)
    raw = plain(source.accounts, aside)
    return model.scores(aside.values), model.audience(aside.values).probabilities, raw, raw, aside


def _joined(parts: Sequence[Accounts]) -> Accounts:
    """Return accounts one after the other; they are of one source."""
    return Accounts(
        parts[0].sources,
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("source", "platform", "values", "is_fake")
        ),
    )


def together(report: Report) -> FakeAccounts:
    """Train on both Instagram files, print what the run logs, and return the model."""
    heading(
        "Both Instagram files together",
        "credence train fake-accounts --accounts KAGGLE INSTAFAKE; asked about X (no target).",
    )
    trained = report.trained(*report.files.values())
    assert isinstance(trained.model, FakeAccounts)
    for target in report.x_sources:
        report.transfer("Kaggle + InstaFake", trained.model, target)
    for kind in ("unseen", "known"):
        found = {name: trained.metrics.get(f"{kind}_{name}") for name in ("auc", "log_loss")}
        told = ", ".join(f"{name} {figure(one)}" for name, one in found.items() if one is not None)
        n = max((one.n for one in found.values() if one is not None), default=0)
        say(f"  the run logs, {kind} sources, n = {n:,}: {told}")
    return trained.model


def default(report: Report) -> FakeAccounts:
    """Ask the model that saw no real label, and return it."""
    heading(
        "The default, trained on the world alone",
        "credence train fake-accounts; each file whole, as one audience.",
    )
    model = report.model()
    for target in [*report.files.values(), *report.x_sources]:
        report.transfer("default", model, target)
    return model


def creators(models: Mapping[str, FakeAccounts], folder: Path, seed: int) -> None:
    """Audit the unlabelled followers of creators, who are no truth but the mixture to expect."""
    say("\nRandom followers of 115 Swiss creators, no label, as one audience")
    values = sets.followers(folder / sets.UNLABELLED)
    for name, model in models.items():
        found = model.audience(values)
        share = Metric(found.share, found.share_low, found.share_high, found.n)
        say(f"  {name} model: share {figure(share)}, n = {found.n:,}")
        say(f"    followers by probability: {spread(found.probabilities)}")
    _published(folder / sets.PUBLISHED, seed)


def _published(path: Path, seed: int) -> None:
    shares = sets.published(path)
    parts = {
        "mean": shares,
        f"cluster below {CLUSTERS}": shares[shares < CLUSTERS],
        f"cluster above {CLUSTERS}": shares[shares >= CLUSTERS],
    }
    told = ", ".join(
        f"{name} {figure(mean(of, np.arange(len(of)), seed))}, n = {len(of)}"
        for name, of in parts.items()
    )
    say(f"  the published study's shares of its creators (its own model's, not truth): {told}")
