"""Spells client and server addresses in one way, so that a search finds them all.

`[2001:db8::1]`, `2001:DB8:0::1` and `fe80::1%eth0` lose brackets, capitals and zone id;
`::ffff:192.0.2.1` becomes `192.0.2.1`. What is not an address (`unix:`, junk) stays as it came.
"""

from functools import lru_cache

from msgspec.structs import replace

from bartizan.domain.transaction import Endpoint, Transaction
from bartizan.enrich.address import LONGEST_ADDRESS, parse


class ClientAddress:
    def enrich(self, transaction: Transaction) -> Transaction:
        client = _spelled(transaction.client)
        server = _spelled(transaction.server)
        if client is transaction.client and server is transaction.server:
            return transaction
        return replace(transaction, client=client, server=server)


def _spelled(endpoint: Endpoint) -> Endpoint:
    text = endpoint.address
    if text is None or len(text) > LONGEST_ADDRESS:
        return endpoint
    usual = _usual_spelling(text)
    return endpoint if usual == text else replace(endpoint, address=usual)


@lru_cache(8192)
def _usual_spelling(text: str) -> str:
    address = parse(text)
    return text if address is None else str(address)
