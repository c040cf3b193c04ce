"""No request of the console needs a large body: passwords are short, reports are bounded.

But one: an entry on which rules of redaction are tried.
"""

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

MAX_BODY_BYTES = 64 * 1024
TRIAL_PATH = "/api/v1/redaction/try"
TRIAL_BODY_BYTES = 1024 * 1024


def most_bytes(scope: Scope) -> int:
    """How large the body of this request may be."""
    return TRIAL_BODY_BYTES if scope["path"] == TRIAL_PATH else MAX_BODY_BYTES


def is_too_large(scope: Scope) -> bool:
    """Whether the request says so itself."""
    for name, value in scope["headers"]:
        if name.lower() == b"content-length":
            return value.isdigit() and (len(value) > 18 or int(value) > most_bytes(scope))
    return False


def limited(receive: Receive, most: int = MAX_BODY_BYTES) -> Receive:
    """`receive` that stops a body which says nothing of its length and goes on too long."""
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise HTTPException(413)
        return message

    return take
