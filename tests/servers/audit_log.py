"""Where a WAF of the tests writes its audit log, and in which format."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class AuditLog:
    """`kind` as `SecAuditLogType` says it, `format` as `SecAuditLogFormat`; `url` for HTTPS."""

    kind: str = "Serial"
    format: str = "JSON"
    url: str = ""

    def directives(self, directory: Path) -> str:
        """The engine's own lines for it, the files in `directory`."""
        target = self.url or f"{directory}/logs/audit.log"
        return (
            f"SecAuditLogType {self.kind}\n"
            f"SecAuditLogFormat {self.format}\n"
            f"SecAuditLogStorageDir {directory}/audit\n"
            f"SecAuditLog {target}\n"
        )
