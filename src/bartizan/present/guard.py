"""Who may go on: asked once for each request, before anything else of a route runs."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request

from bartizan.accounts.caller import Caller
from bartizan.accounts.login import Visitor
from bartizan.domain.clearance import Clearance
from bartizan.domain.errors import Refused, Unavailable
from bartizan.present.bearer import bearer_token
from bartizan.present.parts import Running, running
from bartizan.present.route import Permission, Route
from bartizan.query.filters import unknown_parameter
from bartizan.query.scopes import read_clearance, views_of


async def find_caller(request: Request) -> Caller | None:
    """Whoever a token, a trusted proxy or the session cookie stands for, in this order."""
    house = running(request)
    secret = bearer_token(request.scope["headers"])
    if secret is not None:
        return await house.accounts.run(lambda: _of_token(house, secret, request))
    headers, peer = request.scope["headers"], visitor(request).peer_address
    proxy = house.parts.trusted_header
    if proxy is not None and proxy.is_stated(headers, peer):
        return Caller(person=await house.accounts.run(lambda: proxy.find(headers)))
    cookie = house.cookie.read(request)
    if cookie is None:
        return None
    return await house.accounts.run(lambda: house.parts.sessions.find(cookie))


def caller(request: Request) -> Caller:
    """Who asks; only on routes that need a login."""
    found: Caller = request.state.caller
    return found


def clearance(request: Request) -> Clearance:
    """What they may see; only on routes that need a login."""
    found: Clearance = request.state.clearance
    return found


def visitor(request: Request) -> Visitor:
    peer = request.client.host if request.client is not None else ""
    return Visitor(peer_address=peer, user_agent=request.headers.get("user-agent", ""))


async def clearance_of(request: Request, found: Caller) -> Clearance:
    """`Refused` (`bad-scope`) for a scope that cannot be read (any more): then they see nothing."""
    house = running(request)

    def read() -> Clearance:
        return read_clearance(
            found.scopes,
            sees_payloads=found.sees_payloads,
            views=house.parts.saved_views.query_of,
            guessing=found.guessing_scope,
        )

    if any(map(views_of, found.scopes)):
        return await house.accounts.run(read)  # views may have changed, so they are looked up
    return read()


async def may_go_on(request: Request) -> bool:
    """Whether whoever began a long answer still may have it. Having it counts as use."""
    try:
        found = await find_caller(request)
        if found is None:
            return False
        return await clearance_of(request, found) == clearance(request)
    except Refused:
        return False
    except Unavailable:
        return True  # nobody can log out either while the accounts cannot be read


def guard(route: Route) -> Callable[[Request], Awaitable[None]]:
    """The check that stands before a route."""

    async def check(request: Request) -> None:
        if route.permission is not Permission.OPEN:
            found = await _need(request, route.permission)
            request.state.caller = found
            request.state.clearance = await clearance_of(request, found)
            request.state.parts = running(request).parts.within(request.state.clearance)
        if route.is_api:
            _refuse_unknown_parameters(request, route.parameter_names)

    return check


def _of_token(house: Running, secret: str, request: Request) -> Caller | None:
    found = house.parts.tokens.find(secret)
    if found is None:
        peer = visitor(request).peer_address
        house.parts.trail.note_stranger("token.refused", peer_address=peer)
    return found


async def _need(request: Request, permission: Permission) -> Caller:
    found = await find_caller(request)
    if found is None:
        raise Refused("not-logged-in", "log in first")
    if not found.may(permission):
        raise Refused("not-allowed", _MISSING.get(permission, f"this needs {permission.value}"))
    return found


_MISSING = {
    Permission.ACCOUNT: "this is for people, not for their tokens",
    Permission.PAYLOADS: "this needs the right to see payloads",
    Permission.ORIGINALS: "this needs the role admin and the right to see payloads",
    Permission.ANALYST: "this needs the role analyst",
    Permission.ADMIN: "this needs the role admin",
    Permission.PEOPLE: "this needs the role admin",
    Permission.TRAIL: "this needs the role admin",
}


def _refuse_unknown_parameters(request: Request, known: tuple[str, ...]) -> None:
    for name in request.query_params:
        if name not in known:
            raise unknown_parameter(name, known)
