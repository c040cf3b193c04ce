"""The exact lines to paste into a sensor (formats.md 1.5 has what mlogc makes of them)."""

from bartizan.receive.settings import CollectorSettings

_MLOGC = """\
# ---- /etc/mlogc.conf ---------------------------------------------------------
CollectorRoot       "/var/log/mlogc"
ConsoleURI          "{uri}"
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
{tls}
# ---- in Apache's ModSecurity configuration -------------------------------------
SecAuditEngine          RelevantOnly
SecAuditLogRelevantStatus "^(?:5|4(?!04))"
SecAuditLogParts        ABIJDEFHZ
SecAuditLogType         Concurrent
SecAuditLogStorageDir   /var/log/modsec_audit
SecAuditLog             "|/usr/bin/mlogc /etc/mlogc.conf"

# ---- once, as root ---------------------------------------------------------------
# mkdir -p /var/log/mlogc /var/log/modsec_audit
# chown www-data: /var/log/modsec_audit && a2enmod unique_id security2 && apachectl -t && apachectl graceful
# Keep /etc/mlogc.conf readable by root only: it holds the password.
"""


def mlogc_configuration(collector: CollectorSettings, name: str, secret: str) -> str:
    """The complete `mlogc.conf` and `SecAudit*` lines for one sensor.

    The host is the collector's; when it listens on every address, the placeholder says so.
    """
    scheme = "https" if collector.tls_certificate else "http"
    host = collector.host
    if host in {"0.0.0.0", "::", ""}:
        host = "THIS-MACHINE"
    elif ":" in host:
        host = f"[{host}]"
    tls = (
        "TLSProtocol         2\n"
        "InsecureNoCheckCert 0   # 1 if the certificate's CA is not in the system's store\n"
        if collector.tls_certificate
        else ""
    )
    uri = f"{scheme}://{host}:{collector.port}/rpc/auditLogReceiver"
    return _MLOGC.format(uri=uri, name=name, secret=secret, tls=tls)
