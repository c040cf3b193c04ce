"""PostgreSQL: pg_dump and pg_restore."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL

from bartizan.store.backup.contract import OnPart
from bartizan.store.backup.programs import found, run

_PACKAGE: Final = "postgresql-client"
_OPTIONS: Final = {
    "host": "PGHOST",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}


class PostgresqlDumper:
    """The custom format, which packs as it goes."""

    engine = "postgresql"
    suffix = ".pgdump"

    def __init__(self, url: URL, tables: Sequence[str]) -> None:
        self._url = url
        self._tables = tables

    def save(self, file: Path, on_part: OnPart = lambda _done, _of: None) -> None:  # noqa: ARG002
        program = found(["pg_dump"], _PACKAGE)
        with open(file, "xb", opener=_private) as output:
            run(
                [
                    program,
                    "--format=custom",
                    "--no-owner",
                    "--no-acl",
                    *(f"--table={name}" for name in self._tables),
                ],
                environment=self._environment(),
                writes=output,
            )
            output.flush()
            os.fsync(output.fileno())

    def load(self, file: Path) -> None:
        program = found(["pg_restore"], _PACKAGE)
        database = str(self._url.database)
        run(
            [
                program,
                "--clean",
                "--if-exists",
                "--no-owner",
                "--no-acl",
                "--single-transaction",
                f"--dbname={database}",
            ],
            environment=self._environment(),
            reads=file,
        )

    def _environment(self) -> dict[str, str]:
        """Where the server is: arguments are there for everybody to read, the environment not."""
        url = self._url
        known = {
            "PGHOST": url.host,
            "PGPORT": url.port,
            "PGUSER": url.username,
            "PGPASSWORD": url.password,
            "PGDATABASE": url.database,
            **{_OPTIONS[name]: value for name, value in url.query.items() if name in _OPTIONS},
        }
        return dict(os.environ) | {name: str(value) for name, value in known.items() if value}


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
