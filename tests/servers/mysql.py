"""A private MySQL, as `mariadb.py` has a private MariaDB.

Debian has none, so scripts/unpack_mysql.sh provides one with libraries of its own. Its user has a
password, because what MySQL 8 and newer make of one is their own (caching_sha2_password).
"""

import shutil
from pathlib import Path

from tests.servers.mariadb import MariaDb

UNPACKED = Path.home() / ".cache/bartizan/mysql"
_LIBRARIES = "usr/lib/x86_64-linux-gnu"


def is_installed() -> bool:
    return (UNPACKED / "usr/sbin/mysqld").exists()


class Mysql(MariaDb):
    """One server."""

    password = "only-for-tests"

    def _initializer(self) -> list[str]:
        root = self.directory / "unpacked"  # where an account without rights may read it
        clients = shutil.ignore_patterns("bin")
        shutil.copytree(UNPACKED / "usr", root / "usr", symlinks=True, ignore=clients)
        first = self.directory / "first.sql"
        first.write_text(
            f"CREATE USER IF NOT EXISTS 'root'@'%' IDENTIFIED BY '{self.password}';\n"
            "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;\n"
        )
        return [*self._mysqld(), "--initialize-insecure", f"--datadir={self.directory / 'data'}"]

    def _server(self) -> list[str]:
        return [
            *self._mysqld(),
            f"--init-file={self.directory / 'first.sql'}",
            "--secure-file-priv=NULL",
            "--mysqlx=OFF",
            "--disable-log-bin",
        ]

    def _mysqld(self) -> list[str]:
        root = self.directory / "unpacked"
        libraries = root / _LIBRARIES
        return [
            str(libraries / "ld-linux-x86-64.so.2"),
            "--library-path",
            str(libraries),
            str(root / "usr/sbin/mysqld"),
            "--no-defaults",
            f"--basedir={root / 'usr'}",
        ]
