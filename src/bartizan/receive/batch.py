"""Entries by the batch: `ship`, log shippers of others, curl. `batches.py` has the work of it."""

from bartizan.receive.contract import Dialect
from bartizan.receive.verdict import BATCH

BATCH_DIALECT = Dialect(
    name="batch",
    paths=frozenset({"/v1/entries"}),
    methods=frozenset({"POST", "PUT"}),
    answers=BATCH,
    unreadable_status=400,
    make_entry=None,
)
