"""The scores of rows of the tables, and the reasons for them."""

from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints
from features.catalogue import BASE, NAMES
from features.computing import Spine, fit_columns, samples, states
from features.tables import Tables
from features.tiers import tiers
from models.aims import Aims
from models.fake_followers import FakeFollowersScores
from models.reasons import Peers, Reason, conversion_reasons, fake_followers_reasons
from models.scoring import Champions, audience_scores, conversion_scores
from models.story import ConversionScores
from serving.pairs import take
from serving.pinned import CONVERSION, FOLLOWERS


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Scores of n rows and what they were computed from."""

    X: Floats
    aim: Aims
    peers: Peers
    followers: FakeFollowersScores
    conversion_share: Floats | None
    conversion: ConversionScores | None


def scored(tables: Tables, spine: Spine, champions: Champions, threads: int = 1) -> Scored:
    """Return the scores of rows; each audience is scored once, whatever the briefs it is asked for.

    Parameters
    ----------
    tables : Tables
    spine : Spine
        n rows of known creators.
    champions : Champions
        With `fake_followers`; without `conversion` there are no conversion scores.
    threads : int
        Changes no bit.

    Returns
    -------
    Scored
    """
    first, places = audiences(spine)
    once = take(spine, first)
    known = states(tables, once.creator, once.as_of, threads=threads)
    X = np.full((len(first), len(NAMES)), np.nan)
    X[:, : len(BASE)] = known.base
    audience = audience_scores(champions, X, samples(tables, once))
    assert audience.followers is not None
    share = None if audience.conversion_share is None else audience.conversion_share[places]
    fit = fit_columns(
        known,
        places,
        tables.briefs,
        spine.brief,
        compensation=spine.compensation,
        fee=spine.fee,
        as_of=spine.as_of,
        threads=threads,
    )
    X = np.concatenate([known.base[places], fit], axis=1)
    aim = Aims.of(tables.briefs, spine.brief)
    names = np.array(tiers(known.followers), dtype=object)[places]
    return Scored(
        X=X,
        aim=aim,
        peers=Peers(tables.creators.platform[spine.creator].tolist(), names.tolist()),
        followers=_taken(audience.followers, places),
        conversion_share=share,
        conversion=conversion_scores(champions, X, share, aim),
    )


def audiences(spine: Spine) -> tuple[Ints, Ints]:
    """Return the distinct (creator, as_of) of rows.

    Parameters
    ----------
    spine : Spine
        n rows.

    Returns
    -------
    first : ndarray of int64, shape (m,)
        A row of each.
    places : ndarray of int64, shape (n,)
        Where each row finds its own among them.
    """
    keys = np.stack([spine.creator, spine.as_of], axis=1)
    _, first, places = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return first, places.ravel()


def reasons_of(scores: Scored, champions: Champions, k: int) -> dict[str, list[list[Reason]]]:
    """Return for each model the k weightiest reasons of every row.

    Parameters
    ----------
    scores : Scored
        By these champions.
    champions : Champions
    k : int

    Returns
    -------
    dict of str to list of list of Reason
        One list a row; empty for conversion where the row has no brief.
    """
    found: dict[str, list[list[Reason]]] = {}
    if champions.fake_followers is not None:
        found[FOLLOWERS] = fake_followers_reasons(
            champions.fake_followers, scores.X, scores.followers, peers=scores.peers, k=k
        )
    if champions.conversion is not None and scores.conversion_share is not None:
        found[CONVERSION] = conversion_reasons(
            champions.conversion,
            scores.X,
            scores.conversion_share,
            scores.aim,
            peers=scores.peers,
            k=k,
        )
    return found


def _taken(scores: FakeFollowersScores, places: Ints) -> FakeFollowersScores:
    """Return the scores at these places."""
    return FakeFollowersScores(
        risk=scores.risk[places],
        share=scores.share[places],
        low=scores.low[places],
        high=scores.high[places],
        n_sampled=scores.n_sampled[places],
        level=[scores.level[place] for place in places.tolist()],
    )
