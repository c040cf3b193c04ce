"""Logging in with an OpenID Connect provider: the two addresses that a browser visits.

Both answer with a redirect, never with data. What goes wrong is a code in the address of the login
page, which has the words for it.
"""

from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from bartizan.accounts.login import LoggedIn
from bartizan.accounts.oidc.flow import CALLBACK, Attempt, OidcLogin, read_attempt
from bartizan.accounts.vouched import VouchedPeople
from bartizan.domain.errors import BartizanError, Refused
from bartizan.domain.person import Source
from bartizan.kit import log
from bartizan.present.guard import visitor
from bartizan.present.parts import Running, running
from bartizan.present.route import Permission, Route

_log = log.get("login")
_LONGEST_NEXT = 1000
_LONGEST_ANSWER = 8192


async def start(request: Request) -> Response:
    house = running(request)
    oidc, _ = _parts(house)
    wanted = _local(request.query_params.get("next", "/"))
    try:
        attempt, address = await house.provider.run(lambda: oidc.begin(wanted))
    except BartizanError as error:
        _log.warning("oidc.failed", code=error.code, reason=error.message)
        return _to_login(error.code)
    response = _redirect(address)
    house.attempt_cookie.write(response, attempt.as_text())
    return response


async def come_back(request: Request) -> Response:
    house = running(request)
    _parts(house)
    attempt = read_attempt(house.attempt_cookie.read(request) or "")
    answer = {name: value[:_LONGEST_ANSWER] for name, value in request.query_params.items()}
    try:
        entered = await house.provider.run(lambda: _enter(house, request, attempt, answer))
    except BartizanError as error:
        _log.warning("oidc.failed", code=error.code, reason=error.message)
        response = _to_login(error.code)
    else:
        before = house.cookie.read(request)
        if before is not None:
            await house.accounts.run(lambda: house.parts.sessions.close(before))
        response = _redirect(_local(attempt.next) if attempt is not None else "/")
        house.cookie.write(response, entered.secret)
    house.attempt_cookie.remove(response)
    return response


def _enter(
    house: Running, request: Request, attempt: Attempt | None, answer: dict[str, str]
) -> LoggedIn:
    oidc, people = _parts(house)
    desk, who = house.parts.login, visitor(request)
    try:
        person = people.admit(oidc.finish(attempt, answer))
    except Refused as reason:
        desk.refused(reason, who, Source.OIDC)
        raise
    return desk.enter(person, who, Source.OIDC)


def _parts(house: Running) -> tuple[OidcLogin, VouchedPeople]:
    oidc, people = house.parts.oidc, house.parts.oidc_people
    if oidc is None or people is None:
        raise Refused("not-found", "there is nothing here")
    return oidc, people


def _local(path: str) -> str:
    """A page of ours, or the first one: nobody is sent elsewhere from here."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\", "/oidc/", "/api/"))
    is_plain = all("!" <= character <= "~" for character in path) and "\\" not in path
    return path if is_ours and is_plain and len(path) <= _LONGEST_NEXT else "/"


def _to_login(code: str) -> Response:
    return _redirect("/login?" + urlencode({"problem": code}))


def _redirect(address: str) -> Response:
    return RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})


ROUTES = (
    Route(
        methods=("GET",),
        path="/oidc/start",
        endpoint=start,
        permission=Permission.OPEN,
        summary="To the provider.",
    ),
    Route(
        methods=("GET",),
        path=CALLBACK,
        endpoint=come_back,
        permission=Permission.OPEN,
        summary="And back.",
    ),
)
