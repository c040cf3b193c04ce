"""Addresses as 16 bytes that sort and compare: IPv4 as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2)."""

import ipaddress
import socket
from typing import Final

_MAPPED: Final = b"\x00" * 10 + b"\xff\xff"


def packed(address: str | None) -> bytes | None:
    """The 16 bytes of an address, None for anything else (a log may hold `unix:`)."""
    if address is None:
        return None
    try:
        if ":" in address:
            return socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
        return _MAPPED + socket.inet_pton(socket.AF_INET, address)
    except (OSError, ValueError):
        return None


# How many bytes of the 16 a network has that clients are counted by: /24 of IPv4, /48 of others.
NETWORK_BYTES_4: Final = 15
NETWORK_BYTES: Final = 6
MAPPED_BYTES: Final = _MAPPED


def network_bytes(address: bytes) -> bytes:
    """The network of packed bytes that clients are counted by."""
    return address[: NETWORK_BYTES_4 if address.startswith(_MAPPED) else NETWORK_BYTES]


def first_of(network: str) -> bytes:
    """The first address of what `network_text` made."""
    packed_address = packed(network.partition("/")[0])
    if packed_address is None:
        raise ValueError(network)
    return packed_address


def network_text(network: bytes) -> str:
    """As CIDR."""
    if len(network) == NETWORK_BYTES_4:
        return f"{ipaddress.IPv4Address(network[12:] + bytes(1))}/24"
    return f"{ipaddress.IPv6Address(network + bytes(16 - NETWORK_BYTES))}/48"


def block(text: str) -> tuple[bytes, bytes] | None:
    """First and last address of an address or CIDR block, None if it is neither."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    first, last = network.network_address.packed, network.broadcast_address.packed
    return (_MAPPED + first, _MAPPED + last) if network.version == 4 else (first, last)
