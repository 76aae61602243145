"""Creators that are published: what is stored of them, and their fit to the brief."""

from collections.abc import Sequence

import numpy as np

from features.catalogue import FIT
from features.drivers import Asked, fit_rows
from serving.contract import CreatorAsked
from serving.deal import Deal, terms
from serving.group import Group
from serving.store import Store


def stored_group(store: Store, asked: Sequence[tuple[int, CreatorAsked]], deal: Deal) -> Group:
    """Return what is published of the creators asked for.

    Parameters
    ----------
    store : Store
        The published store.
    asked : sequence of (int, CreatorAsked)
        Places in the request and the creators that stand there.
    deal : Deal
        The brief.

    Returns
    -------
    Group
        Without the creators that are not published.
    """
    found = store.get([creator.creator_id for _, creator in asked])
    entries, known = found.entries, [asked[place] for place in found.places]
    compensation, fee = terms([creator for _, creator in known])
    n = len(known)
    brief, moment = np.full(n, deal.row), np.full(n, store.as_of)
    fit = np.full((n, len(FIT)), np.nan)
    offer = Asked(np.arange(n), deal.arrays, brief, compensation, fee, moment)
    fit_rows(entries.states.arrays, offer, fit, False, (0, n))
    return Group(
        places=[place for place, _ in known],
        X=np.concatenate([entries.states.base, fit], axis=1),
        audience=entries.audience,
        peers=entries.peers,
        told=entries.told,
        data=entries.data,
        missing=entries.missing,
    )
