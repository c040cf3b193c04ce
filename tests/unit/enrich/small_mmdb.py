"""Writes small MMDB files, so that tests need no real database. MaxMind DB format 2.0.

https://maxmind.github.io/MaxMind-DB/
"""

import struct
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

_RECORD_BYTES = 3
_MARKER = b"\xab\xcd\xefMaxMind.com"


def write_mmdb(
    path: Path,
    networks: Mapping[str, Any],
    *,
    database_type: str = "Test-City",
    ip_version: int = 6,
    build_epoch: int = 1_700_000_000,
) -> Path:
    """One record per network. In a version 6 file IPv4 networks stand at ::/96, as MaxMind's do."""
    nodes: list[list[int | None]] = [[None, None]]
    data, offsets = b"", {}
    for text, record in networks.items():
        network = ip_network(text)
        bits = 32 if ip_version == 4 else 128
        prefix = network.prefixlen + (96 if network.version == 4 and bits == 128 else 0)
        offsets[text] = len(data)
        data += _encoded(record)
        node = 0
        for depth in range(prefix):
            bit = int(network.network_address) >> (bits - 1 - depth) & 1
            if depth == prefix - 1:
                nodes[node][bit] = -1 - offsets[text]
            else:
                if nodes[node][bit] is None:
                    nodes.append([None, None])
                    nodes[node][bit] = len(nodes) - 1
                node = nodes[node][bit] or 0
    tree = b"".join(_record(len(nodes), one) for node in nodes for one in node)
    metadata = {
        "binary_format_major_version": (5, 2),
        "binary_format_minor_version": (5, 0),
        "build_epoch": (9, build_epoch),
        "database_type": database_type,
        "description": {"en": "test"},
        "ip_version": (5, ip_version),
        "languages": [],
        "node_count": (6, len(nodes)),
        "record_size": (5, _RECORD_BYTES * 8),
    }
    path.write_bytes(tree + bytes(16) + data + _MARKER + _encoded(metadata))
    return path


def _record(count: int, value: int | None) -> bytes:
    if value is None:
        number = count
    elif value < 0:
        number = count + 16 + (-1 - value)
    else:
        number = value
    return number.to_bytes(_RECORD_BYTES, "big")


def _encoded(value: Any) -> bytes:
    if isinstance(value, tuple):
        kind, number = value
        content = number.to_bytes((number.bit_length() + 7) // 8, "big")
        return _control(kind, len(content)) + content
    if isinstance(value, str):
        content = value.encode()
        return _control(2, len(content)) + content
    if isinstance(value, bool):
        return _control(14, int(value))
    if isinstance(value, float):
        return _control(3, 8) + struct.pack(">d", value)
    if isinstance(value, int):
        return _encoded((6, value))
    if isinstance(value, dict):
        pairs = b"".join(_encoded(key) + _encoded(one) for key, one in value.items())
        return _control(7, len(value)) + pairs
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(map(_encoded, value))
    raise TypeError(type(value))


def _control(kind: int, size: int) -> bytes:
    extended = bytes([kind - 7]) if kind > 7 else b""
    top = 0 if kind > 7 else kind << 5
    if size < 29:
        return bytes([top | size]) + extended
    assert size < 29 + 256
    return bytes([top | 29]) + extended + bytes([size - 29])
