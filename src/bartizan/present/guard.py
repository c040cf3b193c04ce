"""Who may go on: asked once for each request, before anything else of a route runs."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request

from bartizan.accounts.sessions import Caller
from bartizan.domain.errors import Refused
from bartizan.domain.person import Role
from bartizan.present.parts import running
from bartizan.present.route import Permission, Route
from bartizan.query.filters import unknown_parameter

_ROLES = {
    Permission.LOGIN: frozenset(Role),
    Permission.ANALYST: frozenset({Role.ANALYST, Role.ADMIN}),
    Permission.ADMIN: frozenset({Role.ADMIN}),
}


async def find_caller(request: Request) -> Caller | None:
    """Whoever the session cookie stands for."""
    house = running(request)
    secret = house.cookie.read(request)
    if secret is None:
        return None
    return await house.accounts.run(lambda: house.parts.sessions.find(secret))


def caller(request: Request) -> Caller:
    """Who asks; only on routes that need a login."""
    found: Caller = request.state.caller
    return found


def guard(route: Route) -> Callable[[Request], Awaitable[None]]:
    """The check that stands before a route."""

    async def check(request: Request) -> None:
        if route.permission is not Permission.OPEN:
            request.state.caller = await _need(request, route.permission)
        if route.is_api:
            _refuse_unknown_parameters(request, route.parameter_names)

    return check


async def _need(request: Request, permission: Permission) -> Caller:
    found = await find_caller(request)
    if found is None:
        raise Refused("not-logged-in", "log in first")
    if found.person.role not in _ROLES[permission]:
        raise Refused("not-allowed", f"this needs the role {permission.value}")
    return found


def _refuse_unknown_parameters(request: Request, known: tuple[str, ...]) -> None:
    for name in request.query_params:
        if name not in known:
            raise unknown_parameter(name, known)
