"""Retention: what is kept for how long, what would go, and what people protect."""

from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from bartizan.domain.errors import Refused
from bartizan.domain.retention import RetentionPreview
from bartizan.present.answers import Nothing, answer
from bartizan.present.api.transactions import transaction_number
from bartizan.present.guard import caller
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.present.traced import about
from bartizan.query.filters import MAX_LENGTH, MAX_VALUES
from bartizan.query.language.read import MOST_CHARACTERS
from bartizan.query.retention import (
    MAX_NAME,
    MAX_REASON,
    Fate,
    HoldView,
    RetentionOverview,
    hold_number,
)

_Value = Annotated[str, Field(max_length=max(MAX_LENGTH, MOST_CHARACTERS))]


class Wanted(BaseModel):
    """`trusts_clock`: the clock is right, although it jumped ahead."""

    model_config = ConfigDict(extra="forbid")

    trusts_clock: bool = False


class NewHold(BaseModel):
    """`filters` are the parameters of the page of transactions; none of them is everything."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=MAX_NAME)
    reason: str = Field("", max_length=MAX_REASON)
    filters: dict[str, Annotated[list[_Value], Field(max_length=MAX_VALUES)]] = Field(
        default_factory=dict, max_length=32
    )
    everything: bool = False

    def checked(self) -> "NewHold":
        """`Refused` (`nothing-chosen`) unless filters are given, or none of them on purpose."""
        if not self.filters and not self.everything:
            raise Refused("nothing-chosen", "give filters, or say everything", "filters")
        return self


class Mark(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field("", max_length=MAX_REASON)


async def show_overview(request: Request) -> Response:
    return answer(await running(request).reads.run(parts(request).retention.overview))


async def show_preview(request: Request) -> Response:
    return answer(await running(request).changes.run(parts(request).retention.preview))


async def ask_for_run(request: Request, body: Wanted) -> Response:
    desk, by = parts(request).retention, caller(request).name
    await running(request).accounts.run(
        lambda: desk.ask_for_run(by, trusts_clock=body.trusts_clock)
    )
    return answer(Nothing())


async def add_hold(request: Request, body: NewHold) -> Response:
    desk, by, hold = parts(request).retention, caller(request).name, body.checked()
    added = await running(request).accounts.run(
        lambda: desk.add_hold(hold.name, hold.filters, reason=hold.reason, by=by)
    )
    about(request, added.name, " ".join(f"{name}={value}" for name, value in added.filters)[:500])
    return answer(added)


async def release_hold(request: Request, hold_id: str) -> Response:
    desk, by, number = parts(request).retention, caller(request).name, hold_number(hold_id)
    released = await running(request).accounts.run(lambda: desk.release_hold(number, by=by))
    about(request, released.name)
    return answer(released)


async def show_fate(request: Request, transaction_id: str) -> Response:
    number, desk = transaction_number(transaction_id), parts(request).retention
    return answer(await running(request).reads.run(lambda: desk.fate(number)))


async def preserve(request: Request, transaction_id: str, body: Mark) -> Response:
    number, desk = transaction_number(transaction_id), parts(request).retention
    by = caller(request).name
    fate = await running(request).changes.run(
        lambda: desk.preserve_one(number, by=by, reason=body.reason)
    )
    return answer(fate)


async def stop_preserving(request: Request, transaction_id: str) -> Response:
    number, desk = transaction_number(transaction_id), parts(request).retention
    return answer(await running(request).changes.run(lambda: desk.stop_preserving_one(number)))


_PATH = "/api/v1/retention"
_ONE = "/api/v1/transactions/{transaction_id}"
ROUTES = (
    Route(
        methods=("GET",),
        path=_PATH,
        endpoint=show_overview,
        permission=Permission.LOGIN,
        summary="What is kept for how long, how much there is, and what was removed.",
        answer=RetentionOverview,
    ),
    Route(
        methods=("GET",),
        path=f"{_PATH}/preview",
        endpoint=show_preview,
        permission=Permission.ANALYST,
        summary="What a run would remove if it began now; counts for some seconds at most.",
        answer=RetentionPreview,
    ),
    Route(
        methods=("POST",),
        path=f"{_PATH}/run",
        endpoint=ask_for_run,
        permission=Permission.ADMIN,
        summary="Ask a worker to remove now what is too old or too much.",
        answer=Nothing,
        action="retention.asked",
    ),
    Route(
        methods=("POST",),
        path=f"{_PATH}/holds",
        endpoint=add_hold,
        permission=Permission.ANALYST,
        summary="Keep everything that a search finds, now or later, until it is released.",
        answer=HoldView,
        action="hold.added",
    ),
    Route(
        methods=("POST",),
        path=f"{_PATH}/holds/{{hold_id}}/release",
        endpoint=release_hold,
        permission=Permission.ADMIN,
        summary="Release a hold: what it kept goes when its time is over.",
        answer=HoldView,
        action="hold.released",
    ),
    Route(
        methods=("GET",),
        path=f"{_ONE}/retention",
        endpoint=show_fate,
        permission=Permission.LOGIN,
        summary="How long one transaction will be kept, and what protects it.",
        answer=Fate,
    ),
    Route(
        methods=("PUT",),
        path=f"{_ONE}/preserved",
        endpoint=preserve,
        permission=Permission.ANALYST,
        summary="Keep a transaction for good, with its entry, whatever the settings say.",
        answer=Fate,
        action="transaction.preserved",
    ),
    Route(
        methods=("DELETE",),
        path=f"{_ONE}/preserved",
        endpoint=stop_preserving,
        permission=Permission.ANALYST,
        summary="Do not preserve it any more.",
        answer=Fate,
        action="transaction.not-preserved",
    ),
)
