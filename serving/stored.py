"""Creators that are published: what is stored of them, and their fit to the brief."""

from collections.abc import Sequence

from serving.contract import CreatorAsked
from serving.deal import Deal
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
    X = entries.matrix(deal.asked([creator for _, creator in known], store.as_of))
    return Group(
        places=[place for place, _ in known],
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
