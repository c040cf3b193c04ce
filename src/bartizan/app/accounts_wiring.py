"""The part of the wiring that is about people: who may come in, and the trail of what they do."""

import getpass
from dataclasses import dataclass

from bartizan.accounts.invitations import Invitations
from bartizan.accounts.oidc.flow import OidcLogin
from bartizan.accounts.oidc.provider import Provider
from bartizan.accounts.people import PeopleDesk
from bartizan.accounts.settings import GroupRule
from bartizan.accounts.tokens import TokenBook
from bartizan.accounts.trail import Trail
from bartizan.accounts.trusted_header import TrustedHeader
from bartizan.accounts.vouched import VouchedPeople
from bartizan.app.settings import Settings
from bartizan.domain.errors import Misconfigured, Refused
from bartizan.domain.person import Role
from bartizan.domain.trail import Means
from bartizan.kit import log
from bartizan.kit.clock import now
from bartizan.kit.networks import address
from bartizan.kit.outbound import Outbound
from bartizan.present.cookies import is_https
from bartizan.query.saved_views import Asking, SavedViews
from bartizan.query.scopes import spelled_scope
from bartizan.store.control import ControlStore

_PROVIDER_WAIT_S = 5.0
_log = log.get("wiring")


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """People and tokens for commands; whatever they change is in the access trail."""

    people: PeopleDesk
    invitations: Invitations
    tokens: TokenBook
    trail: Trail
    views: SavedViews

    def scope(self, text: str) -> str:
        """A scope in its usual spelling; `Refused` (`bad-scope`) if it would show nothing."""
        spelled = spelled_scope(text)
        self.views.check_scope(spelled, Asking(person_id=0, name=_user(), role=Role.ADMIN))
        return spelled

    def note(self, action: str, subject: str, detail: str = "") -> None:
        self.trail.note(action, person=_user(), means=Means.COMMAND, subject=subject, detail=detail)


def accounts(settings: Settings, store: ControlStore) -> Accounts:
    return Accounts(
        people=PeopleDesk(store, now),
        invitations=Invitations(store, now),
        tokens=TokenBook(store, now),
        trail=trail(settings, store),
        views=SavedViews(store, scopes_of_groups(settings), now),
    )


def trail(settings: Settings, store: ControlStore) -> Trail:
    return Trail(store, keep_days=settings.accounts.trail_days)


def oidc(
    settings: Settings, store: ControlStore, people: PeopleDesk
) -> tuple[OidcLogin | None, VouchedPeople | None]:
    """None for both where no provider is set."""
    given = settings.oidc
    if given.issuer is None or given.client_id is None:
        return None, None
    check_rules(given.groups, "oidc.groups")
    provider = Provider(
        issuer=given.issuer,
        client_id=given.client_id,
        client_secret=settings.oidc_secret(),
        outbound=lambda: _outbound(settings),
    )
    login = OidcLogin(given, provider, console_url(settings))
    return login, VouchedPeople(store, people, given.groups, given.default_role)


def trusted_header(
    settings: Settings, store: ControlStore, people: PeopleDesk
) -> TrustedHeader | None:
    given = settings.trusted_header
    if not given.is_on:
        return None
    check_rules(given.groups, "trusted_header.groups")
    warning = open_door(settings)
    if warning is not None:
        _log.warning("trusted_header.listener_open", reason=warning)
    vouched = VouchedPeople(store, people, given.groups, given.default_role)
    return TrustedHeader(given, store, vouched)


def open_door(settings: Settings) -> str | None:
    """Why the trusted header is less safe than it could be; None if it is not."""
    host = settings.console.host
    found = address(host)
    if not settings.trusted_header.is_on or host == "localhost":
        return None
    if found is not None and found.is_loopback:
        return None
    return (
        f"the console listens on {host}, so others than the proxies can reach it: their header is "
        "ignored, but let a firewall allow the proxies alone"
    )


def check_rules(rules: tuple[GroupRule, ...], key: str) -> None:
    for rule in rules:
        try:
            spelled_scope(rule.scope)
        except Refused as reason:
            raise Misconfigured("bad-setting", f"{rule.group}: {reason.message}", key) from reason


def scopes_of_groups(settings: Settings) -> list[tuple[str, str]]:
    """What the groups of people are called to which the settings give scopes, each with its scope.

    A provider and a proxy may each know a group of one name.
    """
    rules = (*settings.oidc.groups, *settings.trusted_header.groups)
    return [(f"group {rule.group}", rule.scope) for rule in rules if rule.scope]


def console_url(settings: Settings) -> str:
    """How browsers reach the console, for the provider to send them back; without a slash."""
    given = settings.console
    if given.public_url is not None:
        return given.public_url.rstrip("/")
    if given.host in ("0.0.0.0", "::"):
        raise Misconfigured(
            "bad-setting", "say how browsers reach the console", "console.public_url"
        )
    host = f"[{given.host}]" if ":" in given.host else given.host
    return f"{'https' if is_https(given) else 'http'}://{host}:{given.port}"


def _outbound(settings: Settings) -> Outbound:
    try:
        return Outbound(ca_file=settings.oidc.ca_file, wait_s=_PROVIDER_WAIT_S)
    except OSError as error:
        raise Misconfigured("unreadable-file", str(error), "oidc.ca_file") from error


def _user() -> str:
    """Who runs the command, as the system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
