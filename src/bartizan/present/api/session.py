"""Set-up, log-in, log-out, and a person's sessions."""

from collections.abc import Callable
from datetime import datetime

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from bartizan import __version__
from bartizan.accounts.login import LoggedIn, TryLater, Visitor
from bartizan.accounts.people import MAX_NAME, MAX_PASSWORD
from bartizan.accounts.sessions import public_id
from bartizan.domain.errors import Refused
from bartizan.domain.person import Person, Role
from bartizan.kit.struct import Struct
from bartizan.present.answers import Nothing, answer
from bartizan.present.guard import caller, find_caller
from bartizan.present.parts import Running, parts, running
from bartizan.present.problems import too_many_attempts
from bartizan.present.route import Permission, Route


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: str = Field(max_length=MAX_NAME)
    password: str = Field(max_length=MAX_PASSWORD)


class FirstCredentials(Credentials):
    code: str = Field(max_length=100)


class PersonView(Struct, frozen=True, kw_only=True):
    name: str
    role: Role


class SessionState(Struct, frozen=True, kw_only=True):
    """`state`: setup (nobody exists yet), login or ready."""

    state: str
    person: PersonView | None
    build: str
    version: str


class SessionView(Struct, frozen=True, kw_only=True):
    id: str
    created_at: datetime
    seen_at: datetime
    peer_address: str
    user_agent: str
    is_current: bool


class SessionList(Struct, frozen=True, kw_only=True):
    sessions: tuple[SessionView, ...]


async def show_session(request: Request) -> Response:
    found = await find_caller(request)
    if found is not None:
        return answer(_state(request, "ready", found.person))
    is_open = await running(request).accounts.run(parts(request).setup.is_open)
    return answer(_state(request, "setup" if is_open else "login", None))


async def set_up(request: Request, body: FirstCredentials) -> Response:
    desk, visitor = parts(request).login, _visitor(request)
    return await _enter(request, lambda: desk.set_up(body.code, body.name, body.password, visitor))


async def log_in(request: Request, body: Credentials) -> Response:
    desk, visitor = parts(request).login, _visitor(request)
    return await _enter(request, lambda: desk.log_in(body.name, body.password, visitor))


async def log_out(request: Request) -> Response:
    house = running(request)
    await _leave(house, house.cookie.read(request))
    response = answer(_state(request, "login", None))
    house.cookie.remove(response)
    return response


async def list_sessions(request: Request) -> Response:
    asking = caller(request)
    sessions = parts(request).sessions
    found = await running(request).accounts.run(lambda: sessions.of(asking.person))
    views = tuple(
        SessionView(
            id=public_id(each),
            created_at=each.created_at,
            seen_at=each.seen_at,
            peer_address=each.peer_address,
            user_agent=each.user_agent,
            is_current=each.digest == asking.session.digest,
        )
        for each in found
    )
    return answer(SessionList(sessions=views))


async def end_session(request: Request, session_id: str) -> Response:
    asking = caller(request)
    sessions = parts(request).sessions
    is_ended = await running(request).accounts.run(
        lambda: sessions.close_one(asking.person, session_id)
    )
    if not is_ended:
        raise Refused("no-such-session", "you have no session with this id (any more)")
    return answer(Nothing())


async def _enter(request: Request, prove: Callable[[], LoggedIn | TryLater]) -> Response:
    """A new session for whoever can prove who they are; the one they had ends (rotation)."""
    house = running(request)
    outcome = await house.passwords.run(prove)
    if isinstance(outcome, TryLater):
        return too_many_attempts(request.scope, outcome.wait_s)
    await _leave(house, house.cookie.read(request))
    response = answer(_state(request, "ready", outcome.person))
    house.cookie.write(response, outcome.secret)
    return response


async def _leave(house: Running, secret: str | None) -> None:
    if secret is not None:
        await house.accounts.run(lambda: house.parts.sessions.close(secret))


def _visitor(request: Request) -> Visitor:
    peer = request.client.host if request.client is not None else ""
    return Visitor(peer_address=peer, user_agent=request.headers.get("user-agent", ""))


def _state(request: Request, state: str, person: Person | None) -> SessionState:
    view = PersonView(name=person.name, role=person.role) if person is not None else None
    build = parts(request).assets.build
    return SessionState(state=state, person=view, build=build, version=__version__)


ROUTES = (
    Route(
        methods=("GET",),
        path="/api/v1/session",
        endpoint=show_session,
        permission=Permission.OPEN,
        summary="Who is logged in, if anybody is.",
        answer=SessionState,
    ),
    Route(
        methods=("POST",),
        path="/api/v1/setup",
        endpoint=set_up,
        permission=Permission.OPEN,
        summary="Make the first administrator with the printed code, and log in.",
        answer=SessionState,
    ),
    Route(
        methods=("POST",),
        path="/api/v1/login",
        endpoint=log_in,
        permission=Permission.OPEN,
        summary="Log in; sets the session cookie.",
        answer=SessionState,
    ),
    Route(
        methods=("POST",),
        path="/api/v1/logout",
        endpoint=log_out,
        permission=Permission.OPEN,
        summary="End this session.",
        answer=SessionState,
    ),
    Route(
        methods=("GET",),
        path="/api/v1/sessions",
        endpoint=list_sessions,
        permission=Permission.LOGIN,
        summary="The caller's own sessions.",
        answer=SessionList,
    ),
    Route(
        methods=("DELETE",),
        path="/api/v1/sessions/{session_id}",
        endpoint=end_session,
        permission=Permission.LOGIN,
        summary="End one of the caller's own sessions.",
        answer=Nothing,
    ),
)
