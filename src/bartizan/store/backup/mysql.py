"""MySQL and MariaDB: mariadb-dump or mysqldump, and their client."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL

from bartizan.store.backup.contract import OnPart
from bartizan.store.backup.programs import found, run

_PACKAGE: Final = "mariadb-client or mysql-client"
_DUMP: Final = ("mariadb-dump", "mysqldump")
_CLIENT: Final = ("mariadb", "mysql")
_PACKET: Final = "--max-allowed-packet=64M"


class MysqlDumper:
    """One consistent read of the tables, without a lock that anybody would notice."""

    engine = "mysql"
    suffix = ".sql"

    def __init__(self, url: URL, tables: Sequence[str]) -> None:
        self._url = url
        self._tables = tables

    def save(self, file: Path, on_part: OnPart = lambda _done, _of: None) -> None:  # noqa: ARG002
        program = found(_DUMP, _PACKAGE)
        with self._options() as options, open(file, "xb", opener=_private) as output:
            run(
                [
                    program,
                    options,
                    "--single-transaction",
                    "--quick",
                    "--hex-blob",
                    "--skip-lock-tables",
                    "--no-tablespaces",
                    "--default-character-set=utf8mb4",
                    _PACKET,
                    str(self._url.database),
                    *self._tables,
                ],
                environment=os.environ,
                writes=output,
            )
            output.flush()
            os.fsync(output.fileno())

    def load(self, file: Path) -> None:
        program = found(_CLIENT, _PACKAGE)
        with self._options() as options:
            run(
                [
                    program,
                    options,
                    "--default-character-set=utf8mb4",
                    "--binary-mode",
                    _PACKET,
                    str(self._url.database),
                ],
                environment=os.environ,
                reads=file,
            )

    @contextmanager
    def _options(self) -> Iterator[str]:
        """Where the server is, in a file: arguments are there for everybody to read."""
        url, query = self._url, self._url.query
        lines = ["[client]"]
        known = {
            "host": url.host,
            "port": url.port,
            "user": url.username,
            "password": url.password,
            "socket": query.get("unix_socket"),
            "ssl-ca": query.get("ssl_ca"),
            "ssl-cert": query.get("ssl_cert"),
            "ssl-key": query.get("ssl_key"),
        }
        if query.get("ssl_verify_identity") == "true":
            # Each client knows one of them, and passes over what it does not know.
            lines += ["loose-ssl-verify-server-cert", "loose-ssl-mode=VERIFY_IDENTITY"]
        lines += [f"{name}={_quoted(str(value))}" for name, value in known.items() if value]
        with tempfile.NamedTemporaryFile("w", suffix=".cnf") as options:  # made with mode 0600
            options.write("\n".join(lines) + "\n")
            options.flush()
            yield f"--defaults-file={options.name}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
