"""The key of the pseudonyms: a file that only its owner reads, made when it is first needed.

Whoever has the key can find out which address a pseudonym stands for by trying all of them, so it
is nowhere else: not in a store, a log or a backup. Without it old and new pseudonyms differ.
"""

import os
import secrets
from pathlib import Path
from typing import Final

from bartizan.domain.errors import Misconfigured

_KEY_BYTES: Final = 32


def read_or_make(path: Path) -> bytes:
    """The key in the file. Of several processes that begin at once, one makes it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        _make(path)
    except FileExistsError:
        pass
    except OSError as error:
        raise Misconfigured("unreadable-file", f"cannot make {path}: {error}") from error
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise Misconfigured("unreadable-file", f"cannot read a key from {path}") from error
    if len(key) < _KEY_BYTES:
        raise Misconfigured("bad-key", f"{path} must hold {_KEY_BYTES} bytes or more, as hex")
    return key


def _make(path: Path) -> None:
    """Complete before it is there under its name."""
    if path.exists():
        raise FileExistsError
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(_KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        draft.unlink()
