"""From tables and labelled accounts to fitted models, each with the ones it carries."""

import hashlib
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from features.arrays import UNKNOWN_TIME, Floats
from features.errors import InputError, UnknownColumnWarning
from features.reader import read, read_accounts
from features.tables import Accounts, SetAside, Tables
from models.answers import Fitted
from models.bundle import to_model
from models.champions import MODELS, bundle
from models.fake_accounts import FakeAccounts
from models.fake_followers import FakeFollowers
from models.layout import UPSTREAM
from models.levels import LIMIT
from models.manifest import Data
from training import conversion, dataset, fake_accounts, fake_followers
from training.labelled import Rows, prepare
from training.leakage.rows import audit_audits, audit_collaborations
from training.refusals import Labelled, refuse
from training.selection.report import selection
from training.trained import Trained
from training.world import build

WORLD_CREATORS = 600  # whose audits stand in where there are none: half a minute would be too long
WORLD_ACCOUNTS = 20  # creators of the world that labelled accounts are drawn beside
# Added to the seed of the world beside labelled accounts: where these are of a world themselves,
# the same rows would be learned from and judged.
BESIDE = 1_000_003


@dataclass(frozen=True, slots=True)
class Source:
    """What a training may learn from.

    Parameters
    ----------
    tables : Tables or None
        Raw tables; None for the built-in world alone.
    accounts : Accounts
        Labelled accounts; none for those of the built-in world.
    accounts_hash : str
        SHA-256 of what they were read from.
    as_of : int
        Moment of training, microseconds.
    seed : int
        Of everything random.
    labelled : tuple of Labelled
        The accounts by file, or as a table, to be refused where nothing true is in them.
    set_aside : sequence of SetAside
        Bad rows of labelled files; those of tables are with the tables.
    """

    tables: Tables | None
    accounts: Accounts
    accounts_hash: str
    as_of: int
    seed: int
    labelled: tuple[Labelled, ...] = ()
    set_aside: Sequence[SetAside] = ()


def source(
    tables: Tables | Path | str | None,
    accounts: Sequence[Path | str] | None,
    as_of: int | None,
    seed: int,
) -> Source:
    """Read what a training learns from.

    Parameters
    ----------
    tables : Tables or path, optional
        Raw tables, or their folder.
    accounts : sequence of path, optional
        Labelled files that replace the tables' accounts.
    as_of : int, optional
        Microseconds; by default just after the latest `observed_at`, or now without one.
    seed : int
        Of everything random.

    Returns
    -------
    Source
    """
    raw = read(tables) if isinstance(tables, str | Path) else tables
    at = moment(raw, as_of)
    if accounts:
        rows, aside, digest = read_accounts(accounts)
        return Source(raw, rows, digest, at, seed, _files(accounts, rows, aside), aside)
    if raw is None:
        return Source(raw, Accounts.empty(), "", at, seed)
    bad = [row for row in raw.set_aside if row.table == "accounts"]
    there = bad or len(raw.accounts.is_fake)
    labelled = (Labelled("the table accounts", raw.accounts, bad),) if there else ()
    return Source(raw, raw.accounts, raw.hashes.get("accounts", ""), at, seed, labelled)


def _files(
    paths: Sequence[Path | str], rows: Accounts, aside: Sequence[SetAside]
) -> tuple[Labelled, ...]:
    """Return labelled files one by one and, if they are several, together."""
    if len(paths) == 1:
        return (Labelled(str(paths[0]), rows, aside),)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnknownColumnWarning)  # said when all were read
        alone = [Labelled(str(path), *read_accounts([path])[:2]) for path in paths]
    return (*alone, Labelled("all labelled files together", rows))


def moment(tables: Tables | None, as_of: int | None) -> int:
    """Return `as_of`, by default just after the latest observation, or now without one."""
    if as_of is not None:
        return as_of
    if tables is not None and tables.latest != UNKNOWN_TIME:
        return tables.latest + 1
    return int(datetime.now(UTC).timestamp() * 1e6)


def fit(
    model: str,
    *,
    tables: Tables | Path | str | None = None,
    accounts: Sequence[Path | str] | None = None,
    as_of: datetime | int | None = None,
    seed: int = 7,
) -> Trained:
    """Fit one model as `training.fit` says, which imports this module late.

    Parameters
    ----------
    model : str
        "fake_accounts", "fake_followers" or "conversion".
    tables : Tables or path, optional
        From `features.read`, or the folder.
    accounts : sequence of path, optional
        Labelled files that replace the tables' accounts.
    as_of : datetime or int, optional
        Moment of training (an int is microseconds); by default just after the latest observation.
    seed : int
        Of everything random.

    Returns
    -------
    Trained
        The model, its held-out rows and its metrics.

    Raises
    ------
    InputError
        If the model is unknown, its rows are missing, or a model it needs has no champion.
    """
    at = int(as_of.timestamp() * 1e6) if isinstance(as_of, datetime) else as_of
    known(model)
    carried = {name: to_model(bundle(name)) for name in UPSTREAM[model]}
    return fit_one(model, source(tables, accounts, at, seed), carried)


def known(model: str) -> None:
    """Refuse a model that there is not.

    Raises
    ------
    InputError
        If it is none of `models.MODELS`.
    """
    if model not in MODELS:
        raise InputError(f"unknown model {model!r}, expected one of {', '.join(MODELS)}")


def fit_one(name: str, given: Source, carried: Mapping[str, Fitted]) -> Trained:
    """Fit one model on a source.

    Parameters
    ----------
    name : str
        Of the model.
    given : Source
        What it learns from.
    carried : mapping of str to model
        The models that it scores with, by name.

    Returns
    -------
    Trained
    """
    if name == "fake_accounts":
        return _fake_accounts(given)
    if name == "fake_followers":
        return _fake_followers(given, carried["fake_accounts"])
    return _conversion(given, carried["fake_followers"])


def _fake_accounts(given: Source) -> Trained:
    for part in given.labelled:
        refuse(part)
    if not given.labelled:
        world, digest = _world_accounts(given.seed)
        return _account_model(prepare(world), digest, None, given.seed)
    rows = prepare(given.accounts)
    beside, _ = _world_accounts(given.seed + BESIDE)
    return _account_model(rows, given.accounts_hash, prepare(beside), given.seed)


def _account_model(rows: Rows, digest: str, world: Rows | None, seed: int) -> Trained:
    data = Data(digest, sources=tuple(rows.accounts.sources))
    trained = fake_accounts.train(rows, data, world=world, seed=seed)
    return _counted(trained, rows.accounts.is_fake)


def _fake_followers(given: Source, accounts: Fitted) -> Trained:
    assert isinstance(accounts, FakeAccounts)
    tables, as_of = given.tables, given.as_of
    on_world = tables is None or not len(dataset.visible_audits(tables, as_of))
    if on_world:
        tables = _world(given.seed)
        as_of = moment(tables, None)
    assert tables is not None
    rows = dataset.audits(tables, as_of)
    audit_audits(tables, rows, as_of, LIMIT)
    data = _data(tables, rows, as_of)
    trained = fake_followers.train(rows, accounts, data, on_world=on_world, seed=given.seed)
    return _counted(trained, (rows.value >= LIMIT).astype(np.float64))


def _conversion(given: Source, followers: Fitted) -> Trained:
    assert isinstance(followers, FakeFollowers)
    if given.tables is None:
        raise conversion.NoOutcomesError
    tables, as_of = given.tables, given.as_of
    rows = dataset.collaborations(tables, as_of, young=True)
    audit_collaborations(tables, rows, as_of)
    choice = selection(tables, as_of, rows, given.seed)
    learned = conversion.Given(
        rows=rows,
        earlier=lambda cut: dataset.relabelled(tables, rows, cut),
        support=choice.support,
        followers=followers,
    )
    trained = conversion.train(learned, _data(tables, rows, as_of), seed=given.seed)
    trained = replace(trained, settings={**trained.settings, **choice.settings()})
    hit = (rows.value >= rows.goal)[rows.share == 1.0]
    return _counted(trained, hit.astype(np.float64))


def _counted(trained: Trained, hit: Floats) -> Trained:
    """Keep with the settings how many rows were learned from, and how many of them are hits."""
    counts = {"rows": str(len(hit)), "positives": str(int(hit.sum()))}
    return replace(trained, settings={**trained.settings, **counts})


def _data(tables: Tables, rows: dataset.Rows, as_of: int) -> Data:
    """Return where rows come from: every table's bytes, the first row, the moment of training."""
    text = "\n".join(f"{name} {digest}" for name, digest in sorted(tables.hashes.items()))
    start = _iso(int(rows.as_of.min())) if len(rows) else ""
    return Data(hashlib.sha256(text.encode()).hexdigest(), start, _iso(as_of))


def _iso(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds // 10**6, UTC).isoformat()


def _world(seed: int) -> Tables:
    """Return the tables of a simulated world."""
    with tempfile.TemporaryDirectory() as folder:
        build(folder, creators=WORLD_CREATORS, seed=seed)
        return read(folder)


def _world_accounts(seed: int) -> tuple[Accounts, str]:
    """Return the labelled accounts of a simulated world."""
    with tempfile.TemporaryDirectory() as folder:
        build(folder, creators=WORLD_ACCOUNTS, seed=seed)
        labelled, aside, digest = read_accounts([Path(folder) / "accounts.parquet"])
        refuse(Labelled("the built-in world", labelled, aside))
        return labelled, digest
