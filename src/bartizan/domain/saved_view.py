"""Saved views: a search that somebody gave a name, with how its page showed it."""

from datetime import datetime

from bartizan.kit.struct import Struct


class SavedView(Struct, frozen=True, kw_only=True):
    """`query` is the query string of `page`, filters and all; `query/saved_views.py` reads it.

    A private view is its owner's alone; a shared one has a name that no other shared one has, and
    stays when its owner goes (`owner_id` None). `within` is the scope under which it was written:
    names in it may be of nobody else's business.
    """

    id: int
    name: str
    page: str
    query: str
    is_shared: bool
    owner_id: int | None
    made_by: str
    made_at: datetime
    changed_by: str
    changed_at: datetime
    within: str = ""
