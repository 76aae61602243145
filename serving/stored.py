"""Creators that are published: what is stored of them, and their fit to the brief."""

from collections.abc import Sequence

from serving.contract import CreatorAsked
from serving.deal import Deal
from serving.group import Group
from serving.store import Store


def stored_group(
    store: Store, places: Sequence[int], asked: Sequence[CreatorAsked], deal: Deal
) -> Group:
    """Return what is published of the creators asked for.

    Parameters
    ----------
    store : Store
        The published store.
    places : sequence of int, length n
        Where each creator stands in the request.
    asked : sequence of CreatorAsked, length n
        Who is asked for.
    deal : Deal
        The brief.

    Returns
    -------
    Group
        Without the creators that are not published.
    """
    found = store.get([creator.creator_id for creator in asked])
    entries = found.entries
    if len(entries) < len(asked):
        places = [places[place] for place in found.places]
        asked = [asked[place] for place in found.places]
    X = entries.matrix(deal.asked(asked, store.as_of))
    return Group(
        places=places,
        X=X,
        conversion_share=entries.conversion_share if store.has_conversion else None,
        tiers=entries.tiers,
        risks=entries.risks,
        shares=entries.shares,
        levels=entries.levels,
        told=entries.told,
        data=entries.data,
        missing=entries.missing,
        whole=entries,
    )
