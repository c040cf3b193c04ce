"""Set-up, log-in, log-out, and a person's sessions."""

from collections.abc import Callable
from datetime import datetime

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from bartizan import __version__
from bartizan.accounts.caller import Caller
from bartizan.accounts.login import LoggedIn, TryLater
from bartizan.accounts.people import MAX_NAME, MAX_PASSWORD
from bartizan.accounts.sessions import public_id
from bartizan.domain.errors import Refused, Unavailable
from bartizan.domain.person import Person, Role, Session, Source
from bartizan.domain.trail import Means
from bartizan.kit.struct import Struct
from bartizan.present.answers import Nothing, answer
from bartizan.present.api.views import asking_of
from bartizan.present.guard import caller, find_caller, visitor
from bartizan.present.parts import Running, parts, running
from bartizan.present.problems import too_many_attempts
from bartizan.present.route import Permission, Route
from bartizan.present.traced import about, no_deed, tell


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: str = Field(max_length=MAX_NAME)
    password: str = Field(max_length=MAX_PASSWORD)


class FirstCredentials(Credentials):
    code: str = Field(max_length=100)


class NewPassword(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    password: str = Field(max_length=MAX_PASSWORD)


class ChangedPassword(NewPassword):
    present: str = Field(max_length=MAX_PASSWORD)


class LinkCode(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    code: str = Field(max_length=100)


class FirstPassword(NewPassword):
    code: str = Field(max_length=100)


class PersonView(Struct, frozen=True, kw_only=True):
    """`scope` is empty for somebody who sees everything; `means` is how they proved who they are.

    `has_password`: whether it is kept here, so that it can be changed here. `begins` are the query
    strings of the saved views that pages begin with for them.
    """

    name: str
    role: Role
    scope: str
    sees_payloads: bool
    means: Means
    has_password: bool
    begins: dict[str, str]


class SessionState(Struct, frozen=True, kw_only=True):
    """`state`: setup (nobody exists yet), login or ready.

    `provider` is what the button for logging in elsewhere says, null where there is none;
    `sign_out` where to go on to after a log-out, to be logged out there too.
    """

    state: str
    person: PersonView | None
    build: str
    version: str
    provider: str | None
    sign_out: str | None = None


class Invited(Struct, frozen=True, kw_only=True):
    """For whom a one-time link is."""

    name: str


class SessionView(Struct, frozen=True, kw_only=True):
    id: str
    created_at: datetime
    seen_at: datetime
    peer_address: str
    user_agent: str
    source: Source
    is_current: bool
    person: str


class SessionList(Struct, frozen=True, kw_only=True):
    sessions: tuple[SessionView, ...]


async def show_session(request: Request) -> Response:
    found = await find_caller(request)
    if found is not None:
        return answer(await _ready(request, found))
    is_open = await running(request).accounts.run(parts(request).setup.is_open)
    return answer(_state(request, "setup" if is_open else "login", None))


async def set_up(request: Request, body: FirstCredentials) -> Response:
    desk, who = parts(request).login, visitor(request)
    return await _enter(request, lambda: desk.set_up(body.code, body.name, body.password, who))


async def log_in(request: Request, body: Credentials) -> Response:
    desk, who = parts(request).login, visitor(request)
    return await _enter(request, lambda: desk.log_in(body.name, body.password, who))


async def show_invitation(request: Request, body: LinkCode) -> Response:
    invitations = parts(request).invitations
    name = await running(request).accounts.run(lambda: invitations.name_of(body.code))
    if name is None:
        raise Refused("wrong-link", "this link was used, renewed, or is too old: ask for one")
    return answer(Invited(name=name))


async def accept_invitation(request: Request, body: FirstPassword) -> Response:
    desk, who = parts(request).login, visitor(request)
    return await _enter(request, lambda: desk.accept(body.code, body.password, who))


async def change_password(request: Request, body: ChangedPassword) -> Response:
    desk, who, asking = parts(request).login, visitor(request), caller(request)
    no_deed(request)  # the desk tells of it, also when it fails
    return await _enter(
        request, lambda: desk.change_password(asking, body.present, body.password, who)
    )


async def log_out(request: Request) -> Response:
    house = running(request)
    found = await find_caller(request)
    elsewhere = await _sign_out_address(request, found)
    await _leave(house, house.cookie.read(request))
    if found is not None and found.session is not None:
        request.state.caller = found
        await tell(request, "logout")
    response = answer(_state(request, "login", None, sign_out=elsewhere))
    house.cookie.remove(response)
    return response


async def log_out_everywhere(request: Request) -> Response:
    """Here, too."""
    house, asking = running(request), caller(request)
    await house.accounts.run(lambda: house.parts.sessions.close_all(asking.person))
    about(request, asking.name)
    response = answer(_state(request, "login", None))
    house.cookie.remove(response)
    return response


async def list_sessions(request: Request) -> Response:
    asking, sessions = caller(request), parts(request).sessions
    found = await running(request).accounts.run(lambda: sessions.of(asking.person))
    return answer(SessionList(sessions=tuple(_view(each, asking.person, asking) for each in found)))


async def end_session(request: Request, session_id: str) -> Response:
    asking = caller(request)
    sessions = parts(request).sessions
    is_ended = await running(request).accounts.run(
        lambda: sessions.close_one(asking.person, session_id)
    )
    if not is_ended:
        raise Refused("no-such-session", "you have no session with this id (any more)")
    about(request, asking.name)
    return answer(Nothing())


async def list_all_sessions(request: Request) -> Response:
    asking, sessions = caller(request), parts(request).sessions
    found = await running(request).accounts.run(sessions.everybodys)
    views = tuple(_view(session, person, asking) for session, person in found)
    return answer(SessionList(sessions=views))


async def end_any_session(request: Request, session_id: str) -> Response:
    sessions = parts(request).sessions
    person = await running(request).accounts.run(lambda: sessions.close_anybodys(session_id))
    if person is None:
        raise Refused("no-such-session", "there is no session with this id (any more)")
    about(request, person.name)
    return answer(Nothing())


async def _enter(request: Request, prove: Callable[[], LoggedIn | TryLater]) -> Response:
    """A new session for whoever can prove who they are; the one they had ends (rotation)."""
    house = running(request)
    outcome = await house.passwords.run(prove)
    if isinstance(outcome, TryLater):
        return too_many_attempts(request.scope, outcome.wait_s)
    await _leave(house, house.cookie.read(request))
    now = await house.accounts.run(lambda: house.parts.sessions.find(outcome.secret))
    response = answer(_state(request, "login", None) if now is None else await _ready(request, now))
    house.cookie.write(response, outcome.secret)
    return response


async def _leave(house: Running, secret: str | None) -> None:
    if secret is not None:
        await house.accounts.run(lambda: house.parts.sessions.close(secret))


async def _sign_out_address(request: Request, found: Caller | None) -> str | None:
    """None also while the provider is away: a log-out here never waits for it to come back."""
    oidc = parts(request).oidc
    is_elsewhere = found and found.session and found.session.source is Source.OIDC
    if oidc is None or not is_elsewhere:
        return None
    try:
        return await running(request).provider.run(oidc.sign_out_address)
    except (Refused, Unavailable):
        return None


def _view(session: Session, person: Person, asking: Caller) -> SessionView:
    return SessionView(
        id=public_id(session),
        created_at=session.created_at,
        seen_at=session.seen_at,
        peer_address=session.peer_address,
        user_agent=session.user_agent,
        source=session.source,
        is_current=asking.session is not None and session.digest == asking.session.digest,
        person=person.name,
    )


async def _ready(request: Request, found: Caller) -> SessionState:
    views, who = running(request).parts.saved_views, asking_of(found)
    begins = await running(request).accounts.run(lambda: views.begins(who))
    return _state(request, "ready", _person(found, begins))


def _state(
    request: Request, state: str, person: PersonView | None, *, sign_out: str | None = None
) -> SessionState:
    house = running(request).parts
    return SessionState(
        state=state,
        person=person,
        build=house.assets.build,
        version=__version__,
        provider=None if house.oidc is None else house.oidc.name,
        sign_out=sign_out,
    )


def _person(found: Caller, begins: dict[str, str]) -> PersonView:
    return PersonView(
        name=found.name,
        role=found.role,
        scope="&".join(found.scopes),
        sees_payloads=found.sees_payloads,
        means=found.means,
        has_password=bool(found.person.password_hash),
        begins=begins,
    )


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
        permission=Permission.ACCOUNT,
        summary="The caller's own sessions.",
        answer=SessionList,
    ),
    Route(
        methods=("DELETE",),
        path="/api/v1/sessions/{session_id}",
        endpoint=end_session,
        permission=Permission.ACCOUNT,
        action="session.ended",
        summary="End one of the caller's own sessions.",
        answer=Nothing,
    ),
    Route(
        methods=("DELETE",),
        path="/api/v1/sessions",
        endpoint=log_out_everywhere,
        permission=Permission.ACCOUNT,
        summary="End all of the caller's own sessions, this one included.",
        answer=SessionState,
        action="sessions.ended",
    ),
    Route(
        methods=("PUT",),
        path="/api/v1/password",
        endpoint=change_password,
        permission=Permission.ACCOUNT,
        summary="Change one's own password; all other sessions end.",
        answer=SessionState,
        action="password.changed",
    ),
    Route(
        methods=("POST",),
        path="/api/v1/invitation",
        endpoint=show_invitation,
        permission=Permission.OPEN,
        summary="For whom a one-time link is.",
        answer=Invited,
    ),
    Route(
        methods=("POST",),
        path="/api/v1/welcome",
        endpoint=accept_invitation,
        permission=Permission.OPEN,
        summary="Choose a password by a one-time link, and log in.",
        answer=SessionState,
    ),
    Route(
        methods=("GET",),
        path="/api/v1/all-sessions",
        endpoint=list_all_sessions,
        permission=Permission.PEOPLE,
        summary="Everybody's sessions.",
        answer=SessionList,
    ),
    Route(
        methods=("DELETE",),
        path="/api/v1/all-sessions/{session_id}",
        endpoint=end_any_session,
        permission=Permission.PEOPLE,
        summary="End anybody's session.",
        answer=Nothing,
        action="session.ended",
    ),
)
