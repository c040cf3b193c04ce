"""Telling the index of a concurrent log, which lists entries and holds none, by its first line.

    v2      HOST CLIENT - USER [TIME] "REQUEST" STATUS BYTES "-" "-" ID "SESSION" /FILE 0 SIZE HASH
    v3      HOST CLIENT USER [TIME] "REQUEST" STATUS BYTES REFERER "AGENT" ID REFERER /FILE 0 SIZE
            HASH
    Coraza  CLIENT SERVER - - [TIME], and the rest of it on up to three more lines

Nothing of what it says is used: files are found by walking the tree.
"""

import re
from typing import Final

from bartizan.decode import index_line

LONGEST_LINE: Final = 80 * 1024
_V3_TIME = re.compile(rb" \[\d\d/[A-Z][a-z]{2}/\d{4}:[^\]]{1,40}\] \"")
_V3_FILE = re.compile(rb"/\S{1,4096} 0 \d{1,18}(?:\.\d{1,9})? md5:[0-9a-fA-F]{32} ?")
_CORAZA = re.compile(
    rb"[0-9A-Fa-f.:\[\]]{2,60} [0-9A-Fa-f.:\[\]]{0,60} - - \[\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\]\n"
)
_CORAZA_FILE = re.compile(rb"\n(?: .*\n){0,2}\S+ - .*/\d{8}/\d{8}-\d{4}/\d{8}-\d{6}-\S+\n")


def is_index(head: bytes) -> bool:
    """Whether a file that begins with `head` (its first 80 KiB) is an index."""
    line, newline, _ = head.partition(b"\n")
    if not newline:
        return False
    if index_line.read(line + newline) is not None or _is_of_v3(line):
        return True
    first = _CORAZA.match(head)
    return first is not None and _CORAZA_FILE.match(head, first.end() - 1) is not None


def _is_of_v3(line: bytes) -> bool:
    """Behind the last ` /` nothing is the attacker's but the id, which is part of the path."""
    last = line.rfind(b" /")
    return _V3_TIME.search(line) is not None and _V3_FILE.fullmatch(line, last + 1) is not None
