"""The help desk's question, "a customer got 403, id ...", answered in one step.

Whatever was pasted is read (`lookup_text.py`) and asked for by what stores have an index of: ids of
ours, unique ids, the client's address, host and path. A look-up costs a few dozen such questions at
most. Nothing in its answer is a payload, but the query string of a row for those who may see it.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bartizan.domain.clearance import Clearance
from bartizan.domain.delivery import Row, TimeBasis
from bartizan.domain.errors import Refused
from bartizan.domain.expression import Field, Is
from bartizan.domain.retention import RetentionLimits
from bartizan.domain.search import Search
from bartizan.domain.transaction import RuleMatch
from bartizan.enrich.rules import category_of, causes
from bartizan.kit import clock
from bartizan.kit.struct import Struct
from bartizan.query.filters import filter_values
from bartizan.query.lookup_ids import made_at
from bartizan.query.lookup_text import MOST_CHARACTERS, Asked, read_lookup
from bartizan.query.lookup_words import (
    Outcome,
    for_customer,
    kept_words,
    outcome_of,
    spelled_span,
    spelled_time,
)
from bartizan.query.questions import Questions
from bartizan.query.rows import RowViews
from bartizan.query.scoped import scoped
from bartizan.query.sensors import Sensors
from bartizan.query.views import RowView
from bartizan.store import limits

LIMIT: Final = 10  # transactions of one answer
_RULES: Final = 8  # of one transaction
_LONGEST_ZONE: Final = 64
_QUIET: Final = timedelta(hours=1)  # a sensor is called silent if it has sent nothing for so long
_SILENT: Final = 5  # sensors that are named


class Kind(StrEnum):
    """What a part of the text was taken for."""

    ID = "id"
    ADDRESS = "address"
    TIME = "time"
    HOST = "host"
    PATH = "path"


class Understood(Struct, frozen=True, kw_only=True):
    """A part of what was asked. Of a time `text` says the span that was looked through."""

    kind: Kind
    text: str


class MissReason(StrEnum):
    """Why nothing was found. Several may apply; each comes with a sentence."""

    NOT_UNDERSTOOD = "not-understood"
    UNCLEAR_DATE = "unclear-date"
    NOTHING_STORED = "nothing-stored"
    NOTHING_IN_SCOPE = "nothing-in-scope"
    IN_FUTURE = "in-future"
    OLDER_THAN_RETENTION = "older-than-retention"
    OLDER_THAN_KEPT = "older-than-kept"
    NOTHING_THEN = "nothing-then"
    SENSOR_SILENT = "sensor-silent"
    OTHER_TIME = "other-time"
    NO_SUCH_CLIENT = "no-such-client"
    NO_ADDRESSES = "no-addresses"
    NO_SUCH_HOST = "no-such-host"
    NO_SUCH_ID = "no-such-id"
    STILL_WAITING = "still-waiting"
    OUTSIDE_SCOPE = "outside-scope"  # perhaps: whoever may not see it may not learn either


class Miss(Struct, frozen=True, kw_only=True):
    """`at` is the moment that the sentence is about, if there is one."""

    reason: MissReason
    message: str
    at: datetime | None = None


class RuleSaid(Struct, frozen=True, kw_only=True):
    """A rule that scored, in its author's words; never an evaluation rule."""

    rule_id: int
    message: str | None
    category: str | None


class Found(Struct, frozen=True, kw_only=True):
    """A transaction, and what to say of it: to whoever asks, and to the customer.

    `when` is in the asker's zone. `for_customer` holds neither a payload nor a rule.
    """

    row: RowView
    outcome: Outcome
    when: str
    rules: tuple[RuleSaid, ...]
    for_customer: str


class LookupAnswer(Struct, frozen=True, kw_only=True):
    """`filters` are the parameters of a list with all that fits, where one list can show it.

    With `is_more` there are more than these. `misses` are the reasons where nothing was found.
    """

    understood: tuple[Understood, ...]
    found: tuple[Found, ...]
    is_more: bool
    filters: tuple[tuple[str, str], ...]
    misses: tuple[Miss, ...]
    zone: str
    server_time: datetime


class Lookup:
    """Blocking; thread-safe. `waiting` is how many entries wait to be decoded, None if unknown.

    Without `has_addresses` they are not stored as they are, so none can be looked up.
    """

    def __init__(
        self,
        store: Questions,
        sensors: Sensors,
        rows: RowViews,
        *,
        kept: RetentionLimits,
        waiting: Callable[[], int | None],
        has_addresses: bool = True,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._store = store
        self._sensors = sensors
        self._rows = rows
        self._kept = kept
        self._waiting = waiting
        self._has_addresses = has_addresses
        self._now = now

    def within(self, clearance: Clearance) -> "Lookup":
        return Lookup(
            scoped(self._store, clearance),
            self._sensors.within(clearance),
            self._rows.within(clearance),
            kept=self._kept,
            # What waits is everybody's.
            waiting=_unknown if clearance.scopes else self._waiting,
            has_addresses=self._has_addresses,
            now=self._now,
        )

    def find(self, text: str, zone_name: str = "UTC") -> LookupAnswer:
        """`Refused` (`bad-parameter`) for no text, one that is too long, and an unknown zone."""
        if not text.strip() or len(text) > MOST_CHARACTERS:
            raise Refused("bad-parameter", f"q must have 1 to {MOST_CHARACTERS} characters", "q")
        zone, now = read_zone(zone_name), self._now()
        asked = read_lookup(text, zone, now)
        rows = self._by_id(asked)
        shown = Search(unique_id=asked.ids[0]) if rows and len(asked.ids) == 1 else None
        for search in () if rows else _searches(asked):
            page = self._store.page(search, limit=LIMIT + 1)
            if page.rows:
                rows, shown = page.rows, search
                break
        return LookupAnswer(
            understood=tuple(_understood(asked, zone)),
            found=tuple(self._told(row, zone) for row in rows[:LIMIT]),
            is_more=len(rows) > LIMIT,
            filters=() if shown is None else filter_values(shown),
            misses=() if rows else tuple(self._misses(asked, zone, now)),
            zone=zone_name,
            server_time=now,
        )

    def _by_id(self, asked: Asked) -> Sequence[Row]:
        found: dict[int, Row] = {}
        for number in asked.numbers:
            stored = self._store.get(number)
            if stored is not None:
                found[number] = stored.row
        for unique_id in asked.ids:
            if len(found) <= LIMIT:
                page = self._store.page(Search(unique_id=unique_id), limit=LIMIT + 1)
                found |= {row.id: row for row in page.rows}
        return sorted(found.values(), key=lambda row: (row.at, row.id), reverse=True)

    def _told(self, row: Row, zone: tzinfo) -> Found:
        stored = self._store.get(row.id)
        scored = causes(stored.matches) if stored is not None else ()
        return Found(
            row=self._rows.view([row])[0],
            outcome=outcome_of(row),
            when=spelled_time(row.at, zone, is_received=_is_of_receipt(row)),
            rules=_rules(scored, row.category),
            for_customer=for_customer(row, zone),
        )

    def _misses(self, asked: Asked, zone: tzinfo, now: datetime) -> Iterator[Miss]:
        """Why nothing was found, the most telling first. Some indexed questions."""
        if asked.remark:
            yield Miss(reason=MissReason.UNCLEAR_DATE, message=f"{asked.remark}.")
        if asked.is_nothing:
            if not asked.remark:
                yield _NOT_UNDERSTOOD
            return
        if self._newest(Search()) is None:
            yield self._nothing_at_all()
            return
        yield from self._untimely(asked, zone, now)
        yield from self._elsewhere(asked, zone)
        yield from self._silent(asked, zone, now)
        waiting = self._waiting()
        if waiting and _is_recent(asked, now):
            count = f"{waiting:,} entr{'y' if waiting == 1 else 'ies'}"
            yield Miss(
                reason=MissReason.STILL_WAITING,
                message=f"{count} {'waits' if waiting == 1 else 'wait'} to be decoded; "
                "it may be among them. Look again in a moment.",
            )
        if self._sensors.is_scoped:
            yield Miss(
                reason=MissReason.OUTSIDE_SCOPE,
                message="You see a part of the transactions; it may be outside of that part.",
            )

    def _nothing_at_all(self) -> Miss:
        if self._sensors.is_scoped:
            return Miss(
                reason=MissReason.NOTHING_IN_SCOPE,
                message="There is no transaction in the part that you may see.",
            )
        return Miss(reason=MissReason.NOTHING_STORED, message="No transaction is stored here.")

    def _untimely(self, asked: Asked, zone: tzinfo, now: datetime) -> Iterator[Miss]:
        """What speaks against the time, where one was told, or is written in the id."""
        for unique_id in asked.ids:
            made = made_at(unique_id)
            if made is None:
                yield Miss(
                    reason=MissReason.NO_SUCH_ID, message=f"No transaction has the id {unique_id}."
                )
                continue
            words = spelled_time(made, zone)
            yield Miss(
                reason=MissReason.NO_SUCH_ID,
                message=f"No transaction has the id {unique_id}, which was made {words}.",
                at=made,
            )
            yield from self._against(made - timedelta(minutes=5), made + _QUIET, zone, now)
        if asked.numbers and not asked.ids:
            yield Miss(
                reason=MissReason.NO_SUCH_ID,
                message="There is no transaction with this number (any more).",
            )
        if asked.around is not None:
            yield from self._against(asked.around.since, asked.around.until, zone, now)

    def _against(
        self, since: datetime, until: datetime, zone: tzinfo, now: datetime
    ) -> Iterator[Miss]:
        kept_h = _longest_kept(self._kept)
        if since > now:
            yield Miss(reason=MissReason.IN_FUTURE, message="That time is yet to come.", at=since)
        elif kept_h is not None and until < now - timedelta(hours=kept_h):
            yield Miss(
                reason=MissReason.OLDER_THAN_RETENTION,
                message=f"Transactions are kept for {kept_words(kept_h)}; this is older.",
                at=now - timedelta(hours=kept_h),
            )
        elif self._newest(Search(until=since)) is None:
            yield Miss(
                reason=MissReason.OLDER_THAN_KEPT,
                message=f"Nothing from before {spelled_time(since, zone)} is stored: "
                "it was removed, or never received.",
                at=since,
            )
        elif self._newest(Search(since=since, until=until)) is None:
            yield Miss(
                reason=MissReason.NOTHING_THEN,
                message="Nothing at all arrived from that time: no sensor that you see sent "
                "anything, or nothing was worth logging.",
                at=since,
            )

    def _elsewhere(self, asked: Asked, zone: tzinfo) -> Iterator[Miss]:
        """Whether there is anything of it at another time."""
        if asked.ids or asked.numbers:
            return
        if asked.client is not None and not self._has_addresses:
            yield _NO_ADDRESSES
        elif asked.client is not None:
            seen = self._newest(Search(clients=(asked.client,)))
            yield self._at_another_time("this address", seen, MissReason.NO_SUCH_CLIENT, zone)
        if asked.host is not None:
            seen = self._newest(Search(hosts=_spellings(asked.host)))
            yield self._at_another_time("this host", seen, MissReason.NO_SUCH_HOST, zone)

    def _at_another_time(
        self, what: str, seen: datetime | None, none: MissReason, zone: tzinfo
    ) -> Miss:
        if seen is None:
            return Miss(reason=none, message=f"Nothing of {what} is stored.")
        return Miss(
            reason=MissReason.OTHER_TIME,
            message=f"The newest transaction of {what} is of {spelled_time(seen, zone)}.",
            at=seen,
        )

    def _silent(self, asked: Asked, zone: tzinfo, now: datetime) -> Iterator[Miss]:
        """Sensors that sent before, and had fallen silent by then."""
        until = min(now, asked.around.until) if asked.around is not None else now
        registered = self._sensors.registered()
        silent = sorted(
            (at, name)
            for name, at in self._store.last_seen().items()
            if at < until - _QUIET and name in registered and registered[name].is_enabled
        )
        for at, name in silent[-_SILENT:][::-1]:
            yield Miss(
                reason=MissReason.SENSOR_SILENT,
                message=f"Sensor {name} has sent nothing since {spelled_time(at, zone)}.",
                at=at,
            )

    def _newest(self, search: Search) -> datetime | None:
        rows = self._store.page(search, limit=1).rows
        return rows[0].at if rows else None


_NO_ADDRESSES: Final = Miss(
    reason=MissReason.NO_ADDRESSES,
    message="Addresses are not stored as they are here, so none can be looked up. "
    "Ask for the id, or for the URL and the time.",
)
_NOT_UNDERSTOOD: Final = Miss(
    reason=MissReason.NOT_UNDERSTOOD,
    message="There is no id, address, time or URL in this text that could be looked up.",
)


def read_zone(name: str) -> tzinfo:
    """A time zone by its IANA name; `Refused`."""
    try:
        if len(name) <= _LONGEST_ZONE:
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise Refused("bad-parameter", "zone must be the name of a time zone: Europe/Berlin", "zone")


def _unknown() -> None:
    return None


def _searches(asked: Asked) -> Iterator[Search]:
    """What is asked for beside ids: first all of it, then without the URL."""
    times = (
        Search()
        if asked.around is None
        else Search(since=asked.around.since, until=asked.around.until)
    )
    clients = () if asked.client is None else (asked.client,)
    hosts = () if asked.host is None else _spellings(asked.host)
    path = None if asked.path is None else _whole_path(asked.path)
    whole = Search(
        clients=clients, hosts=hosts, expression=path, since=times.since, until=times.until
    )
    if whole != Search():
        yield whole
    by_client = Search(clients=clients, since=times.since, until=times.until)
    if clients and by_client != whole:
        yield by_client


def _whole_path(path: str) -> Is:
    """Exactly this path; not as the filter has it, in which a star is any text."""
    return Is(field=Field.PATH, value=path[: limits.PATH])


def _spellings(host: str) -> tuple[str, ...]:
    """As a Host header may have it: browsers leave out the usual ports, some programs do not."""
    return (host,) if ":" in host else (host, f"{host}:443", f"{host}:80")


def _understood(asked: Asked, zone: tzinfo) -> Iterator[Understood]:
    for one in (*map(str, asked.numbers), *asked.ids):
        yield Understood(kind=Kind.ID, text=one)
    for kind, told in ((Kind.ADDRESS, asked.client), (Kind.HOST, asked.host)):
        if told is not None:
            yield Understood(kind=kind, text=told)
    if asked.path is not None:
        yield Understood(kind=Kind.PATH, text=asked.path)
    if asked.around is not None:
        text = spelled_span(asked.around.since, asked.around.until, zone)
        yield Understood(kind=Kind.TIME, text=text)


def _rules(scored: Sequence[RuleMatch], category: str | None) -> tuple[RuleSaid, ...]:
    """Each once, those of the transaction's own category first."""
    found: dict[int, RuleSaid] = {}
    for match in scored:
        if match.rule_id is not None and match.rule_id not in found:
            found[match.rule_id] = RuleSaid(
                rule_id=match.rule_id, message=match.message, category=category_of(match)
            )
    return tuple(sorted(found.values(), key=lambda rule: rule.category != category)[:_RULES])


def _is_of_receipt(row: Row) -> bool:
    return row.time_basis is TimeBasis.UNKNOWN or row.is_skewed


def _is_recent(asked: Asked, now: datetime) -> bool:
    """Whether it can be so new that its entry may not have been decoded."""
    if asked.around is not None:
        return asked.around.until > now - _QUIET
    moments = [made for one in asked.ids if (made := made_at(one)) is not None]
    return not moments or max(moments) > now - _QUIET


def _longest_kept(kept: RetentionLimits) -> int | None:
    """Hours after which a transaction is gone for sure; None if some are kept for good."""
    hours = [one.transactions_hours for one in kept.ages]
    if not hours or None in hours:
        return None
    return max(hour for hour in hours if hour is not None)
