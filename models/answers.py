"""Known answers: what a model said of raw histories when it was made, asked anew at every load."""

import dataclasses
import math
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from features.arrays import COMPENSATION, Floats, Ints
from features.catalogue import NAMES
from features.computing import Samples, Spine, matrix, samples
from features.profiles import FOLLOWER_VALUES
from features.rows import from_rows
from models import histories, parts
from models.aims import Aims
from models.bundle import Bundle
from models.conversion import WORKED, Conversion
from models.fake_accounts import FakeAccounts
from models.fake_followers import FakeFollowers
from models.layout import ANSWERS, BundleError
from models.manifest import cpu, libraries

Fitted = FakeAccounts | FakeFollowers | Conversion
Column = list[Any]
Columns = dict[str, Column]

# Between CPUs, transcendental functions differ in the last bits; more than that is another model.
RELATIVE = 1e-9
ABSOLUTE = 1e-12


class Question(NamedTuple):
    """What a model is asked: features of the rows, follower samples, what the briefs ask for."""

    X: Floats
    samples: Samples
    aim: Aims


def build(
    name: str, contents: Mapping[str, bytes], upstream: Mapping[str, Fitted], version: str
) -> Fitted:
    """Build the model called `name` from the files of its bundle.

    Parameters
    ----------
    name : str
        "fake_accounts", "fake_followers" or "conversion".
    contents : mapping of str to bytes
        Its parts.
    upstream : mapping of str to model
        The models it carries.
    version : str
        What it will call itself.

    Returns
    -------
    FakeAccounts or FakeFollowers or Conversion

    Raises
    ------
    BundleError
        If the parts cannot be understood.
    """
    makers: dict[str, Callable[[Mapping[str, bytes], Mapping[str, Any], str], Fitted]] = {
        "fake_accounts": FakeAccounts.from_parts,
        "fake_followers": FakeFollowers.from_parts,
        "conversion": Conversion.from_parts,
    }
    try:
        return makers[name](contents, upstream, version)
    except (LookupError, TypeError, ValueError) as error:
        raise BundleError(f"{name} {version}: its parts make no model: {error!r}") from error


def record(model: Fitted) -> bytes:
    """Ask a freshly made model about the raw histories and write down what it says.

    Parameters
    ----------
    model : FakeAccounts or FakeFollowers or Conversion
        As it will be served.

    Returns
    -------
    bytes
        answers.json.

    Raises
    ------
    ValueError
        If the model reads a feature that is none of its columns.
    """
    asked = {"tables": histories.tables(), "spine": histories.spine()}
    question = _question(parts.encode(asked), not isinstance(model, FakeAccounts))
    kept = _columns(question.X, _features(model))
    scores = _ask(model, question)
    if scores != _ask(model, question._replace(X=_matrix(kept, len(question.X)))):
        raise ValueError(f"{type(model).__name__} reads features beside {sorted(kept)}")
    stored = {
        "asked": asked,
        "features": kept,
        "samples": _plain(question.samples),
        "aim": _plain(question.aim),
        "scores": scores,
    }
    return parts.encode(stored)


def verify(model: Fitted, bundle: Bundle) -> None:
    """Ask a loaded model again, from its stored features and from the raw histories.

    Parameters
    ----------
    model : FakeAccounts or FakeFollowers or Conversion
        Built from `bundle`.
    bundle : Bundle
        With the answers it must give.

    Raises
    ------
    BundleError
        If any answer differs: in any bit where CPU and libraries are those of the manifest, else
        by more than rounding.
    """
    exact = (bundle.manifest.cpu, bundle.manifest.libraries) == (cpu(), libraries())
    try:
        stored = parts.decode(bundle.answers)
        rows = len(stored["asked"]["spine"])
        question = Question(
            _matrix(stored["features"], rows), _samples(stored["samples"]), _aims(stored["aim"])
        )
        _expect(_ask(model, question), stored["scores"], exact, bundle, "scores")
        again = _question(parts.encode(stored["asked"]), bool(stored["features"]))
        _expect(_columns(again.X, stored["features"]), stored["features"], exact, bundle, "feature")
        # Samples and aims pass through unchanged by any arithmetic.
        _expect(_plain(again.samples), stored["samples"], True, bundle, "sampled")
        _expect(_plain(again.aim), stored["aim"], True, bundle, "brief's")
    except (LookupError, TypeError, ValueError) as error:
        raise BundleError(f"{bundle.name}: {ANSWERS} cannot be asked: {error!r}") from error


@lru_cache(maxsize=4)
def _question(asked: bytes, features: bool) -> Question:
    """Compute the question of raw rows; models that carry one another ask the same one.

    A model that reads no feature does not wait for their kernels.
    """
    rows = parts.decode(asked)
    tables = from_rows(rows["tables"])
    asking = rows["spine"]
    briefs = [tables.briefs.index[row["brief_id"]] for row in asking]
    moments = [datetime.fromisoformat(row["as_of"]).timestamp() for row in asking]
    offered = [row["compensation"] for row in asking]
    spine = Spine(
        creator=np.array([tables.creators.index[row["creator_id"]] for row in asking]),
        as_of=(np.array(moments) * 1e6).astype(np.int64),
        brief=np.array(briefs),
        compensation=np.array([math.nan if x is None else COMPENSATION.index(x) for x in offered]),
        fee=np.array([row["fee"] for row in asking], dtype=np.float64),
    )
    X = matrix(tables, spine) if features else np.full((len(asking), len(NAMES)), math.nan)
    return Question(X, samples(tables, spine), Aims.of(tables.briefs, spine.brief))


def _ask(model: Fitted, question: Question) -> Columns:
    """Return every number and word the model has for the question."""
    if isinstance(model, FakeAccounts):
        return _audiences(model, question.samples)
    if isinstance(model, FakeFollowers):
        return _plain(model.score(question.X, question.samples))
    share = model.followers.score(question.X, question.samples).share
    return _plain(model.score(question.X, share, question.aim))


def _features(model: Fitted) -> list[str]:
    """Return the features of the catalogue that a model reads, those of its upstream included."""
    if isinstance(model, FakeAccounts):
        return []
    read = set(model.served.columns) & set(NAMES)
    if isinstance(model, Conversion):
        read |= {*_features(model.followers), *model.support.offset.columns, WORKED}
    return sorted(read)


def _audiences(model: FakeAccounts, asked: Samples) -> Columns:
    """Return the score of each sampled follower, and the shares of each audience that has any."""
    pairs = zip(asked.offsets[:-1], asked.offsets[1:], strict=True)
    found = [model.audience(asked.values[start:stop]) for start, stop in pairs if stop > start]
    return {
        "score": _list(model.scores(asked.values)),
        "share": [audience.share for audience in found],
        "share_low": [audience.share_low for audience in found],
        "share_high": [audience.share_high for audience in found],
        "level": [audience.level for audience in found],
        "probability": [number for audience in found for number in _list(audience.probabilities)],
    }


def _plain(record: Any) -> Columns:
    """Return the fields of a record of arrays as lists, matrices row after row."""
    if isinstance(record, tuple):
        names = record._fields  # type: ignore[attr-defined]  # a named one
    else:
        names = tuple(field.name for field in dataclasses.fields(record))
    return {name: _list(getattr(record, name)) for name in names}


def _list(values: "Floats | Ints | list[str]") -> Column:
    """Return plain values, None for NaN."""
    if isinstance(values, list):
        return values
    flat = values.ravel().tolist()
    return [None if value != value else value for value in flat]  # noqa: PLR0124 - NaN is not itself


def _samples(stored: Mapping[str, Column]) -> Samples:
    width = len(FOLLOWER_VALUES)
    return Samples(
        offsets=np.array(stored["offsets"], dtype=np.int64),
        values=np.array(stored["values"], dtype=np.float64).reshape(-1, width),
        frame=np.array(stored["frame"], dtype=np.float64),
        age=np.array(stored["age"], dtype=np.float64),
    )


def _aims(stored: Mapping[str, Column]) -> Aims:
    codes = {name: np.array(stored[name], np.int64) for name in ("brand", "category", "market")}
    return Aims(np.array(stored["goal"], np.float64), **codes)


def _columns(X: Floats, names: Collection[str]) -> Columns:
    return {name: _list(X[:, NAMES.index(name)]) for name in names}


def _matrix(columns: Columns, rows: int) -> Floats:
    """Return X with the stored columns in their places, every other one unknown."""
    X = np.full((rows, len(NAMES)), math.nan)
    for name, column in columns.items():
        X[:, NAMES.index(name)] = np.array(column, dtype=np.float64)
    return X


def _expect(found: Columns, stored: Columns, exact: bool, bundle: Bundle, what: str) -> None:
    """Refuse the bundle if an answer is missing or not the stored one."""
    if found.keys() != stored.keys():
        raise BundleError(f"{bundle.name}: {ANSWERS} holds {what} {sorted(stored)}; train anew")
    for name, column in stored.items():
        same = len(column) == len(found[name])
        pairs = enumerate(zip(found[name], column, strict=False))
        wrong = [(row, *pair) for row, pair in pairs if not _same(*pair, exact)]
        if wrong or not same:
            row, now, then = wrong[0] if wrong else (-1, len(found[name]), len(column))
            raise BundleError(
                f"{bundle.name}: known answer, {what} {name}, row {row}: {now!r} instead of"
                f" {then!r}; run `credence train {bundle.name.replace('_', '-')}`, or the code and"
                f" libraries of commit {bundle.manifest.commit}"
            )


def _same(found: object, stored: object, exact: bool) -> bool:
    if exact or not (isinstance(found, float) and isinstance(stored, float)):
        return found == stored
    return math.isclose(found, stored, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
