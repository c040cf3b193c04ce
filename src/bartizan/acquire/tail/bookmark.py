"""How a log file is known again, and how far it was read.

A file's name changes with every rotation, its inode when it is copied or compressed, and inodes are
used again. What stays is how it begins: the first KiB of an audit log holds a unique id and a time.
"""

import hashlib

from bartizan.acquire.tail.cutter import Passing
from bartizan.kit.struct import Struct

HEAD_BYTES = 1024


class Bookmark(Struct, frozen=True, kw_only=True):
    """Read up to `position` of the (unpacked) file that begins with so many bytes of this hash.

    `is_over`: rotated away, and nothing has come for so long that it was closed.
    """

    head_length: int
    head_digest: bytes
    position: int
    passing: Passing | None = None
    is_over: bool = False

    def is_of(self, head: bytes) -> bool:
        """Whether a file that begins with `head` is the one."""
        return 0 < self.head_length <= len(head) and (
            head_digest(head[: self.head_length]) == self.head_digest
        )


def head_digest(head: bytes) -> bytes:
    return hashlib.sha256(head).digest()
