"""Tokens of programs: one's own, and for administrators everybody's and the installation's.

A secret is in one answer, that of the request which made it, and nowhere else.
"""

from datetime import UTC, datetime

from fastapi import Request
from pydantic import Field
from starlette.responses import Response

from bartizan.accounts.people import MAX_NAME
from bartizan.accounts.permissions import sees_payloads
from bartizan.accounts.tokens import TokenTerms
from bartizan.domain.errors import Refused
from bartizan.domain.person import Person, Role, Token
from bartizan.kit.struct import Struct
from bartizan.present.answers import Nothing, answer
from bartizan.present.api.people import Number, TermsBody
from bartizan.present.api.views import asking
from bartizan.present.guard import caller
from bartizan.present.parts import ConsoleParts, parts, running
from bartizan.present.route import Permission, Route
from bartizan.present.traced import about


class NewToken(TermsBody):
    """`until` without a zone is UTC; null = without end."""

    name: str = Field(max_length=MAX_NAME)
    until: datetime | None = None

    def token_terms(self) -> TokenTerms:
        """`Refused` (`bad-scope`)."""
        terms, until = self.terms(), self.until
        if until is not None:
            until = until.replace(tzinfo=UTC) if until.tzinfo is None else until.astimezone(UTC)
        return TokenTerms(
            name=self.name,
            role=terms.role,
            scope=terms.scope,
            sees_payloads=terms.sees_payloads,
            until=until,
        )


class TokenView(Struct, frozen=True, kw_only=True):
    """`person` is null for the installation's own."""

    id: str
    name: str
    person: str | None
    role: Role
    scope: str
    sees_payloads: bool
    created_at: datetime
    created_by: str
    until: datetime | None
    used_at: datetime | None


class TokenList(Struct, frozen=True, kw_only=True):
    tokens: tuple[TokenView, ...]


class TokenMade(Struct, frozen=True, kw_only=True):
    """`secret` is shown this once."""

    token: TokenView
    secret: str


async def list_tokens(request: Request) -> Response:
    house, asking = parts(request), caller(request)
    found = await running(request).accounts.run(lambda: house.tokens.of(asking.person))
    return answer(TokenList(tokens=tuple(_view(token, asking.name) for token in found)))


async def add_token(request: Request, body: NewToken) -> Response:
    return await _add(request, body, caller(request).person)


async def revoke_token(request: Request, token_id: Number) -> Response:
    return await _revoke(request, token_id, caller(request).person)


async def list_all_tokens(request: Request) -> Response:
    house = parts(request)
    return answer(await running(request).accounts.run(lambda: _list(house)))


async def add_installation_token(request: Request, body: NewToken) -> Response:
    return await _add(request, body, None)


async def revoke_any_token(request: Request, token_id: Number) -> Response:
    return await _revoke(request, token_id, None)


async def _add(request: Request, body: NewToken, owner: Person | None) -> Response:
    house, who, terms = parts(request), asking(request), body.token_terms()

    def add() -> tuple[Token, str]:
        house.saved_views.check_scope(terms.scope, who)
        return house.tokens.add(terms, owner=owner, by=who.name)

    token, secret = await running(request).accounts.run(add)
    until = "without end" if token.until is None else f"until {token.until:%Y-%m-%d}"
    about(request, token.name, f"{token.role.value}; scope {token.scope or 'everything'}; {until}")
    return answer(
        TokenMade(token=_view(token, None if owner is None else owner.name), secret=secret)
    )


async def _revoke(request: Request, token_id: Number, owner: Person | None) -> Response:
    house = parts(request)
    token = await running(request).accounts.run(lambda: house.tokens.revoke(token_id, owner=owner))
    if token is None:
        raise Refused("no-such-token", "there is no token with this id (any more)")
    about(request, token.name)
    return answer(Nothing())


def _list(house: ConsoleParts) -> TokenList:
    names = {person.id: person.name for person in house.people.people()}
    return TokenList(
        tokens=tuple(
            _view(token, names.get(token.person_id or 0)) for token in house.tokens.tokens()
        )
    )


def _view(token: Token, person: str | None) -> TokenView:
    return TokenView(
        id=str(token.id),
        name=token.name,
        person=person,
        role=token.role,
        scope=token.scope,
        sees_payloads=sees_payloads(token.role, stated=token.sees_payloads),
        created_at=token.created_at,
        created_by=token.created_by,
        until=token.until,
        used_at=token.used_at,
    )


_OWN = "/api/v1/tokens"
_ALL = "/api/v1/all-tokens"
ROUTES = (
    Route(
        methods=("GET",),
        path=_OWN,
        endpoint=list_tokens,
        permission=Permission.ACCOUNT,
        summary="The caller's own tokens.",
        answer=TokenList,
    ),
    Route(
        methods=("POST",),
        path=_OWN,
        endpoint=add_token,
        permission=Permission.ACCOUNT,
        summary="Make a token of one's own. The answer has its secret, this once.",
        answer=TokenMade,
        action="token.added",
    ),
    Route(
        methods=("DELETE",),
        path=f"{_OWN}/{{token_id}}",
        endpoint=revoke_token,
        permission=Permission.ACCOUNT,
        summary="Revoke one of one's own tokens at once.",
        answer=Nothing,
        action="token.revoked",
    ),
    Route(
        methods=("GET",),
        path=_ALL,
        endpoint=list_all_tokens,
        permission=Permission.PEOPLE,
        summary="Everybody's tokens and the installation's.",
        answer=TokenList,
    ),
    Route(
        methods=("POST",),
        path=_ALL,
        endpoint=add_installation_token,
        permission=Permission.PEOPLE,
        summary="Make a token of nobody. The answer has its secret, this once.",
        answer=TokenMade,
        action="token.added",
    ),
    Route(
        methods=("DELETE",),
        path=f"{_ALL}/{{token_id}}",
        endpoint=revoke_any_token,
        permission=Permission.PEOPLE,
        summary="Revoke any token at once.",
        answer=Nothing,
        action="token.revoked",
    ),
)
