"""What people make of transactions: a state, labels and notes, of one or of many."""

from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from bartizan.domain.errors import Refused
from bartizan.domain.person import Role
from bartizan.domain.triage import MAX_LABELS, MAX_NOTE, MAX_REASON, State
from bartizan.present.answers import answer
from bartizan.present.api.transactions import transaction_number
from bartizan.present.guard import caller
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.present.traced import about, no_deed
from bartizan.query.filters import MAX_LENGTH, MAX_VALUES
from bartizan.query.language.read import MOST_CHARACTERS
from bartizan.query.triage import (
    MAX_IDS,
    AlikeList,
    Author,
    ManyTriaged,
    NewState,
    TriageView,
    Wish,
)

_Label = Annotated[str, Field(max_length=200)]
_Labels = Annotated[list[_Label], Field(max_length=MAX_LABELS)]
_Value = Annotated[str, Field(max_length=max(MAX_LENGTH, MOST_CHARACTERS))]
_MOST_TOLD = 500


class StateChange(BaseModel):
    """A false positive needs a reason; `until` (ISO 8601) is of `ignored`, and needed for it."""

    model_config = ConfigDict(extra="forbid")

    state: State
    reason: str = Field("", max_length=MAX_REASON)
    until: str | None = Field(None, max_length=64)

    def told(self) -> NewState:
        return NewState(state=self.state, reason=self.reason, until=self.until)


class LabelChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    add: _Labels = Field(default_factory=list)
    remove: _Labels = Field(default_factory=list)


class NewNote(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=MAX_NOTE)


class ManyChange(BaseModel):
    """Either `ids`, or `filters` as on the page of transactions. A rehearsal only counts."""

    model_config = ConfigDict(extra="forbid")

    ids: list[Annotated[str, Field(max_length=19)]] = Field(
        default_factory=list, max_length=MAX_IDS
    )
    filters: dict[str, Annotated[list[_Value], Field(max_length=MAX_VALUES)]] = Field(
        default_factory=dict, max_length=32
    )
    state: StateChange | None = None
    add_labels: _Labels = Field(default_factory=list)
    remove_labels: _Labels = Field(default_factory=list)
    note: str = Field("", max_length=MAX_NOTE)
    preserve: bool = False
    is_rehearsal: bool = False

    def wish(self) -> Wish:
        return Wish(
            state=None if self.state is None else self.state.told(),
            add_labels=tuple(self.add_labels),
            remove_labels=tuple(self.remove_labels),
            note=self.note,
            preserve=self.preserve,
        )

    def numbers(self) -> list[int]:
        """`Refused` (`nothing-chosen`) unless there are either ids or filters."""
        if bool(self.ids) == bool(self.filters):
            raise Refused("nothing-chosen", "give either ids or filters", "ids")
        return [transaction_number(one) for one in self.ids]

    def deed(self) -> str:
        """For the access trail: what was done, and to which search."""
        told = [] if self.state is None else [self.state.state.value]
        told += [f"+{label}" for label in self.add_labels]
        told += [f"-{label}" for label in self.remove_labels]
        told += ["note"] * bool(self.note) + ["preserved"] * self.preserve
        pairs = [f"{name}={value}" for name, values in self.filters.items() for value in values]
        return " ".join((*told, *pairs))[:_MOST_TOLD]


def _author(request: Request) -> Author:
    asking = caller(request)
    return Author(name=asking.name, may_remove_all=asking.role is Role.ADMIN)


async def show_triage(request: Request, transaction_id: str) -> Response:
    number, desk, by = transaction_number(transaction_id), parts(request).triage, _author(request)
    return answer(await running(request).reads.run(lambda: desk.show(number, by)))


async def show_alike(request: Request, transaction_id: str) -> Response:
    number, desk = transaction_number(transaction_id), parts(request).triage
    return answer(await running(request).reads.run(lambda: desk.alike(number)))


async def change_state(request: Request, transaction_id: str, body: StateChange) -> Response:
    number, desk, by = transaction_number(transaction_id), parts(request).triage, _author(request)
    about(request, str(number), body.state.value)
    return answer(await running(request).marks.run(lambda: desk.judge(number, body.told(), by)))


async def change_labels(request: Request, transaction_id: str, body: LabelChange) -> Response:
    number, desk, by = transaction_number(transaction_id), parts(request).triage, _author(request)
    told = [f"+{label}" for label in body.add] + [f"-{label}" for label in body.remove]
    about(request, str(number), " ".join(told)[:_MOST_TOLD])
    return answer(
        await running(request).marks.run(
            lambda: desk.label(number, by, add=body.add, remove=body.remove)
        )
    )


async def add_note(request: Request, transaction_id: str, body: NewNote) -> Response:
    number, desk, by = transaction_number(transaction_id), parts(request).triage, _author(request)
    return answer(await running(request).marks.run(lambda: desk.note(number, body.text, by)))


async def remove_note(request: Request, transaction_id: str, note_id: str) -> Response:
    number, desk, by = transaction_number(transaction_id), parts(request).triage, _author(request)
    return answer(await running(request).marks.run(lambda: desk.remove_note(number, note_id, by)))


async def change_many(request: Request, body: ManyChange) -> Response:
    desk, by, numbers, wish = parts(request).triage, _author(request), body.numbers(), body.wish()
    is_rehearsal = body.is_rehearsal

    def change() -> ManyTriaged:
        if numbers:
            return desk.change_ids(numbers, wish, by, is_rehearsal=is_rehearsal)
        return desk.change_found(body.filters, wish, by, is_rehearsal=is_rehearsal)

    house = running(request)
    told = await (house.reads if is_rehearsal else house.changes).run(change)
    about(request, f"{told.found} transactions", body.deed())
    if is_rehearsal:
        no_deed(request)
    return answer(told)


_ONE = "/api/v1/transactions/{transaction_id}"
ROUTES = (
    Route(
        methods=("GET",),
        path=f"{_ONE}/triage",
        endpoint=show_triage,
        permission=Permission.LOGIN,
        summary="What people made of a transaction; notes and reasons for those who see payloads.",
        answer=TriageView,
    ),
    Route(
        methods=("GET",),
        path=f"{_ONE}/alike",
        endpoint=show_alike,
        permission=Permission.LOGIN,
        summary="Its rules, each with a search for what is the same: rule, path and parameter.",
        answer=AlikeList,
    ),
    Route(
        methods=("PUT",),
        path=f"{_ONE}/state",
        endpoint=change_state,
        permission=Permission.ANALYST,
        summary="Say what a transaction is: open, confirmed, a false positive, ignored until.",
        answer=TriageView,
        action="triage.state",
    ),
    Route(
        methods=("POST",),
        path=f"{_ONE}/labels",
        endpoint=change_labels,
        permission=Permission.ANALYST,
        summary="Add and remove labels.",
        answer=TriageView,
        action="triage.labels",
    ),
    Route(
        methods=("POST",),
        path=f"{_ONE}/notes",
        endpoint=add_note,
        permission=Permission.ANALYST,
        summary="Write a note; needs the right to see payloads too.",
        answer=TriageView,
        action="triage.note-added",
    ),
    Route(
        methods=("DELETE",),
        path=f"{_ONE}/notes/{{note_id}}",
        endpoint=remove_note,
        permission=Permission.ANALYST,
        summary="Remove a note: one's own, or as an administrator any.",
        answer=TriageView,
        action="triage.note-removed",
    ),
    Route(
        methods=("POST",),
        path="/api/v1/triage",
        endpoint=change_many,
        permission=Permission.ANALYST,
        summary="Change what many transactions are: up to 1,000 ids, or all that a search finds.",
        answer=ManyTriaged,
        action="triage.many",
    ),
)
