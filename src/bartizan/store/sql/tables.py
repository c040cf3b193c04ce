"""The tables of transactions. Their names and columns are a promise: docs/sql.md.

This is what the newest migration leaves behind (a test compares the two). Each index names the
query it serves; a random index is the main cost of a durable insert, so there are no others.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql

from bartizan.store import limits

METADATA: Final = MetaData()
# SQLite's row id is an alias only of a column declared INTEGER.
Id: Final = BigInteger().with_variant(Integer(), "sqlite")
Long: Final = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
Blob: Final = LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")
PART_LETTERS: Final = "ABCEFHIJK"


def binary(length: int) -> LargeBinary:
    return LargeBinary().with_variant(mysql.BINARY(length), "mysql", "mariadb")


def short_binary(length: int) -> LargeBinary:
    """Of at most this length."""
    return LargeBinary().with_variant(mysql.VARBINARY(length), "mysql", "mariadb")


transactions = Table(
    "transactions",
    METADATA,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("sensor", String(limits.SENSOR), nullable=False),
    Column("digest", binary(32), nullable=False),
    Column("unique_id", String(limits.UNIQUE_ID)),
    Column("at_us", BigInteger, nullable=False),
    Column("occurred_at_us", BigInteger),
    Column("received_at_us", BigInteger, nullable=False),
    Column("is_skewed", SmallInteger, nullable=False),
    Column("client_address", String(limits.CLIENT)),
    Column("client_bytes", binary(16)),
    Column("client_port", Integer),
    Column("place_kind", String(limits.PLACE)),
    Column("country", String(limits.PLACE)),
    Column("city", String(limits.PLACE)),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("cell_latitude", Double),
    Column("cell_longitude", Double),
    Column("place_source", String(limits.PLACE)),
    Column("method", String(limits.METHOD)),
    Column("host", String(limits.HOST)),
    Column("host_lower", String(limits.HOST)),
    Column("path", String(limits.PATH)),
    Column("uri", Text),
    Column("status", Integer),
    Column("category", String(limits.CATEGORY)),
    Column("severity", Integer),
    Column("score", Integer),
    Column("intercepted", SmallInteger),
    Column("verdict", Text),
    Column("format", String(32), nullable=False),
    Column("engine_mode", String(limits.ENGINE_MODE)),
    Column("ruleset", String(limits.RULESET)),
    Column("defect_count", Integer, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("origin", String(limits.ORIGIN)),
    Column("origin_offset", BigInteger),
    Column("zone_assumed", SmallInteger),
    Column("claimed_hash", String(limits.CLAIMED_HASH)),
    Column("kept_digest", binary(32)),
    # append: which of these digests of this sensor are there? Also remove_sensor.
    UniqueConstraint("sensor", "digest", name="uq_transactions_sensor_digest"),
    # page, count, facets, histogram and map of a span of time
    Index("ix_transactions_at", "at_us", "id"),
    # page of one client or block
    Index("ix_transactions_client", "client_bytes", "at_us"),
    # variants; the search for "customer got 403, id ..."
    Index("ix_transactions_unique_id", "unique_id"),
)

rule_matches = Table(
    "rule_matches",
    METADATA,
    Column("transaction_id", Id, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("rule_id", BigInteger),
    Column("text_key", binary(16), nullable=False),
    Column("data", Text),
    Column("target", Text),
    Column("phase", Integer),
    Column("disruptive", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

rule_texts = Table(
    "rule_texts",
    METADATA,
    Column("text_key", binary(16), primary_key=True),
    Column("message", Text),
    Column("tags", Long, nullable=False),
    Column("file", Text),
    Column("line", Integer),
    Column("severity", Integer),
    Column("version", String(limits.VERSION)),
    Column("revision", String(limits.VERSION)),
    Column("operator", Text),
    sqlite_with_rowid=False,
)

raw_entries = Table(
    "raw_entries",
    METADATA,
    Column("transaction_id", Id, primary_key=True, autoincrement=False),
    Column("data", Blob, nullable=False),
    Column("more_pieces", Integer, nullable=False),
)

raw_pieces = Table(
    "raw_pieces",
    METADATA,
    Column("transaction_id", Id, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("data", Blob, nullable=False),
)

transaction_parts = Table(
    "transaction_parts",
    METADATA,
    Column("transaction_id", Id, primary_key=True, autoincrement=False),
    *(Column(f"part_{letter.lower()}", Long) for letter in PART_LETTERS),
)

preserved_transactions = Table(
    "preserved_transactions",
    METADATA,
    Column("transaction_id", Id, primary_key=True, autoincrement=False),
    Column("preserved_at_us", BigInteger, nullable=False),
    Column("preserved_by", String(limits.PERSON), nullable=False),
    Column("reason", Text, nullable=False),
)

triaged_transactions = Table(
    "triaged_transactions",
    METADATA,
    Column("transaction_id", Id, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("ignored_until_us", BigInteger),
    Column("reason", Text, nullable=False),
    Column("state_at_us", BigInteger),
    Column("state_by", String(limits.PERSON), nullable=False),
    Column("history", Long, nullable=False),
    # searches of a state; what is open is not in one of the others
    Index("ix_triaged_transactions_state", "state", "transaction_id"),
)

transaction_labels = Table(
    "transaction_labels",
    METADATA,
    Column("transaction_id", Id, primary_key=True, autoincrement=False),
    Column("label", String(limits.LABEL), primary_key=True),
    # searches of a label
    Index("ix_transaction_labels_label", "label", "transaction_id"),
    sqlite_with_rowid=False,
)

transaction_notes = Table(
    "transaction_notes",
    METADATA,
    Column("transaction_id", Id, primary_key=True, autoincrement=False),
    Column("note_id", BigInteger, primary_key=True, autoincrement=False),
    Column("noted_at_us", BigInteger, nullable=False),
    Column("noted_by", String(limits.PERSON), nullable=False),
    Column("note", Text, nullable=False),
    sqlite_with_rowid=False,
)

removed_payloads = Table(
    "removed_payloads",
    METADATA,
    # the date on the page of a transaction whose entry is gone
    Column("transaction_id", Id, primary_key=True, autoincrement=False),
    Column("removed_at_us", BigInteger, nullable=False),
)

sensor_activity = Table(
    "sensor_activity",
    METADATA,
    # last_seen, which would otherwise read every transaction
    Column("sensor", String(limits.SENSOR), primary_key=True),
    Column("last_received_at_us", BigInteger, nullable=False),
)

sensor_counts = Table(
    "sensor_counts",
    METADATA,
    # what all sensors sent since a time: the sensors page, and its sparklines
    Column("width_s", Integer, primary_key=True, autoincrement=False),
    Column("start_us", BigInteger, primary_key=True, autoincrement=False),
    Column("sensor", String(limits.SENSOR), primary_key=True),
    Column("transactions", Integer, nullable=False),
    Column("with_defects", Integer, nullable=False),
    Column("timed", Integer, nullable=False),
    Column("lag_total_ms", BigInteger, nullable=False),
    Column("lag_least_ms", BigInteger),
    Column("lag_most_ms", BigInteger),
    sqlite_with_rowid=False,
)

sensor_traits = Table(
    "sensor_traits",
    METADATA,
    Column("sensor", String(limits.SENSOR), primary_key=True),
    Column("trait", String(16), primary_key=True),
    Column("value", String(limits.TRAIT), primary_key=True),
    Column("first_seen_us", BigInteger, nullable=False),
    Column("last_seen_us", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

sensor_defects = Table(
    "sensor_defects",
    METADATA,
    Column("day_us", BigInteger, primary_key=True, autoincrement=False),
    Column("sensor", String(limits.SENSOR), primary_key=True),
    Column("code", String(limits.DEFECT_CODE), primary_key=True),
    Column("transactions", Integer, nullable=False),
    sqlite_with_rowid=False,
)


# What each row of a roll-up counts.
COUNTS: Final = ("transactions", "intercepted", "passed", "removed", "removed_intercepted")


def _counts() -> tuple[Column[Any], ...]:
    return tuple(Column(name, Integer, nullable=False) for name in COUNTS)


rollups = Table(
    "rollups",
    METADATA,
    Column("width_s", Integer, autoincrement=False),
    Column("start_us", BigInteger, autoincrement=False),
    Column("facet", String(16)),
    Column("value", String(limits.PLACE)),
    Column("sensor", String(limits.SENSOR)),
    *_counts(),
    # count, histogram, facets of few values (country, category, status, rule, severity, method,
    # format, score, ruleset) of long spans
    PrimaryKeyConstraint("width_s", "facet", "start_us", "value", "sensor"),
    sqlite_with_rowid=False,
)

rollup_ranks = Table(
    "rollup_ranks",
    METADATA,
    Column("width_s", Integer, autoincrement=False),
    Column("start_us", BigInteger, autoincrement=False),
    Column("facet", String(16)),
    Column("value", String(limits.HOST)),
    *_counts(),
    # what one client, network or host has in a slice
    PrimaryKeyConstraint("width_s", "facet", "start_us", "value"),
    # the most frequent clients, networks and hosts of a slice
    Index("ix_rollup_ranks_top", "width_s", "facet", "start_us", "transactions"),
    sqlite_with_rowid=False,
)

rollup_cells = Table(
    "rollup_cells",
    METADATA,
    Column("width_s", Integer, autoincrement=False),
    Column("start_us", BigInteger, autoincrement=False),
    Column("cell_latitude", Double),
    Column("cell_longitude", Double),
    Column("country", String(limits.PLACE)),
    Column("sensor", String(limits.SENSOR)),
    Column("category", String(limits.CATEGORY)),
    *_counts(),
    # the map of a span of time
    PrimaryKeyConstraint(
        "width_s",
        "start_us",
        "cell_latitude",
        "cell_longitude",
        "country",
        "sensor",
        "category",
    ),
    sqlite_with_rowid=False,
)

rollup_bounds = Table(
    "rollup_bounds",
    METADATA,
    # from when on slices of a width are whole
    Column("width_s", Integer, primary_key=True, autoincrement=False),
    Column("from_us", BigInteger, nullable=False),
)

search_segments = Table(
    "search_segments",
    METADATA,
    # searches of texts and of rare values; see segments.py for what is in the binary columns
    Column("segment_id", Id, primary_key=True, autoincrement=False),
    Column("first_id", BigInteger, nullable=False),
    Column("last_id", BigInteger, nullable=False),
    Column("from_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("ids", Blob, nullable=False),
)

search_postings = Table(
    "search_postings",
    METADATA,
    Column("segment_id", Id, primary_key=True, autoincrement=False),
    Column("key", short_binary(16), primary_key=True),
    Column("blocks", Blob, nullable=False),
    sqlite_with_rowid=False,
)

search_loose = Table(
    "search_loose",
    METADATA,
    Column("transaction_id", Id, primary_key=True, autoincrement=False),
)
