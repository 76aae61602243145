"""The raw tables as the named tuples of arrays that kernels take."""

from typing import NamedTuple, TypeVar

from features.tables import Briefs, Followers, Tables
from features.view_audience import AudienceRows, FollowerRows
from features.view_creator import CreatorRows, Histories
from features.view_deal import BriefRows, CollaborationRows
from features.view_posts import PostRows
from features.view_snapshots import SnapshotRows

Rows = TypeVar("Rows", bound=NamedTuple)


def _rows(kind: type[Rows], table: object) -> Rows:
    """Return the fields of a table by name."""
    return kind(*[getattr(table, name) for name in kind._fields])


def histories_of(tables: Tables) -> Histories:
    """Return the tables of creators' own histories.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    Histories
    """
    return Histories(
        _rows(CreatorRows, tables.creators),
        _rows(SnapshotRows, tables.snapshots),
        _rows(PostRows, tables.posts),
        _rows(AudienceRows, tables.audience),
        _rows(FollowerRows, tables.followers),
    )


def follower_rows(followers: Followers) -> FollowerRows:
    """Return the table of sampled followers.

    Parameters
    ----------
    followers : Followers

    Returns
    -------
    FollowerRows
    """
    return _rows(FollowerRows, followers)


def collaboration_rows(tables: Tables) -> CollaborationRows:
    """Return the table of collaborations.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    CollaborationRows
    """
    return _rows(CollaborationRows, tables.collaborations)


def brief_rows(briefs: Briefs) -> BriefRows:
    """Return the table of briefs.

    Parameters
    ----------
    briefs : Briefs

    Returns
    -------
    BriefRows
    """
    return _rows(BriefRows, briefs)
