"""What each dialect's sender hears. The one table of it; docs/promises.md has the same.

mlogc (formats.md 1.4): exactly 200 makes it forget an entry, exactly 409 makes it leave the file
on the sensor and go on, and *anything else stops the whole sensor* until a retry succeeds. So what
can be right later (busy, credentials) stops it, and what never will (too large, empty) is 409.
An entry's content decides nothing: undecodable, duplicate or falsified is 200.
"""

from collections.abc import Mapping

from bartizan.domain.delivery import Verdict

RETRY_AFTER_S = 5

MLOGC: Mapping[Verdict, int] = {
    Verdict.ACCEPTED: 200,
    Verdict.EMPTY: 409,
    Verdict.TOO_LARGE: 409,
    Verdict.UNAUTHENTICATED: 401,
    Verdict.BUSY: 503,
}
