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


def block(text: str) -> tuple[bytes, bytes] | None:
    """First and last address of an address or CIDR block, None if it is neither."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    first, last = network.network_address.packed, network.broadcast_address.packed
    return (_MAPPED + first, _MAPPED + last) if network.version == 4 else (first, last)
