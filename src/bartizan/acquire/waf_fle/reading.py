"""Reads a WAF-FLE database (MySQL or MariaDB), and changes nothing in it.

Texts are fetched as the bytes that lie in the tables: their character sets say little about what a
client sent. Rows come one after the other, so that memory does not depend on their size. Columns
that came with later versions of WAF-FLE may be missing.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
import pymysql
from pymysql.cursors import DictCursor, SSDictCursor

from bartizan.acquire.waf_fle.event import WafFleEvent, WafFleMessage, WafFleSensor
from bartizan.domain.errors import Misconfigured, Refused, Unavailable

SPAN: Final = 1000  # ids at once
_LETTERS: Final = "abcefhik"
_MOST_BYTES: Final = 64 * 1024 * 1024
_TABLES: Final = ("events", "events_full_sections", "sensors")
_OPTIONS: Final = {"unix_socket", "ssl_ca", "ssl_cert", "ssl_key"}
_DENIED: Final = {1044, 1045, 1142, 1143, 1698}
_Row = Mapping[str, Any]


class WafFle:
    """One connection. Raises `Refused` (code `not-waf-fle`) where the tables are missing."""

    def __init__(self, url: str) -> None:
        self._connection = _connected(url)
        self.name = unquote(urlsplit(url).path.removeprefix("/"))
        missing = [table for table in _TABLES if not self._columns_of(table)]
        if missing:
            self._connection.close()
            raise Refused("not-waf-fle", f"no table of WAF-FLE: {', '.join(missing)}", self.name)

    def close(self) -> None:
        self._connection.close()

    def sensors(self) -> dict[int, WafFleSensor]:
        rows = self._rows("SELECT * FROM sensors")
        return {int(row["sensor_id"]): _sensor(row) for row in rows}

    def bounds(self) -> tuple[int, int, int]:
        """The first id, the last, and how many events there are."""
        (row,) = self._rows(
            "SELECT MIN(event_id) AS first, MAX(event_id) AS last, COUNT(*) AS events FROM events"
        )
        return int(row["first"] or 0), int(row["last"] or 0), int(row["events"])

    def events(self, after_id: int, until_id: int) -> Iterator[WafFleEvent]:
        """Those with sections in the order of ids, then the others, with their messages."""
        bare: list[WafFleEvent] = []
        for row in self._stream(self._event_query(), (after_id, until_id)):
            event = _event(row)
            if event.sections:
                yield event
            else:
                bare.append(event)
        yield from self._with_messages(bare)

    def _event_query(self) -> str:
        has_hosts = bool(self._columns_of("events_hostname"))
        host = ", h.hostname" if has_hosts else ""
        join = "LEFT JOIN events_hostname h ON h.host_id = e.b_host" if has_hosts else ""
        return (
            f"SELECT e.*, UNIX_TIMESTAMP(e.received_at) AS received_s, f.*{host}"  # noqa: S608 - no value
            " FROM events e LEFT JOIN events_full_sections f ON f.event_id = e.event_id"
            f" {join} WHERE e.event_id > %s AND e.event_id <= %s ORDER BY e.event_id"
        )

    def _with_messages(self, events: Sequence[WafFleEvent]) -> Iterator[WafFleEvent]:
        if not events:
            return
        found: dict[int, list[WafFleMessage]] = {}
        rows = self._rows(
            "SELECT m.*, r.message_ruleMsg FROM events_messages m LEFT JOIN rule_message r"
            " ON r.message_ruleId = m.h_message_ruleId WHERE m.event_id IN %s ORDER BY m.msg_id",
            ([event.id for event in events],),
        )
        tags = self._tags([int(row["msg_id"]) for row in rows])
        for row in rows:
            message = _message(row, tuple(tags.get(int(row["msg_id"]), ())))
            found.setdefault(int(row["event_id"]), []).append(message)
        for event in events:
            yield msgspec.structs.replace(event, messages=tuple(found.get(event.id, ())))

    def _tags(self, messages: Sequence[int]) -> dict[int, list[bytes]]:
        found: dict[int, list[bytes]] = {}
        if messages:
            rows = self._rows(
                "SELECT t.msg_id, g.tag_name FROM events_messages_tag t JOIN tags g"
                " ON g.tag_id = t.h_message_tag WHERE t.msg_id IN %s",
                (messages,),
            )
            for row in rows:
                found.setdefault(int(row["msg_id"]), []).append(row["tag_name"])
        return found

    def _columns_of(self, table: str) -> set[str]:
        rows = self._rows(
            "SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS"
            " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s",
            (table,),
        )
        return {row["name"].decode() for row in rows}

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[_Row]:
        with _told(), self._connection.cursor(DictCursor) as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())

    def _stream(self, query: str, values: Sequence[Any]) -> Iterator[_Row]:
        with _told(), self._connection.cursor(SSDictCursor) as cursor:
            cursor.execute(query, values)
            yield from cursor


def _connected(url: str) -> "pymysql.Connection[DictCursor]":
    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    unknown = sorted(options.keys() - _OPTIONS)
    database = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in ("mysql", "mariadb") or not database or unknown:
        raise Misconfigured(
            "bad-store-url", "not a URL as mysql://user:password@host:3306/database", "URL"
        )
    with _told():
        connection: pymysql.Connection[DictCursor] = pymysql.connect(
            host=parts.hostname or "localhost",
            port=parts.port or 3306,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=database,
            charset="utf8mb4",
            use_unicode=False,
            connect_timeout=10,
            cursorclass=DictCursor,
            **options,
        )
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute("SET character_set_results = NULL, time_zone = '+00:00'")
    return connection


@contextmanager
def _told() -> Iterator[None]:
    """The driver's errors in our families: its number, never its words, which may hold values."""
    try:
        yield
    except (pymysql.MySQLError, OSError) as error:
        number = error.args[0] if error.args else 0
        if number in _DENIED:
            raise Misconfigured("waf-fle-denied", f"MySQL {number}: access denied") from error
        raise Unavailable("waf-fle-unavailable", f"MySQL {number}") from error


def _sensor(row: _Row) -> WafFleSensor:
    header = _string(row.get("client_ip_header"))
    return WafFleSensor(
        name=_string(row["name"]),
        password=_string(row.get("password")),
        label=_string(row.get("description")),
        is_enabled=row.get("status") != b"Disabled",
        client_header=header if row.get("client_ip_via") and header else None,
    )


def _event(row: _Row) -> WafFleEvent:
    return WafFleEvent(
        id=int(row["event_id"]),
        sensor_id=int(row["sensor_id"]),
        received_at_us=int(float(row["received_s"] or 0) * 1_000_000),
        is_preserved=bool(row.get("preserve")),
        is_false_positive=bool(row.get("false_positive")),
        sections=_sections(row),
        columns={
            name: value if isinstance(value, bytes | int) else _plain(value)
            for name, value in row.items()
            if name.startswith(("a_", "b_", "f_", "h_", "hostname")) and not name.endswith("_full")
        },
    )


def _plain(value: Any) -> bytes | None:
    """Times come as objects."""
    return None if value is None else str(value).encode()


def _sections(row: _Row) -> dict[str, bytes]:
    """None of them where one cannot be unpacked: half an entry is no entry."""
    found = {letter.upper(): row.get(f"{letter}_full") or b"" for letter in _LETTERS}
    if not found["A"]:
        return {}
    if row.get("compressed"):
        try:
            found = {letter: _unpacked(packed) for letter, packed in found.items()}
        except zlib.error:
            return {}
    found["Z"] = row.get("z_full") or b""
    return found


def _unpacked(packed: bytes) -> bytes:
    if not packed:
        return b""
    unpacking = zlib.decompressobj()
    plain = unpacking.decompress(packed, _MOST_BYTES)
    if not unpacking.eof:
        raise zlib.error("cut, or larger than any entry")
    return plain


def _message(row: _Row, tags: tuple[bytes, ...]) -> WafFleMessage:
    return WafFleMessage(
        action=row["h_message_action"] or b"",
        pattern=row["h_message_pattern"] or b"",
        file=row["h_message_ruleFile"] or b"",
        line=int(row["h_message_ruleLine"] or 0),
        rule_id=int(row["h_message_ruleId"] or 0),
        message=row["message_ruleMsg"] or b"",
        data=row["h_message_ruleData"] or b"",
        severity=int(row["h_message_ruleSeverity"]),
        tags=tags,
    )


def _string(value: bytes | None) -> str:
    return "" if value is None else value.decode("utf-8", "replace")
