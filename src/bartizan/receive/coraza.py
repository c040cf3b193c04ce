"""Coraza's `https` writer (formats.md 5.6): one entry in the format it is set to, a `POST`.

A request waits for the answer, for 1 s at most. Nothing is ever repeated. It can be told nothing
but a URL.
"""

from bartizan.receive.contract import Dialect, bare_entry
from bartizan.receive.verdict import WRITER

CORAZA_DIALECT = Dialect(
    name="coraza",
    paths=frozenset({"/v1/coraza"}),
    methods=frozenset({"POST"}),
    answers=WRITER,
    unreadable_status=400,
    make_entry=bare_entry,
    takes_secret_in_path=True,
)
