"""Who comes to the real web servers of the tests: one HTTP request, from any address."""

import http.client
from dataclasses import dataclass

HOST = "shop.example.test"


@dataclass(frozen=True)
class Answer:
    """What the visitor got. `unique_id` is the WAF's, where the server tells it."""

    status: int
    unique_id: str = ""


def visit(
    port: int, path: str, *, client: str = "81.2.69.142", method: str = "GET", body: bytes = b""
) -> Answer:
    """One request on a connection of its own, as forwarded for `client`; OSError if nobody is there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        headers = {"Host": HOST, "X-Forwarded-For": client}
        connection.request(method, path, body=body or None, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return Answer(answer.status, answer.getheader("X-Unique-Id") or "")
    finally:
        connection.close()
