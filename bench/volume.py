"""As many records as wanted, made of real entries: what a store would get in a month.

A few thousand entries of the corpus are decoded and enriched as the worker does it. What makes one
attack different from the next is then varied in the raw bytes, the parts and the decoded fields
alike, so that decoding a varied entry gives the varied record (tests/unit/bench/test_volume.py):
its time, unique id, client address, host, and the longest word of its URI wherever it stands.

Addresses, hosts and words are skewed as they are in life: some come every day, most on one day
only. The same seed gives the same records.
"""

import hashlib
import ipaddress
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any, Final

import msgspec

from bartizan.decode import registry as formats
from bartizan.domain.delivery import AuditLogEntry, Record
from bartizan.domain.transaction import Place, RuleMatch, Transaction
from bartizan.enrich.registry import enrichers, places
from bartizan.enrich.settings import EnrichSettings
from bartizan.ingest.pipeline import Pipeline
from bartizan.kit.clock import to_us
from bartizan.store.memory import MemoryStore
from tests.fuzz import corpus

UNTIL: Final = datetime(2026, 11, 23, 9, 17, 31, tzinfo=UTC)  # no whole hour, as in life
DAYS: Final = 30
# Of a hundred transactions.
SHARES: Final = {
    "modsecurity2-native": 44,
    "modsecurity3-json": 24,
    "modsecurity3-native": 10,
    "modsecurity2-json": 9,
    "coraza-json": 6,
    "coraza-native": 2,
    "coraza-jsonlegacy": 1,
    "coraza-ocsf": 2,
    "error-log": 2,
}
SENSORS: Final = ("web1", "web2", "web3", "shop-front", "api-gateway", "legacy", "edge-a", "edge-b")
_LEAST_BYTES, _MOST_BYTES = 900, 14_000
_PER_FORMAT: Final = 400
_QUIET_SHARE: Final = 0.06  # of entries in which no rule fired
_HOSTS: Final = 60
_WORDS: Final = 20_000
_ADDRESSES: Final = 600_000
_DAILY_ADDRESSES: Final = 400  # ranks that are the same addresses every day
_REMEMBERED_PLACES: Final = 400_000

# What stands for the varied in a template while it is decoded.
_MOMENT: Final = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)  # of the year of all
_CLIENT: Final = "198.18.77.133"
_HOST: Final = "zq7host.zq7example.test"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
_ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"
_CLOCKS: Final = ("%d/%b/%Y:%H:%M:%S", "%a %b %d %H:%M:%S", "%Y/%m/%d %H:%M:%S")
# Offsets of the clocks of the corpus's sensors.
_ZONES: Final = tuple(timedelta(minutes=minutes) for minutes in (0, -210, 330, -300))
_EPOCH_SECONDS: Final = len(_CLOCKS)
_CLIENT_GAP, _HOST_GAP, _ID_GAP, _WORD_GAP = range(_EPOCH_SECONDS + 1, _EPOCH_SECONDS + 5)

Text = str | tuple[str | int, ...]
Bytes = tuple[bytes | int, ...]
_TEXTS: Final = ("data", "target", "message", "operator")


@dataclass(frozen=True)
class Template:
    """One real entry with gaps. `id_length` and `word_length` are of what was there.

    `zone` is the offset of its clock.
    """

    raw: Bytes
    parts: tuple[tuple[str, Bytes], ...]
    transaction: Transaction
    microsecond: int
    zone: timedelta
    uri: Text | None
    verdict: Text | None
    matches: tuple[tuple[RuleMatch, dict[str, Text]], ...]
    id_length: int
    word_length: int
    has_host: bool

    def fill(self, fills: Sequence[str]) -> tuple[bytes, Any]:
        """The raw entry and its parts with the gaps filled."""
        binary = [fill.encode() for fill in fills]
        return (
            _joined(self.raw, binary),
            tuple((letter, _joined(part, binary)) for letter, part in self.parts),
        )


def _joined(pieces: Bytes, fills: Sequence[bytes]) -> bytes:
    return b"".join([fills[piece] if isinstance(piece, int) else piece for piece in pieces])


def _told(text: Text | None, fills: Sequence[str]) -> str | None:
    if text is None or isinstance(text, str):
        return text
    return "".join([fills[piece] if isinstance(piece, int) else piece for piece in text])


@cache
def templates() -> dict[str, tuple[Template, ...]]:
    """By format, those entries that can be varied without doubt."""
    pipeline = Pipeline(formats.read, enrichers(EnrichSettings()), MemoryStore())
    return {name: tuple(_templates(name, pipeline)) for name in SHARES}


def _templates(name: str, pipeline: Pipeline) -> list[Template]:
    every = [
        raw
        for capture in corpus.CAPTURES[name]
        for raw in corpus.entries(capture)
        if _LEAST_BYTES <= len(raw) <= _MOST_BYTES
    ]
    every.sort(key=lambda raw: hashlib.sha256(raw).digest())
    quiet_allowed = int(_QUIET_SHARE * _PER_FORMAT)
    found: list[Template] = []
    for raw in every:
        template = _template(raw, pipeline)
        if template is None or len(found) >= _PER_FORMAT:
            continue
        if not template.matches:
            quiet_allowed -= 1
            if quiet_allowed < 0:
                continue
        found.append(template)
    return found


def _template(raw: bytes, pipeline: Pipeline) -> Template | None:
    """None where what is to be varied does not stand in the entry as it was decoded."""
    before = _record(raw, pipeline)
    if before is None:
        return None
    transaction = before.transaction
    address, moment, host = transaction.client.address, transaction.occurred_at, transaction.host
    unique_id = transaction.unique_id
    if not (unique_id and moment and address and _is_public(address)):
        return None
    word, zone = _word(transaction), _zone(raw, moment)
    sentinels = _sentinels(len(unique_id), len(word), zone)
    texts = [
        *(((moment + zone).strftime(clock), gap) for gap, clock in enumerate(_CLOCKS)),
        (str(int(moment.timestamp())), _EPOCH_SECONDS),
        (address, _CLIENT_GAP),
        (unique_id, _ID_GAP),
    ]
    if host:
        texts.append((host, _HOST_GAP))
    if word:
        texts.append((word, _WORD_GAP))
    expression = re.compile(b"|".join(re.escape(text.encode()) for text, _ in texts))
    gaps = {text.encode(): gap for text, gap in texts}
    marked = expression.sub(lambda found: sentinels[gaps[found[0]]].encode(), raw)
    record = _record(marked, pipeline)
    if record is None or not _is_marked(record.transaction, sentinels, before.transaction):
        return None
    template = _compiled(record, sentinels, zone, len(unique_id), len(word))
    originals = list(sentinels)
    for text, gap in texts:
        originals[gap] = text
    return template if _is_told(template, originals, transaction) else None


def _zone(raw: bytes, moment: datetime) -> timedelta:
    """The offset with which the entry tells its time."""
    for zone in _ZONES:
        if any((moment + zone).strftime(clock).encode() in raw for clock in _CLOCKS):
            return zone
    return _ZONES[0]


def _record(raw: bytes, pipeline: Pipeline) -> Record | None:
    entry = AuditLogEntry(sensor=SENSORS[0], received_at_us=to_us(UNTIL), raw=raw)
    records = pipeline.prepare([entry]).records
    return records[0] if records else None


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def _word(transaction: Transaction) -> str:
    """The longest word of the URI that no rule has in its own texts; "" if there is none."""
    fixed = "\n".join(
        text
        for match in transaction.matches
        for text in (match.message, match.operator, match.file, *match.tags)
        if text
    )
    words = re.findall(r"[a-z0-9]{4,12}", transaction.request.uri or "")
    words = [word for word in words if word not in fixed and not word.isdigit()]
    return max(words, key=len, default="")


def _sentinels(id_length: int, word_length: int, zone: timedelta) -> list[str]:
    return [
        *((_MOMENT + zone).strftime(clock) for clock in _CLOCKS),
        str(int(_MOMENT.timestamp())),
        _CLIENT,
        _HOST,
        ("Zq7Id" * 20)[:id_length],
        ("zq7w" * 5)[:word_length],
    ]


def _is_marked(marked: Transaction, sentinels: list[str], before: Transaction) -> bool:
    """Whether the marks were decoded as what they stand for, and nothing else changed."""
    moment = marked.occurred_at
    texts = [text for match in marked.matches for text in (match.file, *match.tags) if text]
    return (
        moment is not None
        and moment.replace(microsecond=0) == _MOMENT
        and marked.client.address == _CLIENT
        and marked.unique_id == sentinels[_ID_GAP]
        and (before.host is None or marked.host == _HOST)
        and len(marked.matches) == len(before.matches)
        and [one.rule_id for one in marked.matches] == [one.rule_id for one in before.matches]
        and marked.defects == before.defects
        and not any(mark in text for mark in sentinels if mark for text in texts)
    )


def _is_told(template: Template, originals: list[str], before: Transaction) -> bool:
    """Whether the template filled with what it had tells what the entry told: a mark in the
    wrong place (a word of the URI may be one of the format's own) is decoded differently.
    """
    return (
        _told(template.uri, originals) == before.request.uri
        and _told(template.verdict, originals) == before.verdict
        and tuple(_filled(template, originals)) == before.matches
        and template.transaction.category == before.category
    )


def _filled(template: Template, fills: Sequence[str]) -> Iterator[RuleMatch]:
    for match, varied in template.matches:
        if varied:
            texts = {name: _told(text, fills) for name, text in varied.items()}
            yield msgspec.structs.replace(match, **texts)
        else:
            yield match


def _compiled(
    record: Record, sentinels: list[str], zone: timedelta, id_length: int, word_length: int
) -> Template:
    expression = re.compile("(" + "|".join(re.escape(one) for one in sentinels if one) + ")")
    binary = re.compile(expression.pattern.encode())
    numbers = {one: gap for gap, one in enumerate(sentinels) if one}
    numbers_of_bytes = {one.encode(): gap for one, gap in numbers.items()}

    def cut(text: str | None) -> Text | None:
        if text is None or not expression.search(text):
            return text
        return tuple(numbers.get(piece, piece) for piece in expression.split(text))

    def cut_bytes(content: bytes) -> Bytes:
        return tuple(numbers_of_bytes.get(piece, piece) for piece in binary.split(content))

    transaction = record.transaction
    moment = transaction.occurred_at
    assert moment is not None
    return Template(
        raw=cut_bytes(record.raw),
        parts=tuple((letter, cut_bytes(part)) for letter, part in record.parts),
        transaction=transaction,
        microsecond=moment.microsecond,
        zone=zone,
        uri=cut(transaction.request.uri),
        verdict=cut(transaction.verdict),
        matches=tuple((match, _varied(match, cut)) for match in transaction.matches),
        id_length=id_length,
        word_length=word_length,
        has_host=transaction.host is not None,
    )


def _varied(match: RuleMatch, cut: Any) -> dict[str, Text]:
    texts = {name: cut(getattr(match, name)) for name in _TEXTS}
    return {name: text for name, text in texts.items() if isinstance(text, tuple)}


class Volume:
    """Transactions of `days` until `until`, `count` in all, oldest first."""

    def __init__(
        self, count: int, *, seed: int = 1, days: int = DAYS, until: datetime = UNTIL
    ) -> None:
        self._count = count
        self._dice = random.Random(seed)
        self._until = until
        self._span = timedelta(days=days)
        self._templates = templates()
        self._names = list(SHARES)
        self._weights = list(SHARES.values())
        places_of = places(EnrichSettings())
        self._place_of = places_of.of
        self._places: dict[str, Place] = {}
        words = random.Random(7)
        self._words = ["w" + "".join(words.choices(_LETTERS, k=11)) for _ in range(_WORDS)]
        self._hosts = [f"www{n}.example{n % 7}.test" for n in range(_HOSTS)]
        self._sequence = seed << 40

    def batches(self, size: int, start: int = 0) -> Iterator[list[Record]]:
        """All records from number `start` on. Not more than a batch is held at a time."""
        numbers = iter(range(start, self._count))
        while some := list(islice(numbers, size)):
            yield [self.record(number) for number in some]

    def record(self, number: int) -> Record:
        """The record of this number: its dice are its own, so any part can be made again."""
        dice = self._dice
        dice.seed(self._sequence + number)
        roll = dice.random
        name = dice.choices(self._names, self._weights)[0]
        some = self._templates[name]
        template = some[int(roll() * len(some))]
        second = (number + roll()) / self._count * self._span.total_seconds()
        moment = (self._until - self._span + timedelta(seconds=int(second))).replace(microsecond=0)
        address = self._address(_rank(roll(), 100, 0.7), moment.toordinal(), name)
        fills = [
            *((moment + template.zone).strftime(clock) for clock in _CLOCKS),
            str(int(moment.timestamp())),
            address,
            self._host(roll(), address),
            "".join(dice.choices(_ALPHABET, k=template.id_length)),
            self._word(dice)[: template.word_length],
        ]
        raw, parts = template.fill(fills)
        occurred_at = moment.replace(microsecond=template.microsecond)
        return Record(
            sensor=SENSORS[_rank(roll(), 3, 1.2) % len(SENSORS)],
            received_at_us=to_us(occurred_at) + 20_000 + int(roll() * 900_000),
            digest=hashlib.sha256(raw).digest(),
            raw=raw,
            parts=parts,
            transaction=self._transaction(template, fills, occurred_at, address),
        )

    def _transaction(
        self, template: Template, fills: list[str], occurred_at: datetime, address: str
    ) -> Transaction:
        kept = template.transaction
        replace = msgspec.structs.replace
        headers = (("Host", fills[_HOST_GAP]),) if template.has_host else ()
        return replace(
            kept,
            unique_id=fills[_ID_GAP],
            occurred_at=occurred_at,
            client=replace(kept.client, address=address),
            request=replace(
                kept.request, uri=_told(template.uri, fills), headers=headers, body=None
            ),
            response=replace(kept.response, headers=(), body=None),
            verdict=_told(template.verdict, fills),
            place=self._place(address),
            matches=tuple(_filled(template, fills)),
        )

    def _address(self, rank: int, day: int, name: str) -> str:
        number = rank if rank < _DAILY_ADDRESSES else (rank * 7919 + day * 104_729) % _ADDRESSES
        mixed = (number * 2_654_435_761 + 12_345) & 0xFFFFFFFF
        if number % 10 == 9 and name != "error-log":
            return str(ipaddress.IPv6Address((0x2A02_0000 + mixed % 4096 << 96) + mixed))
        first = 11 + mixed % 180
        first += first in (100, 127, 169, 172, 192)
        return f"{first}.{mixed >> 8 & 255}.{mixed >> 16 & 255}.{1 + (mixed >> 24) % 254}"

    def _place(self, address: str) -> Place:
        known = self._places.get(address)
        if known is None:
            if len(self._places) >= _REMEMBERED_PLACES:
                self._places.clear()
            known = self._places[address] = self._place_of(address)
        return known

    def _host(self, roll: float, address: str) -> str:
        if roll > 0.97:  # scanners that know no name
            return f"192.0.2.{sum(map(ord, address)) % 200}"
        return self._hosts[_rank(roll / 0.97, 3, 1.0) % _HOSTS]

    def _word(self, dice: random.Random) -> str:
        if dice.random() < 0.15:
            return "x" + "".join(dice.choices(_LETTERS, k=11))
        return self._words[_rank(dice.random(), 50, 0.6) % _WORDS]


def _rank(roll: float, scale: float, exponent: float) -> int:
    """From 0 on; the higher the rarer, by a power law with a long tail (Lomax)."""
    return int(min(scale * ((1.0 - roll) ** (-1.0 / exponent) - 1.0), 1e9))
