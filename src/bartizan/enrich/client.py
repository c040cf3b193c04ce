"""Spells client and server addresses in one way, so that a search finds them all.

`[2001:db8::1]`, `2001:DB8:0::1` and `fe80::1%eth0` lose brackets, capitals and zone id;
`::ffff:192.0.2.1` becomes `192.0.2.1`. What is not an address (`unix:`, junk) stays as it came.
"""

from msgspec.structs import replace

from bartizan.domain.transaction import Endpoint, Transaction
from bartizan.enrich.address import parse


class ClientAddress:
    def enrich(self, transaction: Transaction) -> Transaction:
        client = _spelled(transaction.client)
        server = _spelled(transaction.server)
        if client is transaction.client and server is transaction.server:
            return transaction
        return replace(transaction, client=client, server=server)


def _spelled(endpoint: Endpoint) -> Endpoint:
    address = parse(endpoint.address)
    if address is None or str(address) == endpoint.address:
        return endpoint
    return replace(endpoint, address=str(address))
