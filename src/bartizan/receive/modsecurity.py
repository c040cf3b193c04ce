"""libmodsecurity 3 with `SecAuditLogType HTTPS` (formats.md 4.6): one entry, always JSON, a `POST`.

A web server's worker waits for the answer, without a limit of its own. Nothing is ever repeated.
It can be told nothing but a URL. `ModSec-unique-id` is the machine's id and not the transaction's.
"""

from bartizan.receive.contract import Dialect, bare_entry
from bartizan.receive.verdict import WRITER

MODSECURITY_DIALECT = Dialect(
    name="modsecurity",
    paths=frozenset({"/v1/modsecurity"}),
    methods=frozenset({"POST"}),
    answers=WRITER,
    unreadable_status=400,
    make_entry=bare_entry,
    takes_secret_in_path=True,
)
