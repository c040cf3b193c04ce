"""Addresses as the wire spells them, and which of them are nobody's on the public Internet.

Pure. Never raises on text from the wire: what is not an address is None here and stays text in the
transaction. Sources: the IANA special-purpose address registries (RFC 6890 and its updates),
RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo).
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from bartizan.domain.errors import Misconfigured
from bartizan.domain.transaction import PlaceKind

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_ADDRESS = 64  # an IPv6 address has at most 45 characters; the rest is for a zone id


def _networks(*blocks: str) -> tuple[Network, ...]:
    return tuple(ip_network(block) for block in blocks)


_INTERNAL = _networks(
    "10.0.0.0/8",
    "100.64.0.0/10",  # carrier-grade NAT
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "64:ff9b:1::/48",  # NAT64 of the local network
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",  # site-local, as fc00::/7 was called before 2004
)
_RESERVED = _networks(
    "0.0.0.0/8",
    "192.0.0.0/24",
    "192.0.2.0/24",  # documentation
    "192.88.99.0/24",
    "198.18.0.0/15",  # benchmarks
    "198.51.100.0/24",  # documentation
    "203.0.113.0/24",  # documentation
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",
    "2001:2::/48",  # benchmarks
    "2001:10::/28",
    "2001:20::/28",
    "2001:db8::/32",  # documentation
    "3fff::/20",  # documentation
)
# By IP version, as numbers: comparing the objects takes five times as long.
_SPECIAL = {
    version: tuple(
        (int(block.network_address), int(block.netmask), kind)
        for blocks, kind in ((_INTERNAL, PlaceKind.INTERNAL), (_RESERVED, PlaceKind.RESERVED))
        for block in blocks
        if block.version == version
    )
    for version in (4, 6)
}
_GLOBAL_V6 = IPv6Network("2000::/3")  # all that is assigned to the public Internet so far
_NAT64 = IPv6Network("64:ff9b::/96")


def parse(text: str | None) -> Address | None:
    """The address that `text` spells, brackets and zone id ignored; None if it is not one.

    An IPv4 address written as IPv6 (`::ffff:a.b.c.d`) is the IPv4 address.
    """
    return None if not text or len(text) > LONGEST_ADDRESS else _parse(text)


@lru_cache(8192)
def _parse(text: str) -> Address | None:
    """Every address is asked about twice or more, by one enricher after the other."""
    if text[0] == "[" and text[-1] == "]":
        text = text[1:-1]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def unwrap(address: Address) -> Address:
    """The IPv4 address inside of a 6to4, Teredo or NAT64 address; any other as it is."""
    if isinstance(address, IPv4Address):
        return address
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def special_kind(address: Address, own: Sequence[Network]) -> PlaceKind | None:
    """INTERNAL or RESERVED if no public database can place the address; None if one might.

    `own` are the operator's networks: internal, whatever else they are.
    """
    inner = unwrap(address)
    if any(address in block or inner in block for block in own):
        return PlaceKind.INTERNAL
    number = int(inner)
    for network, mask, kind in _SPECIAL[inner.version]:
        if number & mask == network:
            return kind
    if isinstance(inner, IPv6Address) and inner not in _GLOBAL_V6:
        return PlaceKind.RESERVED
    return None


def own_networks(blocks: Sequence[str]) -> tuple[Network, ...]:
    """The operator's CIDR blocks; host bits may be set. `Misconfigured` names the bad one."""
    networks = []
    for block in blocks:
        try:
            networks.append(ip_network(block.strip(), strict=False))
        except ValueError as error:
            raise Misconfigured(
                "bad-setting", f'"{block}" is not a network such as 192.0.2.0/24', "own_networks"
            ) from error
    return tuple(networks)
