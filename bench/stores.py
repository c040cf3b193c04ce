"""How fast a store takes batches: `python -m bench.stores [URL ...]`.

Records are made beforehand (about 5 KB, 3 to 6 rule matches, all parts), so what is timed is
`Store.append` alone, compression and parts included. Without a URL: SQLite in a temporary folder.
"""

import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta

from bartizan.domain.delivery import Record
from bartizan.domain.transaction import (
    Category,
    Endpoint,
    Format,
    Place,
    PlaceKind,
    Request,
    Response,
    RuleMatch,
    Transaction,
)
from bartizan.kit.clock import from_us, now_us
from bartizan.store.contract import Store
from bartizan.store.registry import open_store, upgrade_store

_BATCHES = (1, 10, 100, 1000)
_SECONDS = 3.0
_WORDS = ("union", "select", "etc", "passwd", "script", "alert", "admin", "login", "cart", "search")
_RULES = tuple(
    RuleMatch(
        rule_id=rule,
        message=f"Attack of kind {rule % 17} detected by rule {rule}",
        tags=("application-multi", "attack-generic", "OWASP_CRS", f"capec/1000/152/{rule % 97}"),
        file=f"/usr/share/modsecurity-crs/rules/REQUEST-{rule // 1000}-APPLICATION-ATTACK.conf",
        line=rule % 900,
        severity=2,
        version="OWASP_CRS/3.3.4",
        operator=f'Pattern match "(?i:{"|".join(_WORDS)}|{rule})"',
        phase=2,
    )
    for rule in range(920100, 944100, 120)
)


def make(count: int, seed: int) -> list[Record]:
    dice = random.Random(seed)
    return [_record(dice, index) for index in range(count)]


def _record(dice: random.Random, index: int) -> Record:
    now = now_us() - dice.randrange(1_000_000) + index
    unique_id = f"{dice.getrandbits(144):036x}"[:27]
    client = f"{dice.randrange(1, 224)}.{dice.randrange(256)}.{dice.randrange(256)}.1"
    query = "+".join(dice.choices(_WORDS, k=12))
    matches = tuple(
        _fired(dice, rule) for rule in dice.sample(_RULES, dice.choice((3, 4, 4, 5, 5, 6)))
    )
    parts = tuple(_parts(dice, unique_id, client, query, matches))
    mark = unique_id[:8]
    raw = b"".join(b"--%s-%s--\n%s\n" % (mark.encode(), n.encode(), body) for n, body in parts)
    return Record(
        sensor=f"sensor-{index % 8}",
        received_at_us=now,
        digest=hashlib.sha256(raw).digest(),
        raw=raw,
        parts=parts,
        transaction=Transaction(
            format=Format.MODSECURITY2_NATIVE,
            unique_id=unique_id,
            occurred_at=from_us(now) - timedelta(milliseconds=20),
            client=Endpoint(address=client, port=dice.randrange(1024, 65536)),
            request=Request(
                method="GET",
                uri=f"/{dice.choice(_WORDS)}/{dice.randrange(500)}?q={query}",
                headers=(("Host", f"www{dice.randrange(20)}.example.test"),),
            ),
            response=Response(status=403),
            matches=matches,
            intercepted=True,
            engine_mode="ENABLED",
            ruleset="OWASP_CRS/3.3.4",
            category=dice.choice(list(Category)),
            verdict="SQL injection in the parameter q, by 942100 and 3 others: blocked with 403",
            place=Place(
                kind=PlaceKind.CITY,
                country=dice.choice(("DE", "US", "CN", "BR")),
                city="Somewhere",
                latitude=dice.uniform(-60, 70),
                longitude=dice.uniform(-180, 180),
                source="DB-IP City Lite 2026-11",
            ),
        ),
    )


def _fired(dice: random.Random, rule: RuleMatch) -> RuleMatch:
    data = f"Matched Data: {' '.join(dice.choices(_WORDS, k=4))} found within ARGS:q"
    return RuleMatch(
        rule_id=rule.rule_id,
        message=rule.message,
        data=data,
        severity=rule.severity,
        tags=rule.tags,
        file=rule.file,
        line=rule.line,
        version=rule.version,
        phase=rule.phase,
        target="ARGS:q",
        operator=rule.operator,
    )


def _parts(
    dice: random.Random, unique_id: str, client: str, query: str, matches: tuple[RuleMatch, ...]
) -> Iterator[tuple[str, bytes]]:
    yield "A", f"[23/Nov/2026:05:42:09 +0000] {unique_id} {client} 59250 10.0.0.1 80\n".encode()
    headers = "".join(f"X-Header-{n}: {dice.getrandbits(160):x}\n" for n in range(30))
    yield "B", f"GET /{query} HTTP/1.1\nHost: www.example.test\n{headers}".encode()
    yield "F", b"HTTP/1.1 403 Forbidden\nContent-Length: 199\nContent-Type: text/html\n"
    yield "E", b"<html><head><title>403 Forbidden</title></head></html>\n"
    messages = "".join(
        f'Message: Warning. {match.operator} at {match.target}. [file "{match.file}"] '
        f'[line "{match.line}"] [id "{match.rule_id}"] [msg "{match.message}"] '
        f'[data "{match.data}"] [severity "CRITICAL"] [ver "{match.version}"] '
        + " ".join(f'[tag "{tag}"]' for tag in match.tags)
        + "\n"
        for match in matches
    )
    yield "H", f"{messages}Stopwatch: {now_us()} 3794\nEngine-Mode: ENABLED\n".encode()


def measure(store: Store, records: list[Record], batch: int) -> tuple[float, float]:
    """Transactions per second, and microseconds of our own CPU for each."""
    wall, cpu, taken = time.perf_counter(), time.process_time(), 0
    while taken + batch <= len(records) and time.perf_counter() - wall < _SECONDS:
        store.append(records[taken : taken + batch])
        taken += batch
    return (
        taken / (time.perf_counter() - wall),
        (time.process_time() - cpu) / taken * 1e6,
    )


def main(urls: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        for url in urls or [f"sqlite:///{directory}/transactions.sqlite"]:
            upgrade_store(url)
            store = open_store(url)
            for seed, batch in enumerate(_BATCHES):
                records = make(min(40_000, batch * 200), now_us() + seed)
                size = sum(len(record.raw) for record in records) / len(records)
                rate, cpu = measure(store, records, batch)
                kind = url.partition(":")[0]
                print(
                    f"{kind:8} batch {batch:5}: {rate:8.0f}/s {cpu:6.1f} us CPU {size:6.0f} bytes"
                )
            store.close()


if __name__ == "__main__":
    main(sys.argv[1:])
