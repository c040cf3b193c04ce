"""Saved views: one's own, and those that are shared; with which of them a page begins."""

from typing import Annotated

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from bartizan.accounts.caller import Caller
from bartizan.domain.saved_view import SavedView
from bartizan.present.answers import Nothing, answer
from bartizan.present.api.parameters import parameter, read_one
from bartizan.present.guard import caller
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.present.traced import about, no_deed
from bartizan.query import page_query, saved_views
from bartizan.query.saved_views import Asking, SavedViewList, SavedViewRow, ViewTerms

_MOST_NAMED = 300  # characters of the names in one entry of the trail
Number = Annotated[int, Path(ge=0, lt=2**31)]


class ViewBody(BaseModel):
    """`query` is the query string of the page, without the question mark."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=saved_views.LONGEST_NAME)
    query: str = Field(max_length=page_query.LONGEST)
    is_shared: bool = False

    def terms(self) -> ViewTerms:
        return ViewTerms(name=self.name, query=self.query, is_shared=self.is_shared)


class NewView(ViewBody):
    page: str = Field(max_length=saved_views.LONGEST_PAGE)


async def list_views(request: Request) -> Response:
    page = read_one(request, "page")
    desk, who = parts(request).saved_views, asking(request)
    return answer(await running(request).accounts.run(lambda: desk.list(who, page)))


async def add_view(request: Request, body: NewView) -> Response:
    desk, who, terms = parts(request).saved_views, asking(request), body.terms()
    row = await running(request).accounts.run(lambda: desk.add(who, body.page, terms))
    _tell(request, row, is_known=row.is_shared)
    return answer(row)


async def change_view(request: Request, view_id: Number, body: ViewBody) -> Response:
    desk, who, terms = parts(request).saved_views, asking(request), body.terms()
    row, before = await running(request).accounts.run(lambda: desk.change(who, view_id, terms))
    renamed = f"was {before.name}" if before.name != row.name else ""
    _tell(request, row, is_known=row.is_shared or before.is_shared, further=renamed)
    return answer(row)


async def remove_view(request: Request, view_id: Number) -> Response:
    desk, who = parts(request).saved_views, asking(request)
    view: SavedView = await running(request).accounts.run(lambda: desk.remove(who, view_id))
    about(request, view.name, f"page {view.page}; of {view.made_by}")
    if not view.is_shared:
        no_deed(request)
    return answer(Nothing())


async def begin_with_view(request: Request, view_id: Number) -> Response:
    return await _set_default(request, view_id, is_default=True)


async def begin_without_view(request: Request, view_id: Number) -> Response:
    return await _set_default(request, view_id, is_default=False)


def asking(request: Request) -> Asking:
    """Who asks, as the desk of the views knows them."""
    return asking_of(caller(request))


def asking_of(found: Caller) -> Asking:
    return Asking(
        person_id=found.person.id,
        name=found.name,
        role=found.role,
        within="&".join(sorted(set(found.scopes))),
        sees_own=found.token is None or not found.token.scope,
    )


async def _set_default(request: Request, view_id: int, *, is_default: bool) -> Response:
    desk, who = parts(request).saved_views, asking(request)
    await running(request).accounts.run(
        lambda: desk.set_default(who, view_id, is_default=is_default)
    )
    no_deed(request)
    return answer(Nothing())


def _tell(request: Request, row: SavedViewRow, *, is_known: bool, further: str = "") -> None:
    """What is somebody's alone is not in the trail; of a scope, whose it is comes first."""
    if not is_known:
        no_deed(request)
    names = ", ".join(row.scope_of)[:_MOST_NAMED]
    told = [f"scope of {names}" if names else "", further, "" if row.is_shared else "not shared"]
    about(request, row.name, "; ".join(filter(None, (*told, f"{row.page}?{row.query}"))))


_PATH = "/api/v1/views"
_ONE = f"{_PATH}/{{view_id}}"
ROUTES = (
    Route(
        methods=("GET",),
        path=_PATH,
        endpoint=list_views,
        permission=Permission.LOGIN,
        summary="The saved views that the caller may open, by name.",
        answer=SavedViewList,
        parameters=(parameter("page", "only those of this page", {"type": "string"}),),
    ),
    Route(
        methods=("POST",),
        path=_PATH,
        endpoint=add_view,
        permission=Permission.ACCOUNT,
        summary="Save a view, for oneself or for everybody.",
        answer=SavedViewRow,
        action="view.saved",
    ),
    Route(
        methods=("PUT",),
        path=_ONE,
        endpoint=change_view,
        permission=Permission.ACCOUNT,
        summary="Replace what a view finds, rename it, share it, or take it back.",
        answer=SavedViewRow,
        action="view.changed",
    ),
    Route(
        methods=("DELETE",),
        path=_ONE,
        endpoint=remove_view,
        permission=Permission.ACCOUNT,
        summary="Remove a view.",
        answer=Nothing,
        action="view.removed",
    ),
    Route(
        methods=("PUT",),
        path=f"{_ONE}/default",
        endpoint=begin_with_view,
        permission=Permission.ACCOUNT,
        summary="Begin the view's page with it.",
        answer=Nothing,
    ),
    Route(
        methods=("DELETE",),
        path=f"{_ONE}/default",
        endpoint=begin_without_view,
        permission=Permission.ACCOUNT,
        summary="Begin the view's page with everything again.",
        answer=Nothing,
    ),
)
