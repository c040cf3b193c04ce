"""Makes the data of `bartizan demo`: entries and clients in src/bartizan/app/demo_traffic/.

    .venv/bin/python scripts/make_demo_traffic.py

Entries: audit log entries that real sensors wrote under recorded attacks (tests/corpus, captures of
ModSecurity 2 with CRS 3 and CRS 4), chosen so that all categories are there and none is too
frequent. Part K (the source of every rule that ran, most of an entry's bytes) and part E (the
answer's body) are left out, as with the 2016 recipe's own choice of parts.

Client addresses: made up for the demo. Countries are weighted as attack traffic usually is; within
one, networks are drawn at random from DB-IP City Lite, and of each its very first address, which is
by rule nobody's host. The choice is repeatable: same corpus, same database, same files.
"""

import io
import json
import random
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import bartizan_geo_dbip
import maxminddb
import msgspec
import zstandard

from bartizan.app.demo_entry import cut, joined
from bartizan.decode import registry
from bartizan.domain.transaction import Category, Transaction
from bartizan.enrich.registry import enrichers
from bartizan.enrich.settings import EnrichSettings

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "tests" / "corpus"
OUT = ROOT / "src" / "bartizan" / "app" / "demo_traffic"

LARGEST_BYTES = 9_000
WANTED = 600
SHARE = {
    Category.SQLI: 0.22,
    Category.XSS: 0.15,
    Category.RCE: 0.14,
    Category.LFI: 0.08,
    Category.PROTOCOL: 0.10,
    Category.JAVA: 0.09,
    Category.PHP: 0.08,
}
OTHERS = 0.08  # of each category that is not named above
ALLOWED = 30  # transactions in which no rule matched

COUNTRIES = {
    "US": 60, "CN": 44, "NL": 24, "DE": 22, "RU": 26, "SG": 16, "IN": 22, "VN": 14, "BR": 20,
    "HK": 12, "GB": 14, "FR": 14, "ID": 12, "KR": 10, "UA": 8, "IR": 6, "TR": 8, "BG": 5, "RO": 6,
    "PL": 6, "CA": 10, "JP": 8, "TW": 7, "TH": 6, "MX": 6, "AR": 5, "CO": 4, "ZA": 5, "NG": 4,
    "EG": 4, "SA": 3, "PK": 4, "BD": 4, "IT": 5, "ES": 5, "SE": 4, "CZ": 3, "AU": 5, "KE": 2,
    "MA": 2, "PH": 3, "CL": 3, "PE": 2, "MY": 3, "KZ": 2, "IL": 2, "LT": 2, "MD": 2, "SC": 1,
    "PA": 1, "NZ": 1, "NO": 1, "FI": 1, "PT": 1, "GR": 1, "HU": 1, "RS": 1, "DZ": 1, "ET": 1,
    "EC": 1, "UZ": 1, "LK": 1, "IQ": 1, "AE": 2, "CH": 2, "AT": 1, "BE": 1, "DK": 1, "IE": 2,
}  # fmt: skip
V6_CLIENTS = 24


def main() -> None:
    OUT.mkdir(exist_ok=True)
    entries = chosen_entries()
    packed = zstandard.ZstdCompressor(level=22).compress(msgspec.msgpack.encode(entries))
    (OUT / "entries.msgpack.zst").write_bytes(packed)
    clients = chosen_clients()
    lines = ",\n".join(f"  {json.dumps(client)}" for client in clients)
    (OUT / "clients.json").write_text(f"[\n{lines}\n]\n")
    print(f"{len(entries)} entries, {len(packed)} bytes; {len(clients)} clients")


def chosen_entries() -> list[bytes]:
    enrich = enrichers(EnrichSettings())
    by_category: dict[Category | None, list[bytes]] = defaultdict(list)
    seen = set()
    for raw in recorded():
        entry = reduced(raw)
        transaction = registry.decode(entry)
        for enricher in enrich:
            transaction = enricher.enrich(transaction)
        key = (
            tuple(match.rule_id for match in transaction.matches),
            (transaction.request.uri or "").partition("?")[0],
        )
        if len(entry) > LARGEST_BYTES or key in seen or not is_fit(transaction, entry):
            continue
        seen.add(key)
        by_category[transaction.category].append(entry)
    draw = random.Random(2016)
    chosen = draw.sample(by_category.pop(None), ALLOWED)
    for category, found in sorted(by_category.items()):
        count = min(len(found), int(SHARE.get(category, OTHERS) * WANTED))
        chosen += draw.sample(found, count)
        print(f"{category}: {count} of {len(found)}")
    draw.shuffle(chosen)
    return chosen


def is_fit(transaction: Transaction, entry: bytes) -> bool:
    """Leave out what tested the parsers instead of an application."""
    ids = {match.rule_id for match in transaction.matches}
    if None in ids or any(100_000 <= one < 200_000 or one > 990_000 for one in ids):
        return False
    if transaction.defects or transaction.client.address is None:
        return False
    if transaction.host not in {"shop.example.test", "localhost"} or transaction.uploads:
        return False
    return b"forged" not in entry and b"6.6.6.6" not in entry


def recorded() -> Iterator[bytes]:
    for capture in ("v2-native-serial-block-crs4-v6", "v2-native-serial-detect-pl2"):
        data = unpacked(CORPUS / capture / "audit.log.zst")
        for span in registry.DECODERS[0].split(data, 0, is_last=True):
            yield data[span.offset : span.offset + span.length]
    tree = unpacked(CORPUS / "v2-native-concurrent" / "audit.tar.zst")
    with tarfile.open(fileobj=io.BytesIO(tree)) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None:
                yield file.read()


def unpacked(path: Path) -> bytes:
    with path.open("rb") as file:
        return zstandard.ZstdDecompressor().stream_reader(file).read()


def reduced(raw: bytes) -> bytes:
    """The entry without its parts E and K, and with the files of rules where Debian puts them."""
    parts = {letter: part for letter, part in cut(raw).items() if letter not in b"EK"}
    entry = joined(parts, raw[: len(b"--44a9a375-")])
    entry = re.sub(rb'\[file "[^"]*?/rules/', b'[file "/usr/share/modsecurity-crs/rules/', entry)
    return re.sub(rb'\[file "/work/[^"]*/', b'[file "/etc/modsecurity/', entry)


def chosen_clients() -> list[str]:
    v4, v6 = sorted(bartizan_geo_dbip.directory().glob("*.mmdb"))
    draw = random.Random(2016)
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for network, record in maxminddb.open_database(v4):
        if network.prefixlen <= 24 and record["country_code"] in COUNTRIES and record["city"]:
            found[record["country_code"]].append((str(network.network_address), record["city"]))
    clients = [
        client for code, count in COUNTRIES.items() for client in pick(draw, found[code], count)
    ]
    sixes: list[tuple[str, str]] = []
    for number, (network, record) in enumerate(maxminddb.open_database(v6)):
        if number % 997 == 0 and network.prefixlen <= 48 and record["country_code"] in COUNTRIES:
            sixes.append((str(network.network_address), record["city"]))
    return clients + pick(draw, sixes, V6_CLIENTS)


def pick(draw: random.Random, networks: list[tuple[str, str]], count: int) -> list[str]:
    """Random networks, at most three in one city while there are others."""
    taken: Counter[str] = Counter()
    picked = []
    for address, city in draw.sample(networks, min(len(networks), count * 8)):
        if taken[city] < 3 and len(picked) < count:
            taken[city] += 1
            picked.append(address)
    return picked


if __name__ == "__main__":
    main()
