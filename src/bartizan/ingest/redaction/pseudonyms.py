"""Pseudonyms of addresses: made with a key, the same for the same address, and addresses again.

A pseudonym is an IPv6 address of the range that nobody routes (RFC 4193, fd00::/8):

    fd NN:NNNN:NNNN : ba27 : HHHH:HHHH:HHHH:HHHH

N are 40 bits of HMAC-SHA256 of the client's network (/24 of IPv4, /48 of IPv6), ba27 says whose
they are, H are 64 bits of the HMAC of the whole address. So the /48 of a pseudonym stands for the
network, and whatever counts, filters or groups addresses and networks works as before. Without the
key nobody can tell which address it was; with it, anybody who tries them all.
"""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final

from bartizan.domain.transaction import Transaction

_MARK: Final = b"\xba\x27"
_KEY_BYTES: Final = 32
_FORWARDING: Final = frozenset(
    (
        "x-forwarded-for",
        "forwarded",
        "x-real-ip",
        "x-client-ip",
        "true-client-ip",
        "cf-connecting-ip",
        "cf-connecting-ipv6",
        "fastly-client-ip",
        "x-cluster-client-ip",
        "x-original-forwarded-for",
        "x-envoy-external-address",
        "x-azure-clientip",
        "x-remote-addr",
        "x-remote-ip",
        "client-ip",
        "via",
    )
)
_ADDRESS = re.compile(
    rb"(?:(?<![0-9a-z.:])(?:[0-9a-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4})"
    rb"|(?<![0-9a-z.])\d{1,3}(?:\.\d{1,3}){3})(?![0-9a-z]|\.\d)"
)
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Pseudonyms:
    """Thread-safe. `key` are at least 32 secret bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) < _KEY_BYTES:
            raise ValueError("the key is too short")
        self._key = key
        self.of: Callable[[str], str | None] = lru_cache(8192)(self._of)

    def _of(self, address: str) -> str | None:
        """The pseudonym of an address; a pseudonym is its own. None if it is not an address."""
        parsed = parse(address)
        if parsed is None:
            return None
        if is_pseudonym(parsed):
            return str(parsed)
        bits = 24 if parsed.version == 4 else 48
        network = ipaddress.ip_network((parsed, bits), strict=False).network_address.packed
        group = self._hash(b"network", network)[:5]
        return str(
            ipaddress.IPv6Address(
                b"\xfd" + group + _MARK + self._hash(b"address", parsed.packed)[:8]
            )
        )

    def _hash(self, of: bytes, value: bytes) -> bytes:
        return hmac.digest(self._key, of + b"\x00" + value, hashlib.sha256)


def parse(text: str) -> Address | None:
    """An address however it is written; the IPv4 one that is mapped into IPv6."""
    try:
        parsed = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed


def is_pseudonym(address: str | Address | None) -> bool:
    parsed = parse(address) if isinstance(address, str) else address
    if parsed is None or parsed.version == 4:
        return False
    packed = parsed.packed
    return packed[0] == 0xFD and packed[6:8] == _MARK


def clients(*transactions: Transaction) -> frozenset[Address]:
    """Everybody who is told to have sent the request: the peer, the client, and who forwarded."""
    found: set[Address] = set()
    for transaction in transactions:
        address = parse(transaction.client.address or "")
        if address is not None:
            found.add(address)
        for name, value in transaction.request.headers:
            if name.lower() in _FORWARDING:
                found |= {address for _, _, address in written(value.lower().encode())}
    return frozenset(address for address in found if not is_pseudonym(address))


def written(text: bytes) -> Iterator[tuple[int, int, Address]]:
    """The addresses in a text and where they stand, a port left out."""
    for match in _ADDRESS.finditer(text):
        address = parse(match[0].decode())
        if address is not None:
            yield *match.span(), address
            continue
        shorter, colon, _ = match[0].rpartition(b":")  # 192.0.2.1:80, ::1:8080 as Apache writes it
        address = parse(shorter.decode()) if colon else None
        if address is not None:
            yield match.start(), match.start() + len(shorter), address


def spans(text: bytes, sought: Iterable[Address]) -> Iterator[tuple[int, int, Address]]:
    """Where in the text of a `Reading` any of the addresses stands."""
    wanted = frozenset(sought)
    for start, end, address in written(text):
        if address in wanted:
            yield start, end, address
