"""No request of the console needs a large body: passwords are short, reports are bounded."""

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

MAX_BODY_BYTES = 64 * 1024


def is_too_large(scope: Scope) -> bool:
    """Whether the request says so itself."""
    for name, value in scope["headers"]:
        if name.lower() == b"content-length":
            return value.isdigit() and (len(value) > 18 or int(value) > MAX_BODY_BYTES)
    return False


def limited(receive: Receive) -> Receive:
    """`receive` that stops a body which says nothing of its length and goes on too long."""
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_BODY_BYTES:
            raise HTTPException(413)
        return message

    return take
