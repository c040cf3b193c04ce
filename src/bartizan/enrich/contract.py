"""What every enricher promises.

Duties: total (a hostile or empty transaction goes through unharmed), pure but for its data files,
microseconds per call, and a missing data file is not an error: the fact is then unknown.
"""

from typing import Protocol

from bartizan.domain.transaction import Transaction


class Enricher(Protocol):
    """Adds facts to a transaction. Registered by one line in `registry.py`."""

    def enrich(self, transaction: Transaction) -> Transaction:
        """Return the transaction with the facts added, or the same one."""
        ...
