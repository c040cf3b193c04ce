"""All metrics, declared in one place. Labels come from closed sets, never from the wire.

Names: `bartizan_<area>_<noun>_<unit>_total`. docs/metrics.md lists them; a test holds it to that.
"""

import os
from pathlib import Path

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

# The client library's own switch: where processes of one service keep their shares of each metric.
SHARED_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"

DELIVERIES = Counter(
    "bartizan_receive_deliveries_total", "Deliveries answered, by verdict.", ["verdict"]
)
ENTRIES = Counter("bartizan_receive_entries_total", "Entries answered, by verdict.", ["verdict"])
RECEIVED_BYTES = Counter("bartizan_receive_bytes_total", "Bytes of entries accepted.")
ACKNOWLEDGE_SECONDS = Histogram(
    "bartizan_receive_acknowledge_seconds",
    "From the end of a delivery's head to its answer.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6),
)
SLOW_CLIENTS = Counter(
    "bartizan_receive_slow_clients_total", "Connections closed by the guard.", ["stage"]
)
SPOOL_COMMITS = Counter("bartizan_spool_commits_total", "Group commits of the spool.")
SPOOL_ENTRIES = Gauge(
    "bartizan_spool_entries", "Entries waiting in the spool.", multiprocess_mode="mostrecent"
)
SPOOL_BYTES = Gauge(
    "bartizan_spool_bytes", "Size of the spool's files.", multiprocess_mode="mostrecent"
)
DEAD_LETTERS_KEPT = Gauge(
    "bartizan_spool_dead_letters", "Dead letters now.", multiprocess_mode="mostrecent"
)
DEAD_LETTER_BYTES = Gauge(
    "bartizan_spool_dead_letter_bytes", "Bytes of dead letters.", multiprocess_mode="mostrecent"
)
DEAD_LETTERS_REVIVED = Gauge(
    "bartizan_spool_dead_letters_revived",
    "Dead letters ever put back to be decoded again.",
    multiprocess_mode="mostrecent",
)
DEAD_LETTERS_REMOVED = Gauge(
    "bartizan_spool_dead_letters_removed",
    "Dead letters ever removed on purpose.",
    multiprocess_mode="mostrecent",
)
DEAD_LETTERS = Counter(
    "bartizan_ingest_dead_letters_total", "Entries set aside undecoded, by reason.", ["code"]
)
STORED = Counter("bartizan_ingest_stored_total", "Transactions newly stored.")
DUPLICATES = Counter("bartizan_ingest_duplicates_total", "Entries that were stored already.")
STORE_RETRIES = Counter("bartizan_ingest_store_retries_total", "Batches that had to be retried.")
REDACTED = Counter(
    "bartizan_redaction_replaced_total",
    "Places in entries where something was taken out, by kind and name of the rule.",
    ["kind", "rule"],
)
REDACTION_WITHHELD = Counter(
    "bartizan_redaction_withheld_total", "Entries of which no content was kept, to be safe."
)
RETENTION_REMOVED = Counter(
    "bartizan_retention_removed_total", "Removed on purpose, by class.", ["of"]
)
RETENTION_RUNS = Counter("bartizan_retention_runs_total", "Runs ended, by outcome.", ["outcome"])
RETENTION_EMERGENCY = Gauge(
    "bartizan_retention_emergency",
    "1 while the oldest are removed because the disk is nearly full.",
    multiprocess_mode="mostrecent",
)
RETENTION_USED_BYTES = Gauge(
    "bartizan_retention_used_bytes",
    "What the transactions and their indexes take.",
    multiprocess_mode="mostrecent",
)
RETENTION_REUSABLE_BYTES = Gauge(
    "bartizan_retention_reusable_bytes",
    "Room that the database keeps for what comes next.",
    multiprocess_mode="mostrecent",
)
RETENTION_FREE_BYTES = Gauge(
    "bartizan_retention_free_bytes",
    "Free on the disk of the store; -1 where that cannot be seen.",
    multiprocess_mode="mostrecent",
)
RETENTION_CLOCK_DOUBTED = Gauge(
    "bartizan_retention_clock_doubted",
    "1 while nothing is removed for its age, because the clock jumped.",
    multiprocess_mode="mostrecent",
)
RETENTION_HOLDS = Gauge(
    "bartizan_retention_holds", "Holds that are not released.", multiprocess_mode="mostrecent"
)
RETENTION_LOOKED_AT = Gauge(
    "bartizan_retention_looked_timestamp_seconds",
    "When retention last looked.",
    multiprocess_mode="mostrecent",
)
CSP_REPORTS = Counter(
    "bartizan_console_policy_reports_total", "Reports of browsers that a page broke the policy."
)


def exposition() -> bytes:
    """All metrics as Prometheus text: of every role, if they share a directory, else our own."""
    return generate_latest(_registry())


def counted(counter: Counter) -> list[tuple[tuple[str, ...], int]]:
    """What a counter is at, by the values of its labels: of every role, as `exposition`."""
    found = []
    for family in _registry().collect():
        for sample in family.samples:
            if sample.name == f"{counter._name}_total":  # noqa: SLF001 - it has no other name
                values = tuple(sample.labels[name] for name in counter._labelnames)  # noqa: SLF001
                found.append((values, int(sample.value)))
    return found


def _registry() -> CollectorRegistry:
    if SHARED_DIRECTORY not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    multiprocess.MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return shared


def make_shared_directory(directory: Path) -> dict[str, str]:
    """An empty directory for the roles' shares, and the environment that tells them of it.

    Shares of earlier runs go: counters begin at 0 when the service starts.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for share in directory.glob("*.db"):
        share.unlink()
    return {SHARED_DIRECTORY: str(directory.resolve())}
