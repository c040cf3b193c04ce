"""Takes out of an entry what the rules name, before anything of it is stored.

The secrets are found in the decoded transaction, where names stand for what they are. They are
taken out of the raw entry, in every spelling, and what is left is decoded again: so the entry and
the transaction that are kept agree by construction. What must not change (time, addresses, rules,
scores) is compared; where it did, less is taken out that is not in its own place. If the entry
still holds a secret in its place, or does not decode any more, nothing of its content is kept.

Total: any entry gives something that is safe to store. Doing it again changes nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from bartizan.decode.contract import Decoded, Parts
from bartizan.domain.errors import Refused
from bartizan.domain.redaction import (
    PLACEHOLDER,
    AddressPolicy,
    Finding,
    Kind,
    RawPolicy,
    Report,
    Rules,
)
from bartizan.domain.transaction import Body, Defect, Endpoint, RuleMatch, Transaction
from bartizan.enrich.verdict import sentence
from bartizan.ingest.redaction import patterns, pseudonyms
from bartizan.ingest.redaction.finding import Finder, Secret
from bartizan.ingest.redaction.pseudonyms import Pseudonyms
from bartizan.ingest.redaction.spelling import Reading, meaning
from bartizan.kit import log

_log = log.get("ingest")
WITHHELD: Final = "redaction-withheld"
_MARK: Final = PLACEHOLDER.encode()
_NOTHING: Final = Report()
_TOKEN_BYTES: Final = 4  # shorter ones are looked for beside their names only
_ANYWHERE_BYTES: Final = 8
_SURELY_BYTES: Final = 16
_HEAD_BYTES: Final = 16  # of a longer one its beginning is enough: rules cut what they log
_ROUNDS: Final = 4
_MOST_SECRETS: Final = 1000
_PUNCTUATION: Final = b"\"' :=,[{>(`"
_NEAR_BYTES: Final = 24

Read = Callable[[bytes], Decoded]


class Redacted(NamedTuple):
    """`raw` is what to keep of the entry; the same object as was given if that is as received.

    `decoded` is what is left of it, whose parts may be kept; None if they may not.
    """

    raw: bytes
    transaction: Transaction
    decoded: Decoded | None
    report: Report

    @property
    def parts(self) -> Parts:
        return () if self.decoded is None else self.decoded.parts


class Change(NamedTuple):
    """Bytes of the entry to be replaced, and by which rule."""

    start: int
    end: int
    mark: bytes
    kind: Kind
    rule: str


class _Boldness(NamedTuple):
    """From how many bytes on a secret is taken out wherever it stands, also of text around it."""

    anywhere: int
    token: int | None


_ATTEMPTS: Final = (
    _Boldness(_ANYWHERE_BYTES, _TOKEN_BYTES),
    _Boldness(_SURELY_BYTES, None),
    _Boldness(1 << 40, None),
)


class Redactor:
    """For one set of rules. Thread-safe; `read` decodes an entry."""

    def __init__(self, rules: Rules, read: Read, names: Pseudonyms | None = None) -> None:
        """`names` are needed where the rules want pseudonyms of addresses."""
        if rules.addresses is AddressPolicy.PSEUDONYMS and names is None:
            raise ValueError("pseudonyms need a key")
        self.rules = rules
        self._read = read
        self._finder = Finder(rules)
        self._literals = [
            (f"literal {number}", meaning(one.encode()))
            for number, one in enumerate(rules.literals, 1)
        ]
        self._names = names if rules.addresses is AddressPolicy.PSEUDONYMS else None
        self._looks_everywhere = bool(rules.patterns or rules.literals or self._names)

    def redact(self, raw: bytes, decoded: Decoded, enriched: Transaction) -> Redacted:
        """`enriched` is what was made of the decoded transaction; its facts stay."""
        cleaned, report = self._cleaned(raw, decoded, enriched)
        if cleaned is None:
            transaction = self._withheld(enriched)
            return Redacted(b"", transaction, None, report)
        kept = {RawPolicy.KEPT: raw, RawPolicy.DROPPED: b""}.get(self.rules.raw, cleaned.raw)
        left = None if self.rules.raw is RawPolicy.DROPPED else cleaned.decoded
        return Redacted(kept, cleaned.transaction, left, report)

    def entry(self, raw: bytes) -> tuple[bytes, Report]:
        """The entry as it would be kept if entries are; nothing of it where that is not safe.

        Of an entry that cannot be decoded nothing is known, so nothing is given.
        """
        if not raw:
            return raw, _NOTHING
        try:
            decoded = self._read(raw)
        except Refused:
            return b"", Report(is_withheld=True)
        cleaned, report = self._cleaned(raw, decoded, decoded.transaction)
        return (b"" if cleaned is None else cleaned.raw), report

    def changes(self, raw: bytes, decoded: Decoded) -> list[Change]:
        """Where in the entry something would be taken out, in order: what to show of it."""
        secrets = self._finder.secrets(decoded.transaction, raw)
        return self._changes(raw, decoded.transaction, decoded.transaction, secrets, _ATTEMPTS[0])

    def _cleaned(
        self, raw: bytes, decoded: Decoded, enriched: Transaction
    ) -> tuple[Redacted | None, Report]:
        secrets = self._finder.secrets(decoded.transaction, raw)
        if not secrets and not self._looks_everywhere:
            return Redacted(raw, enriched, decoded, _NOTHING), _NOTHING
        if len(secrets) <= _MOST_SECRETS:
            for boldness in _ATTEMPTS:
                done = self._attempt(raw, decoded, enriched, secrets, boldness)
                if done is not None:
                    return done, done.report
        _log.warning("ingest.redaction.withheld", format=enriched.format.value)
        return None, Report(is_withheld=True)

    def _attempt(
        self,
        raw: bytes,
        decoded: Decoded,
        enriched: Transaction,
        secrets: Sequence[Secret],
        boldness: _Boldness,
    ) -> Redacted | None:
        """None if this does not end in an entry without secrets that says the same otherwise."""
        entry, after, left = raw, decoded, secrets
        counts: Counter[tuple[Kind, str]] = Counter()
        for _ in range(_ROUNDS):
            changes = (
                self._changes(entry, after.transaction, enriched, left, boldness)
                if left or self._looks_everywhere
                else []
            )
            if not changes:
                break
            counts.update((change.kind, change.rule) for change in changes)
            entry = _spliced(entry, changes)
            try:
                after = self._read(entry)
            except Refused:
                return None
            left = self._finder.secrets(after.transaction, entry)
        if left or changes or not self._is_same(decoded.transaction, after.transaction):
            return None
        if not counts:
            return Redacted(raw, enriched, decoded, _NOTHING)
        findings = tuple(
            Finding(kind=kind, rule=rule, count=count)
            for (kind, rule), count in sorted(counts.items())
        )
        transaction = self._carried(decoded.transaction, enriched, after.transaction)
        return Redacted(entry, transaction, after, Report(findings=findings))

    def _changes(
        self,
        raw: bytes,
        decoded: Transaction,
        enriched: Transaction,
        secrets: Sequence[Secret],
        boldness: _Boldness,
    ) -> list[Change]:
        """What to take out of the entry, in order and apart from each other."""
        reading = Reading(raw)
        found: list[tuple[int, int, bytes, Kind, str]] = []
        if secrets:
            public = _public(decoded)
            for one in secrets:
                for start, end in _places(reading.text, one, public, boldness):
                    found.append((start, end, _MARK, one.kind, one.rule))
        for pattern in self.rules.patterns:
            for start, end in patterns.spans(pattern, reading.text):
                found.append((start, end, _MARK, Kind.PATTERN, pattern.value))
        for name, meant in self._literals:
            for start, end in _everywhere(reading.text, meant):
                found.append((start, end, _MARK, Kind.LITERAL, name))
        if self._names is not None:
            sought = pseudonyms.clients(decoded, enriched)
            for start, end, address in pseudonyms.spans(reading.text, sought):
                name = self._names.of(str(address)) or PLACEHOLDER
                found.append((start, end, name.encode(), Kind.ADDRESS, "client"))
        return _apart(
            Change(*reading.span(start, end), mark, kind, rule)
            for start, end, mark, kind, rule in sorted(found, key=lambda one: (one[0], -one[1]))
        )

    def _is_same(self, before: Transaction, after: Transaction) -> bool:
        """Whether all that is no content says what it said."""
        if self._names is not None:
            before = replace(
                before, client=self._named(before.client), server=self._as_in(before, after)
            )
        return _frame(before) == _frame(after)

    def _named(self, end: Endpoint) -> Endpoint:
        if self._names is None or end.address is None:
            return end
        return replace(end, address=self._names.of(end.address) or end.address)

    def _as_in(self, before: Transaction, after: Transaction) -> Endpoint:
        """A server may be its own client, and is then named as that."""
        named = self._named(before.server)
        return named if after.server == named else before.server

    def _carried(
        self, decoded: Transaction, enriched: Transaction, after: Transaction
    ) -> Transaction:
        """The cleaned content with the facts that were worked out from the original."""
        known = frozenset(decoded.defects)
        more = tuple(defect for defect in enriched.defects if defect not in known)
        made = replace(
            enriched,
            unique_id=after.unique_id,
            client=self._named(enriched.client),
            server=after.server if after.server != decoded.server else enriched.server,
            request=after.request,
            response=after.response,
            matches=after.matches,
            uploads=after.uploads,
            defects=(*after.defects, *more),
        )
        return made if enriched.verdict is None else replace(made, verdict=sentence(made))

    def _withheld(self, enriched: Transaction) -> Transaction:
        """Who, when, which rules and what became of it; nothing that was carried."""
        request, response = enriched.request, enriched.response
        hosts = tuple(
            (name, PLACEHOLDER if name.lower() != "host" else value[:255])
            for name, value in request.headers[:1000]
        )
        uri = None if request.uri is None else PLACEHOLDER
        made = replace(
            enriched,
            client=self._named(enriched.client),
            server=Endpoint(port=enriched.server.port) if self._names else enriched.server,
            request=replace(request, uri=uri, headers=hosts, body=_blank(request.body)),
            response=replace(
                response,
                headers=tuple((name, PLACEHOLDER) for name, _ in response.headers[:1000]),
                body=_blank(response.body),
            ),
            matches=tuple(map(_without_content, enriched.matches)),
            uploads=(),
            defects=(
                *(replace(defect, detail="") for defect in enriched.defects),
                Defect(code=WITHHELD, detail="the content could not be redacted, so none is kept"),
            ),
        )
        return made if enriched.verdict is None else replace(made, verdict=sentence(made))


def _places(
    text: bytes, secret: Secret, public: bytes, boldness: _Boldness
) -> Iterator[tuple[int, int]]:
    """Where a secret stands in what an entry says."""
    value = meaning(secret.text.encode("utf-8", "replace"))
    if not value:
        return
    if len(value) >= boldness.anywhere and value not in public:
        yield from _everywhere(text, value)
        return
    if boldness.token is not None and len(value) >= boldness.token and value not in public:
        yield from _alone(text, value)
    yield from _beside(text, value, secret)


def _beside(text: bytes, value: bytes, secret: Secret) -> Iterator[tuple[int, int]]:
    """Between its name and whatever follows; in OCSF, between them stands the word `value`."""
    before = meaning(secret.before.encode("utf-8", "replace"))
    after = meaning(secret.after.encode("utf-8", "replace"))
    if not before or before not in text:
        return
    start = text.find(value)
    while start >= 0:
        end = start + len(value)
        near = text[max(0, start - _NEAR_BYTES - len(before)) : start]
        named = near.rstrip(_PUNCTUATION)
        if named.endswith(b"value") and not before.endswith(b"value"):
            named = named[:-5].rstrip(_PUNCTUATION)
        is_named = named.endswith(before) and len(named) < len(near)
        if (
            is_named
            and not _is_word(named[-len(before) - 1 : -len(before)])
            and (len(value) >= _ANYWHERE_BYTES or not _is_word(text[end : end + 1]))
            and text[end : end + _NEAR_BYTES + len(after)].lstrip(_PUNCTUATION).startswith(after)
        ):
            yield start, end
            start = end - 1
        start = text.find(value, start + 1)


def _everywhere(text: bytes, value: bytes) -> Iterator[tuple[int, int]]:
    """Also where it is cut, if it is long enough to be told from others by its beginning."""
    head = value[:_HEAD_BYTES] if len(value) >= 2 * _HEAD_BYTES else value
    start = text.find(head)
    while start >= 0:
        end = start + len(head)
        if head is not value:
            end = start + _common(text, start, value)
        yield start, end
        start = text.find(head, end)


def _common(text: bytes, start: int, value: bytes) -> int:
    """How many of the first bytes of `value` stand at `start`."""
    low, high = 0, min(len(value), len(text) - start)
    while low < high:
        middle = (low + high + 1) // 2
        if text[start : start + middle] == value[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _alone(text: bytes, value: bytes) -> Iterator[tuple[int, int]]:
    """Not as a piece of a longer word or number."""
    start = text.find(value)
    while start >= 0:
        end = start + len(value)
        if not (_is_word(text[start - 1 : start]) or _is_word(text[end : end + 1])):
            yield start, end
        start = text.find(value, end)


def _is_word(character: bytes) -> bool:
    return character.isalnum() or character >= b"\x80"


def _public(transaction: Transaction) -> bytes:
    """What entries say anyhow, and nobody's secret: of rules, of the engine, of the protocol."""
    words = [
        transaction.format.value,
        transaction.unique_id,
        transaction.producer,
        transaction.ruleset,
        transaction.engine_mode,
        transaction.request.method,
        transaction.request.protocol,
        transaction.host,
    ]
    for match in transaction.matches:
        words += [match.file, match.version, match.revision, *match.tags]
    return meaning("\n".join(word for word in words if word).encode("utf-8", "replace"))


def _apart(changes: Iterable[Change]) -> list[Change]:
    """Those that touch become the first of them."""
    joined: list[Change] = []
    for change in changes:
        if change.end <= change.start:
            continue
        if joined and change.start < joined[-1].end:
            last = joined[-1]
            joined[-1] = last._replace(end=max(last.end, change.end))
        else:
            joined.append(change)
    return joined


def _spliced(raw: bytes, changes: Sequence[Change]) -> bytes:
    pieces, done = [], 0
    for change in changes:
        pieces += [raw[done : change.start], change.mark]
        done = change.end
    return b"".join([*pieces, raw[done:]])


def _frame(transaction: Transaction) -> Transaction:
    """Without what requests and answers carried, and rules logged of it."""
    request, response = transaction.request, transaction.response
    return replace(
        transaction,
        request=replace(
            request, uri=None, headers=tuple((name, "") for name, _ in request.headers), body=None
        ),
        response=replace(
            response, headers=tuple((name, "") for name, _ in response.headers), body=None
        ),
        matches=tuple(
            replace(match, message=None, data=None, operator=None, target=None)
            for match in transaction.matches
        ),
        uploads=(),
        defects=tuple(replace(defect, detail="") for defect in transaction.defects),
    )


def _blank(body: Body | None) -> Body | None:
    return None if body is None else Body(text=PLACEHOLDER, size=body.size, truncated=True)


def _without_content(match: RuleMatch) -> RuleMatch:
    """The rule's own words only where no macro can have put others into them."""
    data = None if match.data is None else PLACEHOLDER
    return replace(match, data=data, operator=None, message=None, target=None)
