"""How the real senders can say who they are: the table of docs/receiving.md, asked of them."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from tests.peers.arrival import arrived
from tests.servers.audit_log import AuditLog
from tests.servers.bartizan import Api, Bartizan, eventually
from tests.servers.coraza import Coraza
from tests.servers.nginx import Nginx

pytestmark = [pytest.mark.peers, pytest.mark.timeout(600)]

SENDERS: dict[str, tuple[str, Callable[[AuditLog], Nginx | Coraza]]] = {
    "libmodsecurity": ("/v1/modsecurity", Nginx),
    "Coraza": ("/v1/coraza", Coraza),
}
PATH, USER_INFO = "secret in the path", "user and password in the URL"
PASSWORD = "chosen:with%and@and/"


def with_user_info(url: str, name: str, secret: str) -> str:
    return url.replace("//", f"//{quote(name, safe='')}:{quote(secret, safe='')}@")


@pytest.fixture(scope="module")
def sensors(bartizan: Bartizan) -> dict[str, str]:
    """A sensor with a generated secret and one with a chosen password, for each sender."""
    secrets = {}
    for sender in SENDERS:
        name = sender.lower()
        secrets[f"{name}-generated"] = bartizan.add_sensor_with_secret(f"{name}-generated")
        bartizan.add_sensor(f"{name}-chosen", PASSWORD)
        secrets[f"{name}-chosen"] = PASSWORD
    return secrets


def refusals(bartizan: Bartizan) -> int:
    """Deliveries that heard 401, by the collector's own count."""
    url = bartizan.collector_url("/metrics")
    with urlopen(url, timeout=10) as answer:
        text = answer.read().decode()
    found = re.search(r'deliveries_total\{verdict="unauthenticated"\} (\S+)', text)
    return int(float(found[1])) if found else 0


def url_of(bartizan: Bartizan, sender: str, form: str, name: str, secret: str) -> str:
    url = bartizan.collector_url(SENDERS[sender][0])
    return f"{url}/{secret}" if form == PATH else with_user_info(url, name, secret)


@pytest.mark.parametrize(
    ("sender", "form", "kind"),
    [
        ("libmodsecurity", PATH, "generated"),
        ("Coraza", PATH, "generated"),
        ("Coraza", USER_INFO, "generated"),
        ("Coraza", USER_INFO, "chosen"),
    ],
)
def test_the_sender_is_known_by_what_its_url_says(
    bartizan: Bartizan, api: Api, sensors: dict[str, str], sender: str, form: str, kind: str
) -> None:
    name = f"{sender.lower()}-{kind}"
    url = url_of(bartizan, sender, form, name, sensors[name])
    server = SENDERS[sender][1](AuditLog(kind="HTTPS", url=url))
    try:
        seen = server.attack()
        row = arrived(api, seen.unique_id)
    finally:
        server.stop()
    assert row["sensor"] == name
    assert sensors[name] not in bartizan.log


@pytest.mark.parametrize("kind", ["generated", "chosen"])
def test_libmodsecurity_takes_no_url_with_a_user_in_it(
    bartizan: Bartizan, sensors: dict[str, str], kind: str
) -> None:
    """Its configuration allows only letters, digits and a few signs in a URL, and `@` is none."""
    name = f"libmodsecurity-{kind}"
    url = url_of(bartizan, "libmodsecurity", USER_INFO, name, sensors[name])
    with pytest.raises(AssertionError, match=r"nginx ended\n.*Invalid input"):
        Nginx(AuditLog(kind="HTTPS", url=url))


@pytest.mark.parametrize("sender", SENDERS)
def test_a_wrong_secret_is_refused_and_the_web_server_serves_on(
    bartizan: Bartizan, sender: str
) -> None:
    path, start = SENDERS[sender]
    before = refusals(bartizan)
    server = start(AuditLog(kind="HTTPS", url=bartizan.collector_url(f"{path}/wrong")))
    try:
        assert server.attack().is_denied
        eventually(lambda: refusals(bartizan) > before, 20, "a refusal")
        assert server.request("/").status == 200
    finally:
        server.stop()


def test_no_directory_keeps_a_secret_it_should_not(
    bartizan: Bartizan, sensors: dict[str, str]
) -> None:
    """Neither secrets nor the URLs that hold them are in anything the service wrote."""
    files = [file for file in Path(bartizan.data).rglob("*") if file.is_file()]
    assert files
    for secret in sensors.values():
        assert all(secret.encode() not in file.read_bytes() for file in files)
