"""People, for administrators: who there is, inviting, what they may do, shutting them out."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from bartizan.accounts.people import MAX_NAME, Terms
from bartizan.accounts.permissions import sees_payloads
from bartizan.domain.person import Person, Role, Source
from bartizan.kit.clock import now
from bartizan.kit.struct import Struct
from bartizan.present.answers import Nothing, answer
from bartizan.present.api.views import asking
from bartizan.present.parts import ConsoleParts, parts, running
from bartizan.present.route import Permission, Route
from bartizan.present.traced import about
from bartizan.query.scopes import spelled_scope

MAX_SCOPE = 8192
Number = Annotated[int, Path(ge=0, lt=2**31)]


class TermsBody(BaseModel):
    """What somebody may do and see; `sees_payloads` null = as the role."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    scope: str = Field("", max_length=MAX_SCOPE)
    sees_payloads: bool | None = None

    def terms(self) -> Terms:
        """`Refused` (`bad-scope`)."""
        return Terms(
            role=self.role, scope=spelled_scope(self.scope), sees_payloads=self.sees_payloads
        )


class NewPerson(TermsBody):
    name: str = Field(max_length=MAX_NAME)


class PersonState(StrEnum):
    ACTIVE = "active"
    INVITED = "invited"  # has not chosen a password yet
    LAPSED = "lapsed"  # and cannot any more, until there is a new link
    DISABLED = "disabled"


class PersonRow(Struct, frozen=True, kw_only=True):
    """`sees_payloads` is what holds, `payloads` what is said of them apart from their role.

    `source` is who says that it is them: with oidc and header their role comes from groups.
    """

    id: str
    name: str
    role: Role
    scope: str
    sees_payloads: bool
    payloads: bool | None
    source: Source
    state: PersonState
    created_at: datetime
    seen_at: datetime | None
    invited_until: datetime | None
    sessions: int
    tokens: int


class PersonList(Struct, frozen=True, kw_only=True):
    people: tuple[PersonRow, ...]


class PersonInvited(Struct, frozen=True, kw_only=True):
    """`code` is shown this once; the link is `/welcome#code=...`."""

    person: PersonRow
    code: str


async def list_people(request: Request) -> Response:
    house = parts(request)
    return answer(await running(request).accounts.run(lambda: _list(house)))


async def invite_person(request: Request, body: NewPerson) -> Response:
    house, terms = parts(request), body.terms()

    who = asking(request)

    def invite() -> PersonInvited:
        house.saved_views.check_scope(terms.scope, who)
        person, code = house.invitations.invite(body.name, terms)
        return PersonInvited(person=_row(house, person), code=code)

    about(request, body.name, _told(terms))
    return answer(await running(request).accounts.run(invite))


async def renew_invitation(request: Request, person_id: Number) -> Response:
    house = parts(request)

    def renew() -> PersonInvited:
        person, code = house.invitations.renew(house.people.find_by_id(person_id))
        about(request, person.name)
        return PersonInvited(person=_row(house, person), code=code)

    return answer(await running(request).accounts.run(renew))


async def change_person(request: Request, person_id: Number, body: TermsBody) -> Response:
    terms, who = body.terms(), asking(request)

    def change(house: ConsoleParts, person: Person) -> Person:
        house.saved_views.check_scope(terms.scope, who)
        return house.people.change(person, terms)

    return await _change(request, person_id, change, _told(terms))


async def enable_person(request: Request, person_id: Number) -> Response:
    def enable(house: ConsoleParts, person: Person) -> Person:
        house.people.enable(person.name)
        return house.people.find_by_id(person.id)

    return await _change(request, person_id, enable)


async def disable_person(request: Request, person_id: Number) -> Response:
    def disable(house: ConsoleParts, person: Person) -> Person:
        house.people.disable(person.name)
        return house.people.find_by_id(person.id)

    return await _change(request, person_id, disable)


async def log_person_out(request: Request, person_id: Number) -> Response:
    def log_out(house: ConsoleParts, person: Person) -> Person:
        house.sessions.close_all(person)
        return person

    return await _change(request, person_id, log_out)


async def remove_person(request: Request, person_id: Number) -> Response:
    house = parts(request)

    def remove() -> Nothing:
        person = house.people.find_by_id(person_id)
        about(request, person.name)
        house.people.remove(person)
        return Nothing()

    return answer(await running(request).accounts.run(remove))


async def _change(
    request: Request,
    person_id: Number,
    change: Callable[[ConsoleParts, Person], Person],
    detail: str = "",
) -> Response:
    house = parts(request)

    def find_and_change() -> PersonRow:
        person = house.people.find_by_id(person_id)
        about(request, person.name, detail)
        return _row(house, change(house, person))

    return answer(await running(request).accounts.run(find_and_change))


def _list(house: ConsoleParts) -> PersonList:
    sessions = [person.id for _, person in house.sessions.everybodys()]
    tokens = [token.person_id for token in house.tokens.tokens()]
    return PersonList(
        people=tuple(
            _row_with(one, sessions=sessions.count(one.id), tokens=tokens.count(one.id))
            for one in sorted(house.people.people(), key=lambda one: one.name.lower())
        )
    )


def _row(house: ConsoleParts, person: Person) -> PersonRow:
    return _row_with(
        person,
        sessions=len(house.sessions.of(person)),
        tokens=len(house.tokens.of(person)),
    )


def _row_with(person: Person, *, sessions: int, tokens: int) -> PersonRow:
    return PersonRow(
        id=str(person.id),
        name=person.name,
        role=person.role,
        scope=person.scope,
        sees_payloads=sees_payloads(person.role, stated=person.sees_payloads),
        payloads=person.sees_payloads,
        source=person.source,
        state=_state(person),
        created_at=person.created_at,
        seen_at=person.seen_at,
        invited_until=person.invited_until,
        sessions=sessions,
        tokens=tokens,
    )


def _state(person: Person) -> PersonState:
    if not person.is_enabled:
        return PersonState.DISABLED
    if person.password_hash or person.source is not Source.LOCAL:
        return PersonState.ACTIVE
    is_open = person.invited_until is not None and person.invited_until > now()
    return PersonState.INVITED if is_open else PersonState.LAPSED


def _told(terms: Terms) -> str:
    payloads = {None: "as the role", True: "shown", False: "hidden"}[terms.sees_payloads]
    return f"{terms.role.value}; scope {terms.scope or 'everything'}; payloads {payloads}"


_PATH = "/api/v1/people"
ROUTES = (
    Route(
        methods=("GET",),
        path=_PATH,
        endpoint=list_people,
        permission=Permission.PEOPLE,
        summary="Everybody who may use the console.",
        answer=PersonList,
    ),
    Route(
        methods=("POST",),
        path=_PATH,
        endpoint=invite_person,
        permission=Permission.PEOPLE,
        summary="Invite somebody. The answer has the code of their one-time link, this once.",
        answer=PersonInvited,
        action="person.invited",
    ),
    Route(
        methods=("PUT",),
        path=f"{_PATH}/{{person_id}}",
        endpoint=change_person,
        permission=Permission.PEOPLE,
        summary="Change what somebody may do and see; their sessions end if that changes anything.",
        answer=PersonRow,
        action="person.changed",
    ),
    Route(
        methods=("DELETE",),
        path=f"{_PATH}/{{person_id}}",
        endpoint=remove_person,
        permission=Permission.PEOPLE,
        summary="Remove somebody with their sessions and tokens.",
        answer=Nothing,
        action="person.removed",
    ),
    Route(
        methods=("POST",),
        path=f"{_PATH}/{{person_id}}/invitation",
        endpoint=renew_invitation,
        permission=Permission.PEOPLE,
        summary="A new one-time link for somebody who lost theirs, or their password.",
        answer=PersonInvited,
        action="person.invited",
    ),
    Route(
        methods=("POST",),
        path=f"{_PATH}/{{person_id}}/enable",
        endpoint=enable_person,
        permission=Permission.PEOPLE,
        summary="Let somebody in again.",
        answer=PersonRow,
        action="person.enabled",
    ),
    Route(
        methods=("POST",),
        path=f"{_PATH}/{{person_id}}/disable",
        endpoint=disable_person,
        permission=Permission.PEOPLE,
        summary="Shut somebody out at once, with their sessions and tokens.",
        answer=PersonRow,
        action="person.disabled",
    ),
    Route(
        methods=("POST",),
        path=f"{_PATH}/{{person_id}}/log-out",
        endpoint=log_person_out,
        permission=Permission.PEOPLE,
        summary="End all of somebody's sessions.",
        answer=PersonRow,
        action="person.logged-out",
    ),
)
