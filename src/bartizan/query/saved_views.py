"""Saved views: searches with a name, private or shared, and with which of them a page begins.

A shared view may be somebody's scope (`query/scopes.py`). Then only administrators may change it,
nobody may take away or rename what others' sight hangs on, and it must go on narrowing something.
Whoever has a scope sees no view that was written outside it: its text and its name may tell of what
is there.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from bartizan.domain.errors import Refused
from bartizan.domain.person import Role
from bartizan.domain.saved_view import SavedView
from bartizan.domain.search import Search
from bartizan.kit import clock
from bartizan.kit.struct import Struct
from bartizan.query.page_query import search_of, spelled_query
from bartizan.query.scopes import read_scope, views_of
from bartizan.store.control import ControlStore

MOST_OF_ONE: Final = 100
MOST_SHARED: Final = 500
LONGEST_NAME: Final = 80
LONGEST_PAGE: Final = 32
_Holders = defaultdict[str, list[str]]
_MAY_SHARE: Final = frozenset((Role.ANALYST, Role.ADMIN))


class Asking(Struct, frozen=True, kw_only=True):
    """Who asks: `person_id` 0 is nobody's token, `within` their scopes in one text.

    A token with a scope of its own does not see what its person had saved without it (`sees_own`).
    """

    person_id: int
    name: str
    role: Role
    within: str = ""
    sees_own: bool = True

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN and not self.within


class ViewTerms(Struct, frozen=True, kw_only=True):
    """What is said of a view by whoever saves it."""

    name: str
    query: str
    is_shared: bool


class SavedViewRow(Struct, frozen=True, kw_only=True):
    """`query` is the query string of the page. `mistake` says why it cannot be read (any more).

    `scope_of` names those whose scope it is, for administrators alone.
    """

    id: str
    name: str
    page: str
    query: str
    is_shared: bool
    is_mine: bool
    is_default: bool
    may_change: bool
    made_by: str
    made_at: datetime
    changed_by: str
    changed_at: datetime
    mistake: str | None
    scope_of: tuple[str, ...]


class SavedViewList(Struct, frozen=True, kw_only=True):
    """`may_share`: whether the caller may save views for others."""

    views: tuple[SavedViewRow, ...]
    may_share: bool


class SavedViews:
    """Blocking; thread-safe. The `Refused` codes: `bad-name`, `bad-page`, `name-taken`,
    `no-such-saved-view`, `not-allowed`, `too-many-views`, `view-in-use`, and those of a search.

    `groups` are what has a scope by the settings, each with it.
    """

    def __init__(
        self,
        control: ControlStore,
        groups: Sequence[tuple[str, str]],
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._control = control
        self._groups = groups
        self._now = now

    def list(self, asking: Asking, page: str | None = None) -> SavedViewList:
        """Those that somebody may open, by name."""
        every = self._control.saved_views()
        seen = [one for one in every if _is_seen(one, asking) and page in (None, one.page)]
        seen.sort(key=lambda one: (one.name.lower(), one.id))
        return SavedViewList(
            views=tuple(self._rows(seen, asking)), may_share=asking.role in _MAY_SHARE
        )

    def add(self, asking: Asking, page: str, terms: ViewTerms) -> SavedViewRow:
        if not (page.isascii() and page.replace("-", "a").isalnum() and len(page) <= LONGEST_PAGE):
            raise Refused("bad-page", "a page is called by a short word", "page")
        self._refuse_too_many(asking)
        if terms.is_shared:
            self._check_sharing(asking)
        at = self._now()
        view = SavedView(
            id=0,
            name=_spelled_name(terms.name),
            page=page,
            query=spelled_query(terms.query),
            is_shared=terms.is_shared,
            owner_id=asking.person_id,
            made_by=asking.name,
            made_at=at,
            changed_by=asking.name,
            changed_at=at,
            within=asking.within,
        )
        return self._row(self._control.add_saved_view(view), asking)

    def change(
        self, asking: Asking, view_id: int, terms: ViewTerms
    ) -> tuple[SavedViewRow, SavedView]:
        """Gives what it is now, and what it was."""
        view = self._changeable(asking, view_id)
        if terms.is_shared and not view.is_shared:
            self._check_sharing(asking)
        if view.is_shared and not terms.is_shared and not _is_mine(view, asking):
            raise Refused("not-allowed", "only whose it is can take it back; remove it instead")
        changed = msgspec.structs.replace(
            view,
            name=_spelled_name(terms.name),
            query=spelled_query(terms.query),
            is_shared=terms.is_shared,
            changed_by=asking.name,
            changed_at=self._now(),
            within=asking.within,
        )
        self._refuse_to_unscope(view, changed)
        self._control.update_saved_view(changed)
        return self._row(changed, asking), view

    def remove(self, asking: Asking, view_id: int) -> SavedView:
        view = self._changeable(asking, view_id)
        self._refuse_to_unscope(view, None)
        self._control.remove_saved_view(view.id)
        return view

    def set_default(self, asking: Asking, view_id: int, *, is_default: bool) -> None:
        """Its page begins with it for whoever asks, instead of with everything."""
        view = self._seen(asking, view_id)
        if is_default:
            self._control.set_default_view(asking.person_id, view.page, view.id)
        elif self._control.default_views(asking.person_id).get(view.page) == view.id:
            self._control.set_default_view(asking.person_id, view.page, None)

    def begins(self, asking: Asking) -> dict[str, str]:
        """The queries that pages begin with; what cannot be read any more, none begins with."""
        found = {}
        for page, view_id in self._control.default_views(asking.person_id).items():
            view = self._control.saved_view(view_id)
            if view is not None and _is_seen(view, asking) and _mistake(view.query) is None:
                found[page] = view.query
        return found

    def query_of(self, name: str) -> str | None:
        """The query of the shared view of this name: what a scope stands on."""
        view = self._control.shared_view(name)
        return None if view is None else view.query

    def query_called(self, name: str) -> str:
        """For whoever runs the installation: of the shared view of this name, else of the only
        private one; `Refused` (`no-such-saved-view`).
        """
        every = self._control.saved_views()
        named = [one for one in every if one.name == name]
        shared = [one for one in named if one.is_shared]
        if not named:
            known = ", ".join(one.name for one in every if one.is_shared) or "none"
            raise Refused("no-such-saved-view", f"there is no such view; shared ones: {known}")
        if not shared and len(named) > 1:
            owners = ", ".join(one.made_by for one in named)
            raise Refused("no-such-saved-view", f"several people have one of this name: {owners}")
        return (shared or named)[0].query

    def check_scope(self, text: str, asking: Asking) -> None:
        """`Refused` (`bad-scope`) for one that would show nothing: it names a view that is not
        there, or that narrows nothing. A view that somebody may not see is not there for them.
        """
        read_scope(text, lambda name: self._query_seen(name, asking))

    def blind(self) -> Iterator[tuple[str, str]]:
        """Who sees nothing, since their scope shows nothing (any more), and why it does not."""
        for holder, scope, _ in self._holders():
            try:
                read_scope(scope, self.query_of)
            except Refused as reason:
                yield holder, reason.message

    def _query_seen(self, name: str, asking: Asking) -> str | None:
        view = self._control.shared_view(name)
        return view.query if view is not None and _is_seen(view, asking) else None

    def _scopes(self) -> tuple[_Holders, _Holders]:
        """By the names of views: whose scope each is that an administrator or the settings gave,
        and which tokens people narrowed by it themselves. Those never show more than their person
        may see, so they hinder nobody.
        """
        given, chosen = _Holders(list), _Holders(list)
        for holder, scope, is_chosen in self._holders():
            for name in views_of(scope) if "view=" in scope else ():
                (chosen if is_chosen else given)[name].append(holder)
        return given, chosen

    def _holders(self) -> Iterator[tuple[str, str, bool]]:
        """Whoever may have a scope, with it, and whether they chose it for a token of their own."""
        now = self._now()
        for person in self._control.people():
            yield person.name, person.scope, False
        for token in self._control.tokens():
            if token.until is None or token.until > now:
                yield f"token {token.name}", token.scope, token.person_id is not None
        for group, scope in self._groups:
            yield group, scope, False

    def _seen(self, asking: Asking, view_id: int) -> SavedView:
        view = self._control.saved_view(view_id)
        if view is None or not _is_seen(view, asking):
            raise Refused("no-such-saved-view", "there is no saved view with this id (any more)")
        return view

    def _changeable(self, asking: Asking, view_id: int) -> SavedView:
        view = self._seen(asking, view_id)
        if asking.is_admin:
            return view
        if not _is_mine(view, asking):
            raise Refused("not-allowed", "it is somebody else's: save one of your own")
        if view.is_shared and view.name in self._scopes()[0]:
            raise Refused(
                "not-allowed", "it is somebody's scope: only administrators may change it"
            )
        return view

    def _check_sharing(self, asking: Asking) -> None:
        if asking.role not in _MAY_SHARE:
            raise Refused("not-allowed", "sharing a view needs the role analyst")
        self._refuse_too_many_shared()

    def _refuse_too_many(self, asking: Asking) -> None:
        every = self._control.saved_views()
        if sum(one.owner_id == asking.person_id for one in every) >= MOST_OF_ONE:
            raise Refused("too-many-views", f"nobody has more than {MOST_OF_ONE} views")

    def _refuse_too_many_shared(self) -> None:
        if sum(one.is_shared for one in self._control.saved_views()) >= MOST_SHARED:
            raise Refused("too-many-views", f"there are at most {MOST_SHARED} shared views")

    def _refuse_to_unscope(self, before: SavedView, after: SavedView | None) -> None:
        """A scope whose view is gone shows nothing: nobody loses their sight by accident."""
        if not before.is_shared:
            return
        is_kept = after is not None and after.is_shared and after.name == before.name
        if is_kept and after is not None and search_of(after.query) != Search():
            return
        names = self._scopes()[0].get(before.name)
        if names:
            raise Refused(
                "view-in-use",
                f"it is the scope of {', '.join(names)}: it keeps its name, stays shared, and must "
                "narrow something, until they have another scope",
            )

    def _row(self, view: SavedView, asking: Asking) -> SavedViewRow:
        (row,) = self._rows([view], asking)
        return row

    def _rows(self, views: Iterable[SavedView], asking: Asking) -> Iterator[SavedViewRow]:
        defaults = set(self._control.default_views(asking.person_id).values())
        given, chosen = self._scopes()
        for view in views:
            is_mine = _is_mine(view, asking)
            holders = (*given.get(view.name, ()), *chosen.get(view.name, ()))
            is_scope = view.is_shared and view.name in given
            yield SavedViewRow(
                id=str(view.id),
                name=view.name,
                page=view.page,
                query=view.query,
                is_shared=view.is_shared,
                is_mine=is_mine,
                is_default=view.id in defaults,
                may_change=asking.is_admin or (is_mine and not is_scope),
                made_by=view.made_by,
                made_at=view.made_at,
                changed_by=view.changed_by,
                changed_at=view.changed_at,
                mistake=_mistake(view.query),
                scope_of=holders if view.is_shared and asking.is_admin else (),
            )


def _is_mine(view: SavedView, asking: Asking) -> bool:
    return asking.person_id != 0 and view.owner_id == asking.person_id


def _is_seen(view: SavedView, asking: Asking) -> bool:
    if _is_mine(view, asking) and asking.sees_own:
        return True
    return view.is_shared and asking.within in ("", view.within)


def _spelled_name(name: str) -> str:
    spelled = " ".join(name.split())
    if not 0 < len(spelled) <= LONGEST_NAME or not spelled.isprintable():
        raise Refused("bad-name", f"a view's name has 1 to {LONGEST_NAME} characters", "name")
    return spelled


def _mistake(query: str) -> str | None:
    try:
        search_of(query)
    except Refused as reason:
        return reason.message
    return None
