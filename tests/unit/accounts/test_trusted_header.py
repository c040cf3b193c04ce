"""The trusted header: believed from named proxies alone."""

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from bartizan.accounts.people import PeopleDesk
from bartizan.accounts.settings import GroupRule, TrustedHeaderSettings
from bartizan.accounts.trusted_header import TrustedHeader
from bartizan.accounts.vouched import VouchedPeople
from bartizan.domain.errors import Refused
from bartizan.domain.person import Role, Source

PROXY = "10.1.2.3"
RULES = (
    GroupRule(group="waf", role=Role.ADMIN),
    GroupRule(group="shop", role=Role.ANALYST, scope="host=shop.example", payloads=False),
)


@pytest.fixture
def make(control):
    def build(rules=RULES, default_role=None) -> TrustedHeader:
        settings = TrustedHeaderSettings(
            header="X-Forwarded-User",
            groups_header="X-Forwarded-Groups",
            proxies=("10.1.2.0/24", "2001:db8::7"),
        )
        people = VouchedPeople(control, PeopleDesk(control), rules, default_role)
        return TrustedHeader(settings, control, people, monotonic=lambda: 1000.0)

    return build


def _headers(*users: str, groups: str = "") -> list[tuple[bytes, bytes]]:
    named = [(b"x-forwarded-user", user.encode()) for user in users]
    return [*named, (b"x-forwarded-groups", groups.encode())] if groups else named


@pytest.mark.promise("S26")
def test_a_forged_header_from_elsewhere_is_ignored_and_said_once(make) -> None:
    header = make()
    with capture_logs() as logs:
        for peer in ("10.1.3.3", "203.0.113.7", "2001:db8::8", "", "unix:"):
            assert not header.is_stated(_headers("root"), peer)
    assert [entry["event"] for entry in logs] == ["trusted_header.ignored"]
    assert logs[0]["peer_address"] == "10.1.3.3"
    assert "root" not in str(logs)


@pytest.mark.promise("S26")
@pytest.mark.parametrize("peer", [PROXY, "::ffff:10.1.2.3", "2001:db8::7"])
def test_a_named_proxy_is_believed(make, control, peer) -> None:
    header = make()
    assert header.is_stated(_headers("vera"), peer)
    assert not header.is_stated([], peer)
    person = header.find(_headers("vera", groups="kitchen, shop"))
    assert (person.name, person.role, person.scope) == ("vera", Role.ANALYST, "host=shop.example")
    assert (person.source, person.sees_payloads) == (Source.HEADER, False)
    assert header.find(_headers("vera", groups="shop")).id == person.id


@pytest.mark.promise("S26")
@pytest.mark.parametrize("users", [(), ("",), ("anna", "root"), ("root", "root")])
def test_a_header_that_is_not_one_name_names_nobody(make, users) -> None:
    with pytest.raises(Refused):
        make().find(_headers(*users, groups="waf"))


def test_groups_are_followed_at_each_request(make, control) -> None:
    header = make()
    control.add_first_person("root", "hash", header._people._now())
    vera = header.find(_headers("vera", groups="waf"))
    assert vera.role is Role.ADMIN
    assert header.find(_headers("vera", groups="shop")).role is Role.ANALYST
    with pytest.raises(Refused) as caught:
        header.find(_headers("vera", groups="kitchen"))
    assert caught.value.code == "no-role"
    assert make(default_role=Role.VIEWER).find(_headers("vera")).role is Role.VIEWER


def test_somebody_shut_out_stays_out(make, control) -> None:
    header, desk = make(rules=(), default_role=Role.VIEWER), PeopleDesk(control)
    desk.add("local", "a long enough sentence", Role.ANALYST)
    assert header.find(_headers("local")).role is Role.ANALYST
    header.find(_headers("vera"))
    for name in ("vera", "local"):
        desk.disable(name)
        with pytest.raises(Refused) as caught:
            header.find(_headers(name))
        assert caught.value.code == "disabled"


def test_without_rules_what_an_administrator_made_of_them_stays(make, control) -> None:
    header, desk = make(rules=(), default_role=Role.VIEWER), PeopleDesk(control)
    header.find(_headers("vera"))
    desk.set_role("vera", Role.ANALYST)
    assert header.find(_headers("vera")).role is Role.ANALYST


@pytest.mark.parametrize(
    "settings",
    [
        {"header": "X-User"},
        {"proxies": ("10.0.0.0/8",)},
        {"header": "X-User", "proxies": ("0.0.0.0/0",)},
        {"header": "X-User", "proxies": ("::/0",)},
        {"header": "X-User", "proxies": ("proxy.example",)},
        {"header": "Cookie", "proxies": ("10.0.0.1",)},
        {"header": "X User", "proxies": ("10.0.0.1",)},
        {"groups_header": "X-Groups"},
    ],
)
def test_settings_that_would_believe_everybody_are_refused(settings) -> None:
    with pytest.raises(ValidationError):
        TrustedHeaderSettings(**settings)
