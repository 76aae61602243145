"""What the conversion model learned: expected conversions when one thing moves, all else as it is.

Average partial dependence in the log of the expected conversions, over collaborations that the
model did not see. What moves together is moved together: values that describe one thing (four
engagement rates, the signs of a follower sample) come from another collaboration that has them,
and columns computed from others are computed anew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from features.arrays import Flags, Floats, Ints
from features.catalogue import NAMES
from features.fit import MIN_MATCH
from features.tiers import TIER_NAMES
from models.conversion import FAKE_SHARE, Conversion
from models.fake_followers import FakeFollowers
from models.manifest import Metric
from training.dataset import Rows
from training.metrics import mean

COLUMNS = (*NAMES, FAKE_SHARE)
SEED = 7
QUARTERS = (0.25, 0.75)
PARTS = 5  # of the briefs learned from, each left out once
Z90 = 1.6448536269514722
FEWEST_PEERS = 40  # of a platform and tier, to have quarters of their own

Situations = tuple[Floats, ...]  # the same rows, differently
Move = Callable[[Floats, Ints], tuple[Flags, Situations]]  # rows that can be moved, and how


def place(name: str) -> int:
    """Return where a column stands."""
    return COLUMNS.index(name)


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that moves.

    Parameters
    ----------
    title : str
        What moves, from where to where.
    move : callable
        From rows (catalogue and fake share) and their peers to the rows that can be moved, and
        these in each situation, from the lowest to the highest.
    signed : bool
        Whether the model may learn only one sign, so that the sign is no finding.
    note : str
        What is held still that may surprise.
    """

    title: str
    move: Move
    signed: bool = False
    note: str = ""


def switched(low: Mapping[str, float], high: Mapping[str, float]) -> Move:
    """Set columns to one thing and to another, where they are known."""

    def move(full: Floats, peers: Ints) -> tuple[Flags, Situations]:  # noqa: ARG001  (one shape)
        columns = full[:, [place(name) for name in low]]
        known: Flags = np.asarray(np.isfinite(columns).all(axis=1), np.bool_)
        return known, tuple(_set(full[known], values) for values in (low, high))

    return move


def scaled(logs: tuple[str, ...], plain: tuple[str, ...], times: float) -> Move:
    """Multiply quantities, of which some stand as log10(1 + quantity)."""

    def move(full: Floats, peers: Ints) -> tuple[Flags, Situations]:  # noqa: ARG001  (one shape)
        known = np.isfinite(full[:, place(logs[0])])
        more = full[known].copy()
        for name in logs:
            column = more[:, place(name)]
            more[:, place(name)] = np.log10(1.0 + times * (10.0**column - 1.0))
        for name in plain:
            more[:, place(name)] *= times
        return known, (full[known], consistent(more))

    return move


def quantiles(
    lead: str,
    along: tuple[str, ...] = (),
    *,
    at: tuple[float, ...] = QUARTERS,
    values: tuple[float, ...] = (),
    among_peers: bool = False,
) -> Move:
    """Take a column and what goes along with it from rows around its quantiles, or around values.

    Parameters
    ----------
    lead : str
        The column that says which rows.
    along : tuple of str
        Columns taken from the same rows.
    at : tuple of float
        Quantiles, among peers or among all.
    values : tuple of float
        Values instead of quantiles.
    among_peers : bool
        Whether rows lend to rows of the same platform and tier only.
    """

    def move(full: Floats, peers: Ints) -> tuple[Flags, Situations]:
        column = full[:, place(lead)]
        known = np.isfinite(column)
        groups = np.where(known, peers if among_peers else 0, -1)
        sizes = np.bincount(groups[known], minlength=int(groups.max(initial=0)) + 1)
        known &= np.append(sizes, 0)[groups] >= FEWEST_PEERS
        found = tuple(full[known].copy() for _ in values or at)
        for group in np.unique(groups[known]).tolist():
            rows = np.flatnonzero(known & (groups == group))
            mine = np.flatnonzero(groups[known] == group)
            wanted = values or np.quantile(column[rows], at).tolist()
            for out, value in zip(found, wanted, strict=True):
                out[mine] = _lent(full, rows, out[mine], float(value), (lead, *along))
        return known, tuple(consistent(one) for one in found)

    return move


def _lent(full: Floats, rows: Ints, mine: Floats, value: float, names: tuple[str, ...]) -> Floats:
    """Return rows with the columns of those nearest to a value, and with just that value."""
    lead = place(names[0])
    near = np.argsort(np.abs(full[rows, lead] - value), kind="stable")[: max(len(rows) // 20, 10)]
    lenders = rows[np.random.default_rng(SEED).choice(near, len(mine))]
    for name in names:
        mine[:, place(name)] = full[lenders, place(name)]
    mine[:, lead] = value
    return mine


def _set(full: Floats, values: Mapping[str, float]) -> Floats:
    out = full.copy()
    for name, value in values.items():
        out[:, place(name)] = value
    return consistent(out)


def consistent(full: Floats) -> Floats:
    """Compute anew what follows from other columns: the whole match, and reach inside the target.

    Parameters
    ----------
    full : ndarray of float64, shape (n, len(COLUMNS))
        Written to; what was unknown stays so.
    """
    parts = full[:, [place(f"{name}_match") for name in ("country", "gender", "age")]]
    whole = full[:, place("audience_match")]
    told = np.isfinite(whole) & np.isfinite(parts).any(axis=1)
    whole[told] = np.where(np.isnan(parts), 1.0, parts).prod(axis=1)[told]
    reach, shown = full[:, place("log_target_reach")], full[:, place("log_impressions_90d")]
    both = np.isfinite(reach)
    reach[both] = (shown + np.log10(np.maximum(whole, MIN_MATCH)))[both]
    return full


def peers_of(rows: Rows) -> Ints:
    """Return a number for each platform and tier; -1 where the tier is unknown."""
    tiers = [TIER_NAMES.index(tier) if tier else -1 for tier in rows.tiers()]
    number: Ints = (rows.platform * len(TIER_NAMES)).astype(np.int64) + np.array(tiers, np.int64)
    return np.where(np.array(tiers) < 0, -1, number)


def log_expected(model: Conversion, full: Floats, rows: Rows) -> Floats:
    """Return the log of the expected conversions of rows; the model's only use here."""
    X = np.ascontiguousarray(full[:, :-1])
    return np.log(model.score(X, full[:, -1].copy(), rows.aim).expected)


def learned(effect: Effect, models: Sequence[Conversion], full: Floats, rows: Rows) -> list[Metric]:
    """Return by how many times expected conversions grow from the first situation to the others.

    Parameters
    ----------
    effect : Effect
        What moves.
    models : sequence of Conversion
        The model, then the same learned without each part of the briefs.
    full : ndarray of float64, shape (n, len(COLUMNS))
        Rows that none of them saw.
    rows : Rows
        The same, with their briefs.

    Returns
    -------
    list of Metric
        A ratio for each further situation, with a 90 % interval over briefs asked about and briefs
        learned from.
    """
    known, situations = effect.move(full, peers_of(rows))
    some = rows.take(np.flatnonzero(known))
    if not len(some):
        return [Metric(None, None, None, 0) for _ in situations[1:]]
    changes = []
    for model in models:
        first, *others = [log_expected(model, one, some) for one in situations]
        changes.append([other - first for other in others])
    return [_ratio(list(each), some.group) for each in zip(*changes, strict=True)]


def risked(effect: Effect, model: FakeFollowers, full: Floats, rows: Rows) -> list[Metric]:
    """Return by how much the risk, before any sample, rises from the first to other situations."""
    known, situations = effect.move(full, peers_of(rows))
    some = rows.take(np.flatnonzero(known))
    if not len(some):
        return [Metric(None, None, None, 0) for _ in situations[1:]]
    first, *others = [model.prior_risk(np.ascontiguousarray(one[:, :-1])) for one in situations]
    return [mean(other - first, some.creator, SEED) for other in others]


def _ratio(changes: Sequence[Floats], group: Ints) -> Metric:
    """Return the ratio of the first model; the others say how far it depends on their briefs."""
    drawn = mean(changes[0], group, SEED)
    if drawn.value is None or drawn.low is None or drawn.high is None:
        return drawn
    others = [float(change.mean()) for change in changes[1:]]
    left_out = (len(others) - 1) * float(np.var(others)) if others else 0.0
    error = np.sqrt(((drawn.high - drawn.low) / (2.0 * Z90)) ** 2 + left_out)
    value, low, high = np.exp(drawn.value + Z90 * error * np.array([0.0, -1.0, 1.0]))
    return Metric(float(value), float(low), float(high), drawn.n)
