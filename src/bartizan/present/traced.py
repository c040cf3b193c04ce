"""The access trail of the console: written by the route table, so that no route can forget it.

What changes something is written down, and so is every route with an `action` of its own, such as
opening a payload. It is written before the answer goes out: what cannot be written is not answered.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bartizan.present.cross_site import SAFE_METHODS
from bartizan.present.guard import caller, visitor
from bartizan.present.parts import running
from bartizan.present.route import Permission, Route


def traced(route: Route) -> Callable[..., Any]:
    """The route's endpoint, with what it does written down."""
    action = action_of(route)
    if action is None:
        return route.endpoint
    ask = route.endpoint

    @wraps(ask)
    async def ask_and_tell(request: Request, **given: Any) -> Response:
        response: Response = await ask(request=request, **given)
        if response.status_code < 400 and not getattr(request.state, "is_no_deed", False):
            await tell(request, action)
        return response

    return ask_and_tell


def action_of(route: Route) -> str | None:
    """What the trail calls it; None for what only shows, and for what tells of itself."""
    if route.permission is Permission.OPEN or not route.is_api:
        return None
    if route.action:
        return route.action
    unsafe = [method for method in route.methods if method not in SAFE_METHODS]
    if not unsafe:
        return None
    return f"{unsafe[0].lower()} {route.path.removeprefix('/api/v1/')}"


def about(request: Request, subject: str, detail: str = "") -> None:
    """Say what the deed of this request was done to, where the path does not tell it."""
    request.state.deed = (subject, detail)


def no_deed(request: Request) -> None:
    """Say that this request did nothing worth telling."""
    request.state.is_no_deed = True


async def tell(request: Request, action: str) -> None:
    house, asking = running(request), caller(request)
    in_path = ", ".join(str(value) for value in request.path_params.values())
    subject, detail = getattr(request.state, "deed", (in_path, ""))
    if asking.token is not None:
        detail = f"token {asking.token.name}" + (f"; {detail}" if detail else "")
    await house.accounts.run(
        lambda: house.parts.trail.note(
            action,
            person=asking.name,
            means=asking.means,
            peer_address=visitor(request).peer_address,
            subject=subject,
            detail=detail,
        )
    )
