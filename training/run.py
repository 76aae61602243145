"""The shell of `credence train`: fit, seal, log, register, and let the gates decide."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from tqdm import tqdm

from features.arrays import Floats
from models import registry
from models.answers import Fitted, record
from models.bundle import Bundle, seal, to_model
from models.champions import MODELS, bundle
from models.layout import CARD, UPSTREAM
from models.manifest import Metric, describe
from models.records import Run
from training.cards.page import page
from training.cards.subject import IMPORTANCE, PLOT, of_training
from training.conversion import NoOutcomesError
from training.evaluate import HEADLINE, parts
from training.fitting import Source, fit_one, known, source
from training.held_out import FILE
from training.plots import calibration
from training.promotion import Decision, consider, rival
from training.trained import Trained

DONE, SKIPPED = 0, 3  # exit codes: everything done, and done with something set aside
ALL = "all"


@dataclass(frozen=True, slots=True)
class Result:
    """One registered training.

    Parameters
    ----------
    trained : Trained
        The model and its evidence.
    version : int
        Its number in the registry.
    decision : Decision
        What the gates found, and whether it is champion now.
    """

    trained: Trained
    version: int
    decision: Decision


@dataclass(slots=True)
class _Carried:
    """The models that later ones carry, those fitted in this run before the champions."""

    models: dict[str, Fitted] = field(default_factory=dict)
    bundles: dict[str, Bundle] = field(default_factory=dict)

    def need(self, name: str) -> None:
        """Hold the models that `name` scores with."""
        for one in UPSTREAM[name]:
            if one not in self.bundles:
                self.keep(bundle(one))

    def keep(self, sealed: Bundle) -> None:
        """Hold a model as it will be loaded, its known answers asked."""
        self.bundles[sealed.name] = sealed
        self.models[sealed.name] = to_model(sealed)


def train(
    model: str,
    *,
    tables: Path | None = None,
    accounts: Sequence[Path] = (),
    as_of: int | None = None,
    seed: int = 7,
) -> int:
    """Train one model or all of them, and say on stderr what came of it.

    Parameters
    ----------
    model : str
        "fake_accounts", "fake_followers", "conversion", or "all" in this order, each carrying the
        one just trained.
    tables : Path, optional
        Tables folder.
    accounts : sequence of Path
        Labelled files that replace the tables' accounts.
    as_of : int, optional
        Moment of training, microseconds; by default just after the latest observation.
    seed : int
        Of everything random.

    Returns
    -------
    int
        Exit code: 0, or 3 where rows were set aside or "all" found no mature outcome.

    Raises
    ------
    InputError
        If there is nothing to learn from, or a model to carry is missing.
    """
    if model != ALL:
        known(model)
    given = source(tables, accounts, as_of, seed)
    _say(f"seen as of {datetime.fromtimestamp(given.as_of / 1e6, UTC).isoformat()}")
    code, carried = DONE, _Carried()
    names = MODELS if model == ALL else (model,)
    with tqdm(names, unit="model", delay=2, file=sys.stderr, leave=False, disable=None) as progress:
        for name in progress:
            progress.set_postfix_str(name)
            try:
                carried.need(name)
                result, sealed = train_one(name, given, carried.models, carried.bundles, tables)
            except NoOutcomesError as error:
                if model != ALL:
                    raise
                code = SKIPPED
                progress.write(f"conversion is skipped: {error}", file=sys.stderr)
                continue
            carried.keep(sealed)
            progress.write(summary(result), file=sys.stderr)
    return SKIPPED if _set_aside(given) else code


def train_one(
    name: str,
    given: Source,
    models: Mapping[str, Fitted],
    bundles: Mapping[str, Bundle],
    tables: Path | None,
) -> tuple[Result, Bundle]:
    """Fit, log, register and consider one model."""
    trained = _against_champion(fit_one(name, given, models))
    params = _params(trained, given, tables)
    card = page(of_training(trained, params)).encode()
    sealed = _sealed(trained, card, bundles, given.seed)
    number = registry.register(
        Run(
            bundle=sealed,
            params=params,
            metrics=trained.metrics,
            files={**_files(trained), CARD: card},
        )
    )
    return Result(trained, number, consider(name, number)), sealed


def summary(result: Result) -> str:
    """Return what a training came to, in a few lines."""
    trained = result.trained
    learned = "the built-in world" if trained.trained_on_world else "given rows"
    lines = [
        f"{trained.name} version {result.version}: {trained.settings['form']} on {learned}",
        *(
            f"  {label:<20} " + ", ".join(_figures(trained.metrics, prefix))
            for prefix, label in parts(trained.name).items()
        ),
    ]
    return "\n".join([*lines, result.decision.text])


def _figures(metrics: Mapping[str, Metric], prefix: str) -> list[str]:
    found = {name: metrics.get(f"{prefix}{name}") for name in HEADLINE}
    rows = max((metric.n for metric in found.values() if metric is not None), default=0)
    told = [
        f"{name} {metric.value:.3f} [{metric.low:.3f}, {metric.high:.3f}]"
        for name, metric in found.items()
        if metric is not None and None not in (metric.value, metric.low, metric.high)
    ]
    return [f"{rows} rows", *told]


def _against_champion(trained: Trained) -> Trained:
    """Let the standing champion answer the held-out rows that it cannot have seen."""
    held = trained.held_out
    found = rival(
        trained.name,
        held.as_of,
        trained.origin or held.group,
        on_world=trained.trained_on_world,
    )
    if found is None or not found.unseen.any():
        return trained
    answers: Floats = np.where(found.unseen, trained.answer(found.model), np.nan)
    asked = replace(held, champion=answers, champion_version=found.version)
    return replace(trained, held_out=asked)


def _sealed(trained: Trained, card: bytes, bundles: Mapping[str, Bundle], seed: int) -> Bundle:
    manifest = describe(
        trained.name,
        columns=trained.columns,
        data=trained.data,
        seed=seed,
        metrics=trained.metrics,
        trained_on_world=trained.trained_on_world,
    )
    return seal(
        manifest=manifest,
        parts={**trained.model.parts(), CARD: card},
        answers=record(trained.model),
        upstream={name: bundles[name] for name in UPSTREAM[trained.name]},
    )


def _params(trained: Trained, given: Source, tables: Path | None) -> dict[str, str]:
    folder = None if trained.trained_on_world else tables
    return {
        "tables": "" if folder is None else str(folder.resolve()),
        "as_of": datetime.fromtimestamp(given.as_of / 1e6, UTC).isoformat(),
        "seed": str(given.seed),
        **trained.settings,
    }


def _files(trained: Trained) -> dict[str, bytes]:
    held = trained.held_out
    return {
        FILE: held.to_parquet(),
        PLOT: calibration(held, f"{trained.name}: held-out rows"),
        IMPORTANCE: json.dumps(dict(trained.importance), indent=1).encode(),
    }


def _set_aside(given: Source) -> int:
    """Return how many rows were bad, saying it."""
    count = 0 if given.tables is None else len(given.tables.set_aside)
    if count:
        _say(f"{count} rows of the tables were set aside")
    if bad := given.set_aside:
        rows = f"{len(bad)} row{'s' * (len(bad) > 1)}"
        first = f"first {bad[0].key}: {bad[0].reason}"
        _say(f"{rows} of the labelled files set aside, {first}")
    return count + len(bad)


def _say(text: str) -> None:
    print(text, file=sys.stderr)
