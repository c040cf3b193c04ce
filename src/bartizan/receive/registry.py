"""The dialects this collector understands, one line each, and whose a path is."""

from typing import NamedTuple

from bartizan.receive.batch import BATCH_DIALECT
from bartizan.receive.contract import Dialect
from bartizan.receive.coraza import CORAZA_DIALECT
from bartizan.receive.mlogc import MLOGC_DIALECT
from bartizan.receive.modsecurity import MODSECURITY_DIALECT

DIALECTS = (MLOGC_DIALECT, MODSECURITY_DIALECT, CORAZA_DIALECT, BATCH_DIALECT)

_BAD_REQUEST = 400
_BY_PATH = {path: dialect for dialect in DIALECTS for path in dialect.paths}


class Addressed(NamedTuple):
    """Whom a path addresses, and the secret in it, if there is one."""

    dialect: Dialect
    secret: bytes | None = None


_ADDRESSED = {path: Addressed(dialect) for path, dialect in _BY_PATH.items()}


def find_dialect(path: str) -> Addressed | None:
    """The dialect that `path` belongs to, or None."""
    found = _ADDRESSED.get(path)
    if found is not None:
        return found
    before, _, secret = path.rpartition("/")
    dialect = _BY_PATH.get(before)
    if dialect is None or not dialect.takes_secret_in_path or not secret:
        return None
    return Addressed(dialect, secret.encode())


def unreadable_status(target: bytes) -> int:
    """What to answer to a request whose head cannot be read, by what is known of its target."""
    found = find_dialect(target.partition(b"?")[0].decode("latin-1"))
    return found.dialect.unreadable_status if found else _BAD_REQUEST
