"""What to write into an engine's configuration so that `bartizan ship` can send its audit log.

The engines' own lines are those of `sensor_configuration.py` where that has them; what is added
here is how to rotate the log, and the ways that only the shipper has. docs/ship.md explains each.
"""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from bartizan.acquire.ship.settings import ShipSettings
from bartizan.app.sensor_configuration import Kind, configuration, printed
from bartizan.query.sensor_views import Configuration, ConfigurationFile

_URL: Final = "https://COLLECTOR:8888"
_SENSOR: Final = "SENSOR"

_BY_HAND: Final = "or by hand: bartizan --settings /etc/bartizan/ship.toml ship"

_PARALLEL = """\
SecAuditEngine RelevantOnly
SecAuditLogRelevantStatus "^(?:5|4(?!04))"
SecAuditLogParts ABCFHJZ
SecAuditLogFormat JSON
SecAuditLogType Parallel
SecAuditLogStorageDir /var/log/nginx/modsec_audit
SecAuditLogDirMode 0750
SecAuditLogFileMode 0640
# An index that nobody reads; without it nothing is written.
SecAuditLog /dev/null
"""
_APACHE_SERIAL = """\
SecAuditEngine            RelevantOnly
SecAuditLogRelevantStatus "^(?:5|4(?!04))"
SecAuditLogParts          ABIJDEFHZ
SecAuditLogType           Serial
SecAuditLog               /var/log/apache2/modsec_audit.log
"""
_ROTATION = """\
{log} {{
    daily
    rotate 7
    missingok
    notifempty
    compress
    delaycompress
{how}}}
"""
_BY_RELOAD = """\
    create 0640 root adm
    postrotate
        systemctl reload {service}
    endscript
"""
_BY_COPY = """\
    # The engine opens its log once, and not again when it is reloaded. What it writes between copy
    # and truncation is lost: rotate seldom.
    copytruncate
"""
_NGINX_LOG: Final = "/var/log/nginx/modsec_audit.json"
_CORAZA_LOG: Final = "/var/log/coraza/audit.json"
_APACHE_LOG: Final = "/var/log/apache2/modsec_audit.log"
_TREE: Final = "/var/log/nginx/modsec_audit"


def ship_configuration(engine: str, settings: ShipSettings) -> str:
    """Everything to paste, for one of `ENGINES`; what the settings do not say is a placeholder.

    Raises `Refused` for a URL that is none.
    """
    made = ENGINES[engine](settings.url or _URL, settings.sensor or _SENSOR)
    return printed(replace(made, commands=(*made.commands, _BY_HAND)))


def _nginx(url: str, sensor: str) -> Configuration:
    made = configuration(Kind.NGINX, url, sensor)
    return _rotated(made, _NGINX_LOG, _BY_COPY)


def _coraza(url: str, sensor: str) -> Configuration:
    return _rotated(configuration(Kind.CORAZA_SHIP, url, sensor), _CORAZA_LOG, _BY_COPY)


def _nginx_parallel(url: str, sensor: str) -> Configuration:
    made = _shipping(configuration(Kind.NGINX, url, sensor), _NGINX_LOG, f'trees = ["{_TREE}"]')
    engine = replace(made.files[0], content=_PARALLEL)
    return replace(
        made,
        title="nginx with ModSecurity 3, one file for each entry, and the shipper",
        summary="",
        files=(engine, *made.files[1:]),
        commands=(f"install -d -m 750 -o www-data -g adm {_TREE}", *made.commands),
    )


def _apache(url: str, sensor: str) -> Configuration:
    made = configuration(Kind.SHIP, url, sensor)
    settings = f'files = ["{_APACHE_LOG}"]'
    made = _shipping(made, "/var/log/modsec_audit.log", settings)
    engine = ConfigurationFile(
        path="/etc/modsecurity/zz-bartizan.conf",
        content=_APACHE_SERIAL,
        note="new, or at the end of your ModSecurity configuration",
    )
    made = replace(
        made,
        title="Apache with ModSecurity 2, and the shipper instead of mlogc",
        files=(engine, *made.files),
        commands=("apachectl -t && systemctl reload apache2", *made.commands),
    )
    return _rotated(made, _APACHE_LOG, _BY_RELOAD.format(service="apache2"))


def _shipping(made: Configuration, log: str, line: str) -> Configuration:
    """With another line than `files = [LOG]` in the shipper's settings."""
    files = tuple(
        replace(file, content=file.content.replace(f'files = ["{log}"]', line))
        for file in made.files
    )
    return replace(made, files=files)


def _rotated(made: Configuration, log: str, how: str) -> Configuration:
    rotation = ConfigurationFile(
        path="/etc/logrotate.d/bartizan-modsec",
        content=_ROTATION.format(log=log, how=how),
        note="new, unless this log is rotated already; no olddir",
    )
    return replace(made, files=(*made.files, rotation))


ENGINES: Final[dict[str, Callable[[str, str], Configuration]]] = {
    "nginx": _nginx,
    "nginx-parallel": _nginx_parallel,
    "coraza": _coraza,
    "apache": _apache,
}
