"""Creators that are published: what is stored of them, and their fit to the brief."""

from collections.abc import Sequence

import numpy as np

from features.computing import fit_columns
from serving.contract import CreatorAsked
from serving.deal import Deal, terms
from serving.group import Group, data_used
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
    known = [asked[place] for place in found.places]
    compensation, fee = terms([creator for _, creator in known])
    fit = fit_columns(
        found.states,
        np.arange(len(known)),
        deal.briefs,
        np.full(len(known), deal.row),
        compensation=compensation,
        fee=fee,
        as_of=store.as_of,
    )
    return Group(
        places=[place for place, _ in known],
        X=np.concatenate([found.states.base, fit], axis=1),
        audience=found.audience,
        peers=found.peers,
        data=[data_used(found.summary, row) for row in range(len(known))],
    )
