"""The directory and the account without rights that the real sensors of the tests run with."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

ACCOUNT = "www-data"


def unprivileged(command: Sequence[str]) -> list[str]:
    """The command as an account without rights, if we are root; as it is otherwise."""
    if os.geteuid() != 0:
        return list(command)
    account = pwd.getpwnam(ACCOUNT)
    ids = ["--reuid", str(account.pw_uid), "--regid", str(account.pw_gid), "--clear-groups"]
    return ["setpriv", *ids, "--", *command]


def sensor_directory() -> Path:
    """A new directory that the unprivileged account owns."""
    directory = Path(tempfile.mkdtemp(prefix="bartizan-sensor-"))
    for name in ("run", "logs", "tmp", "audit", "mlogc", "htdocs"):
        (directory / name).mkdir()
    directory.chmod(0o755)
    return directory


def own(directory: Path) -> None:
    """Give everything in it to the unprivileged account."""
    if os.geteuid() == 0:
        for path in (directory, *directory.rglob("*")):
            shutil.chown(path, ACCOUNT, ACCOUNT)


def without_proxies() -> dict[str, str]:
    """The environment, less what would send loopback traffic elsewhere."""
    return {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
