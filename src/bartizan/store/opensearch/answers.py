"""What an answer of a cluster means, in our families of errors.

Only the kind of an error is told: its words may quote what was sent.
"""

from typing import Any, Final

from bartizan.domain.errors import Refused, Unavailable
from bartizan.store.opensearch.writes import CREATED, GONE, THERE, Document

# What is wrong with a document and stays wrong; other errors are of the cluster.
_CONTENT: Final = frozenset(
    ("mapper_parsing_exception", "document_parsing_exception", "illegal_argument_exception")
)


def check_item(answer: Document) -> None:
    status = answer["status"]
    if status in (*CREATED, THERE) or (status == GONE and "error" not in answer):
        return
    if status == GONE:
        raise Unavailable("store-unavailable", f"a write failed: {reason(answer)}")
    if status in (401, 403):
        raise Unavailable("store-unavailable", f"access denied: {reason(answer)}")
    if reason(answer) in _CONTENT:
        raise Refused("store-refused", f"the cluster refuses a document: {reason(answer)}")
    raise Unavailable("store-unavailable", f"a write failed: {reason(answer)}")


def raise_for(status: int, content: Any) -> None:
    if 200 <= status < 300:
        return
    if status == 401:
        raise Unavailable("store-unavailable", "access denied: user or password is wrong")
    if status == 403:
        raise Unavailable("store-unavailable", f"access denied: {reason(content)}")
    raise Unavailable("store-unavailable", f"the cluster answers {status}: {reason(content)}")


def reason(content: Any) -> str:
    """The kind of an error; its words may quote what was sent."""
    error = content.get("error") if isinstance(content, dict) else None
    if isinstance(error, dict):
        causes = error.get("root_cause") or [error]
        return str(causes[0].get("type", "unknown"))[:100]
    return "unknown"
