"""The exact lines to paste into a sensor: one source for the commands and the console.

docs/sensors.md says what is behind each choice. Nothing that a person typed gets into these texts
unchecked: a sensor's name has no character with a meaning in any of them, the collector's address
is read and written anew, and a chosen password that a file could not hold as it is, is refused.
"""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final
from urllib.parse import quote, urlsplit

from msgspec.structs import replace

from bartizan.domain.errors import Refused
from bartizan.query.sensor_views import Configuration, ConfigurationFile
from bartizan.receive.settings import CollectorSettings

PLACEHOLDER: Final = "PASTE-THE-SECRET-HERE"
_NOWHERE: Final = "THIS-MACHINE"
_ANY: Final = frozenset({"0.0.0.0", "::", ""})
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]")
_PATH: Final = re.compile(r"(/[A-Za-z0-9._~-]{1,100}){0,5}/?")
_VISIBLE: Final = re.compile(r"[!-~]{1,300}")
_PLAIN: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # no space, quote or backslash


class Kind(StrEnum):
    """The ways for a web server to deliver."""

    APACHE = "apache"
    NGINX = "nginx"
    NGINX_HTTPS = "nginx-https"
    CORAZA = "coraza"
    CORAZA_SHIP = "coraza-ship"
    SHIP = "ship"
    CURL = "curl"


def collector_address(collector: CollectorSettings, typed: str | None = None) -> str:
    """How a web server reaches the collector: as typed, or as the settings say.

    When the collector listens on every address, a placeholder stands for the host. Raises `Refused`
    (`bad-collector`) for what is no address.
    """
    if typed:
        return _checked_address(typed)
    if collector.public_url is not None:
        return _checked_address(collector.public_url)
    scheme = "https" if collector.tls_certificate else "http"
    host = collector.host
    if host in _ANY:
        host = _NOWHERE
    elif ":" in host:
        host = f"[{host}]"
    return f"{scheme}://{host}:{collector.port}"


def _checked_address(typed: str) -> str:
    typed = typed.strip()
    if not _VISIBLE.fullmatch(typed):
        raise _bad_collector()
    try:
        split = urlsplit(typed)
        port = split.port
    except ValueError:
        raise _bad_collector() from None
    host = split.netloc.rpartition("@")[2]
    if port is not None:
        host = host.rpartition(":")[0]
    is_plain = "@" not in split.netloc and not split.query and not split.fragment
    if split.scheme not in {"http", "https"} or not is_plain:
        raise _bad_collector()
    if not _HOST.fullmatch(host) or not _PATH.fullmatch(split.path):
        raise _bad_collector()
    suffix = "" if port is None else f":{port}"
    return f"{split.scheme}://{host}{suffix}{split.path.rstrip('/')}"


def _bad_collector() -> Refused:
    return Refused(
        "bad-collector",
        "the collector's address is written as https://waf.example:8888",
        "collector",
    )


def configurations(address: str, name: str, secret: str = PLACEHOLDER) -> tuple[Configuration, ...]:
    """All ways, for a sensor of that name. `address` is what `collector_address` gave."""
    return tuple(configuration(kind, address, name, secret) for kind in Kind)


def configuration(kind: Kind, address: str, name: str, secret: str = PLACEHOLDER) -> Configuration:
    """One way. Raises `Refused` (`bad-password`) for a secret that its files cannot hold."""
    if not _PLAIN.fullmatch(secret):
        raise Refused(
            "bad-password",
            "a password with spaces, quotes or backslashes fits into no configuration file",
            "password",
        )
    made = _MAKERS[kind](address, name, secret)
    if _is_exposed(address):
        made = replace(made, warnings=(*made.warnings, _PLAIN_HTTP))
    return made


def printed(one: Configuration) -> str:
    """For a terminal: everything in one piece."""
    return "\n".join(_pieces(one))


def _pieces(one: Configuration) -> Iterator[str]:
    yield f"# {one.title}"
    for warning in one.warnings:
        yield f"# NOTE: {warning}"
    for file in one.files:
        yield ""
        note = f" ({file.note})" if file.note else ""
        yield f"# ---- {file.path}{note} ".ljust(79, "-")
        yield file.content.rstrip("\n")
    if one.commands:
        yield ""
        yield "# ---- once, as root ".ljust(79, "-")
        yield from (f"# {command}" for command in one.commands)
    yield ""


_MLOGC = """\
CollectorRoot       "/var/log/mlogc"
ConsoleURI          "{address}/rpc/auditLogReceiver"
SensorUsername      "{name}"
SensorPassword      "{secret}"
LogStorageDir       "/var/log/modsec_audit"
TransactionLog      "mlogc-transaction.log"
QueuePath           "mlogc-queue.log"
ErrorLog            "mlogc-error.log"
LockFile            "mlogc.lck"
ErrorLogLevel       3
KeepEntries         0
MaxConnections      10
MaxWorkerRequests   1000
TransactionDelay    50
StartupDelay        5000
CheckpointInterval  15
ServerErrorTimeout  60
"""
_MLOGC_TLS = """\
# TLS 1.2 or later. 1 instead of 0 if the certificate's CA is not in this machine's store.
TLSProtocol         2
InsecureNoCheckCert 0
"""
_APACHE = """\
SecAuditEngine          RelevantOnly
SecAuditLogRelevantStatus "^(?:5|4(?!04))"
SecAuditLogParts        ABIJDEFHZ
SecAuditLogType         Concurrent
SecAuditLogStorageDir   /var/log/modsec_audit
SecAuditLog             "|/usr/bin/mlogc /etc/mlogc.conf"
"""


def _apache(address: str, name: str, secret: str) -> Configuration:
    tls = _MLOGC_TLS if address.startswith("https:") else ""
    return Configuration(
        kind=Kind.APACHE.value,
        title="Apache with ModSecurity 2 and mlogc",
        summary="mlogc comes with ModSecurity. It keeps what the collector has not taken.",
        warnings=(),
        files=(
            ConfigurationFile(
                path="/etc/mlogc.conf",
                content=_MLOGC.format(address=address, name=name, secret=secret) + tls,
                note="new; readable by root only, for it holds the secret",
                is_secret=True,
            ),
            ConfigurationFile(
                path="/etc/modsecurity/zz-bartizan.conf",
                content=_APACHE,
                note="new, or at the end of your ModSecurity configuration",
            ),
        ),
        commands=(
            "mkdir -p /var/log/mlogc /var/log/modsec_audit",
            "chown www-data: /var/log/modsec_audit && chmod 600 /etc/mlogc.conf",
            "a2enmod unique_id security2 && apachectl -t && apachectl graceful",
        ),
    )


# One space each: libmodsecurity and Coraza take more as part of the value.
_V3_SERIAL = """\
SecAuditEngine RelevantOnly
SecAuditLogRelevantStatus "^(?:5|4(?!04))"
SecAuditLogParts ABCFHJZ
SecAuditLogFormat JSON
SecAuditLogType Serial
SecAuditLog {file}
"""
_V3_HTTPS = """\
SecAuditEngine RelevantOnly
SecAuditLogRelevantStatus "^(?:5|4(?!04))"
SecAuditLogParts ABCFHJZ
SecAuditLogFormat JSON
SecAuditLogType HTTPS
SecAuditLog {address}/v1/modsecurity/{secret}
"""
_NGINX_FILE = "/etc/nginx/modsecurity-bartizan.conf"
_NGINX_NOTE = "new; Include it at the end of the file that modsecurity_rules_file names"
_NGINX_COMMANDS = (
    f"echo 'Include {_NGINX_FILE}' >> /etc/nginx/modsecurity.conf",
    "nginx -t && systemctl reload nginx",
)
_NO_ZONE = (
    "This log has times without a time zone: set the sensor's zone to that of the web server."
)
_IN_ADDRESS = "The secret stands in the address: keep the file readable by its server only."
_BLOCKS = (
    "ModSecurity 3 sends each entry inside of the request: the nginx worker, with all its visitors, "
    "stands still until the collector answers. It has no time limit and never tries again: what "
    "cannot be delivered is lost. Where that matters take the shipper."
)
_ONE_SECOND = (
    "Coraza waits for the collector at most one second and never tries again: what is written while "
    "the collector is away is lost. Where that matters take the shipper."
)
_PLAIN_HTTP = "The address is http: whoever is on the way can read the secret and the entries."


def _nginx(address: str, name: str, secret: str) -> Configuration:
    log = "/var/log/nginx/modsec_audit.json"
    return Configuration(
        kind=Kind.NGINX.value,
        title="nginx with ModSecurity 3, and the shipper",
        summary="ModSecurity writes a file, the shipper follows it. Nothing is lost while the "
        "collector is away, and no request waits for it.",
        warnings=(_NO_ZONE,),
        files=(
            ConfigurationFile(
                path=_NGINX_FILE, content=_V3_SERIAL.format(file=log), note=_NGINX_NOTE
            ),
            *_shipper_files(address, name, secret, log),
        ),
        commands=(*_NGINX_COMMANDS, *_SHIPPER_COMMANDS),
    )


def _nginx_https(address: str, _name: str, secret: str) -> Configuration:
    return Configuration(
        kind=Kind.NGINX_HTTPS.value,
        title="nginx with ModSecurity 3, by its own HTTPS writer",
        summary="No program beside nginx, at a price: read the warning.",
        warnings=(_BLOCKS, _NO_ZONE, _IN_ADDRESS),
        files=(
            ConfigurationFile(
                path=_NGINX_FILE,
                content=_V3_HTTPS.format(address=address, secret=quote(secret, safe="")),
                note=_NGINX_NOTE,
                is_secret=True,
            ),
        ),
        commands=(f"chmod 600 {_NGINX_FILE}", *_NGINX_COMMANDS),
    )


# Go's regular expressions know no look-ahead.
_CORAZA_HTTPS = """\
SecAuditEngine RelevantOnly
SecAuditLogRelevantStatus "^(?:5|4(?:0[0-35-9]|[1-9]))"
SecAuditLogParts ABCFHKZ
SecAuditLogFormat JSON
SecAuditLogType Https
SecAuditLog {address}/v1/coraza/{secret}
"""
_CORAZA_SERIAL = """\
SecAuditEngine RelevantOnly
SecAuditLogRelevantStatus "^(?:5|4(?:0[0-35-9]|[1-9]))"
SecAuditLogParts ABCFHKZ
SecAuditLogFormat JSON
SecAuditLogType Serial
SecAuditLog {file}
"""
_CORAZA_NOTE = "at the end of Coraza's directives"


def _coraza(address: str, _name: str, secret: str) -> Configuration:
    return Configuration(
        kind=Kind.CORAZA.value,
        title="Coraza, by its own HTTPS writer",
        summary="Coraza sends each entry itself.",
        warnings=(_ONE_SECOND, _IN_ADDRESS),
        files=(
            ConfigurationFile(
                path="coraza.conf",
                content=_CORAZA_HTTPS.format(address=address, secret=quote(secret, safe="")),
                note=_CORAZA_NOTE,
                is_secret=True,
            ),
        ),
        commands=(),
    )


def _coraza_ship(address: str, name: str, secret: str) -> Configuration:
    log = "/var/log/coraza/audit.json"
    return Configuration(
        kind=Kind.CORAZA_SHIP.value,
        title="Coraza, and the shipper",
        summary="Coraza writes a file, the shipper follows it. Nothing is lost while the "
        "collector is away.",
        warnings=(),
        files=(
            ConfigurationFile(
                path="coraza.conf", content=_CORAZA_SERIAL.format(file=log), note=_CORAZA_NOTE
            ),
            *_shipper_files(address, name, secret, log),
        ),
        commands=_SHIPPER_COMMANDS,
    )


_SHIP = """\
[ship]
url = "{address}"
sensor = "{name}"
secret_file = "/etc/bartizan/ship.secret"
files = ["{log}"]
"""
_SHIPPER_COMMANDS = (
    "chmod 600 /etc/bartizan/ship.secret",
    "systemctl enable --now bartizan-ship",
)


def _shipper_files(
    address: str, name: str, secret: str, log: str
) -> tuple[ConfigurationFile, ConfigurationFile]:
    return (
        ConfigurationFile(
            path="/etc/bartizan/ship.toml",
            content=_SHIP.format(address=address, name=name, log=log),
            note="new",
        ),
        ConfigurationFile(
            path="/etc/bartizan/ship.secret",
            content=secret + "\n",
            note="new; readable by the shipper only",
            is_secret=True,
        ),
    )


def _ship(address: str, name: str, secret: str) -> Configuration:
    return Configuration(
        kind=Kind.SHIP.value,
        title="The shipper, for logs that are written already",
        summary="Any audit log of ModSecurity or Coraza, any format: it is told apart by content.",
        warnings=(),
        files=_shipper_files(address, name, secret, "/var/log/modsec_audit.log"),
        commands=_SHIPPER_COMMANDS,
    )


def _curl(address: str, name: str, secret: str) -> Configuration:
    command = (
        "curl --fail-with-body --user '{user}' --data-binary @{file} \\\n  {address}/v1/entries\n"
    )
    user = f"{name}:{secret}".replace("'", "'\\''")
    return Configuration(
        kind=Kind.CURL.value,
        title="curl, Vector, Fluent Bit and whatever speaks HTTP",
        summary="POST entries of any format, one after another; the answer tells of each.",
        warnings=(),
        files=(
            ConfigurationFile(
                path="a shell",
                content=command.format(
                    user=user, file="/var/log/modsec_audit.log", address=address
                ),
                is_secret=True,
            ),
        ),
        commands=(),
    )


def _is_exposed(address: str) -> bool:
    split = urlsplit(address)
    return split.scheme == "http" and split.hostname not in {"localhost", "127.0.0.1", "::1"}


_MAKERS: Final[dict[Kind, Callable[[str, str, str], Configuration]]] = {
    Kind.APACHE: _apache,
    Kind.NGINX: _nginx,
    Kind.NGINX_HTTPS: _nginx_https,
    Kind.CORAZA: _coraza,
    Kind.CORAZA_SHIP: _coraza_ship,
    Kind.SHIP: _ship,
    Kind.CURL: _curl,
}
