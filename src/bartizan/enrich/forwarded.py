"""Who the client is when a proxy stood in front of the sensor: X-Forwarded-For, as far as trusted.

Only what a trusted proxy wrote is believed. Each proxy appends the address of who connected to it,
so the header is read from its end: the first address that is no trusted proxy is the client.
Whatever stands further left was sent by that client and may be forged. What is no address
(`unknown`, `_hidden`, junk) ends the reading at the last address that was believed.
"""

from msgspec.structs import replace

from bartizan.domain.transaction import Endpoint, Transaction
from bartizan.enrich.address import parse
from bartizan.kit.networks import is_within

_HEADER = "x-forwarded-for"
_MOST_PROXIES = 50
_LONGEST_ELEMENT = 80


def client_behind(transaction: Transaction, trusted: tuple[str, ...]) -> Transaction:
    """The transaction with the client that the trusted proxies saw; the same one if none did.

    Total and linear, whatever the header holds.
    """
    if not _is_trusted(transaction.client.address, trusted):
        return transaction
    client = None
    for element in reversed(_elements(transaction)):
        found = _endpoint(element)
        if found is None:
            break
        client = found
        if not _is_trusted(found.address, trusted):
            break
    return transaction if client is None else replace(transaction, client=client)


def _is_trusted(address: str | None, trusted: tuple[str, ...]) -> bool:
    parsed = parse(address)
    return parsed is not None and is_within(str(parsed), trusted)


def _elements(transaction: Transaction) -> list[str]:
    """The last elements of all such headers, in order: a proxy may add a header of its own."""
    values = [value for name, value in transaction.request.headers if name.lower() == _HEADER]
    return ",".join(values).rsplit(",", _MOST_PROXIES)[-_MOST_PROXIES:]


def _endpoint(element: str) -> Endpoint | None:
    """`192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`."""
    text = element.strip()
    if len(text) > _LONGEST_ELEMENT:
        return None
    address = parse(text)
    if address is not None:
        return Endpoint(address=str(address))
    host, colon, port = text.rpartition(":")
    address = parse(host)
    if not colon or address is None or (":" in host and not host.startswith("[")):
        return None
    is_port = port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535
    return Endpoint(address=str(address), port=int(port)) if is_port else None
