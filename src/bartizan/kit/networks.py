"""Networks as people write them (CIDR), and whether an address is in one.

IPv4 addresses and networks written as IPv6 (`::ffff:192.0.2.0/120`) are the IPv4 ones, so that it
does not matter how a socket or a proxy spells them.
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

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_MAPPED = IPv6Network("::ffff:0:0/96")
_REMEMBERED = 4096
_MOST_PROXIES = 50
_LONGEST_ADDRESS = 80


def network(text: str) -> Network:
    """The network of a CIDR block or a single address; host bits may be set. Else `ValueError`."""
    found = ip_network(text.strip(), strict=False)
    if isinstance(found, IPv6Network) and found.subnet_of(_MAPPED):
        mapped = found.network_address.ipv4_mapped
        return IPv4Network((int(mapped or 0), found.prefixlen - _MAPPED.prefixlen))
    return found


def spelled(block: Network) -> str:
    """As people write it: a network of one address without its length."""
    return str(block.network_address) if block.num_addresses == 1 else str(block)


def address(text: str) -> Address | None:
    """The address that `text` spells, its zone id left out; None if it is not one."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


@lru_cache(_REMEMBERED)
def is_within(text: str | None, networks: tuple[str, ...]) -> bool:
    """Whether an address is in one of the networks. What is not an address is in none.

    Remembered: a sensor asks with the same address for each of its entries.
    """
    found = address(text) if text else None
    return found is not None and any(found in block for block in _parsed(networks))


def client_behind(peer: str | None, forwarded: str, proxies: tuple[str, ...]) -> str | None:
    """Who connected to the proxies that we trust, if `peer` is one; else `peer`.

    Each proxy appends to X-Forwarded-For the address of who connected to it. So it is read from its
    end: what stands left of the first that is no proxy of ours was sent by that one, and may be
    forged.
    """
    client = peer
    for element in reversed(forwarded.rsplit(",", _MOST_PROXIES)[-_MOST_PROXIES:]):
        found = address(element.strip()) if len(element) <= _LONGEST_ADDRESS else None
        if found is None or not is_within(client, proxies):
            return client
        client = str(found)
    return client


@lru_cache(_REMEMBERED)
def _parsed(networks: Sequence[str]) -> tuple[Network, ...]:
    """A network that cannot be read holds nobody: it never opens a door."""
    readable = []
    for text in networks:
        try:
            readable.append(network(text))
        except ValueError:
            continue
    return tuple(readable)
