"""What each dialect's sender hears. The one table of it; docs/promises.md has the same.

mlogc (formats.md 1.4): exactly 200 makes it forget an entry, exactly 409 makes it leave the file
on the sensor and go on, and *anything else stops the whole sensor* until a retry succeeds. So what
can be right later (busy, credentials) stops it, and what never will (too large, empty) is 409.
An entry's content decides nothing: undecodable, duplicate or falsified is 200.

The writers of libmodsecurity and Coraza (formats.md 4.6, 5.6) forget an entry whatever they hear;
their answers are for people who look at the traffic.

Who sends batches understands HTTP: 4xx says that a repeat is no use, 5xx that it is right. Of an
entry's own fate a batch's report tells, not its status.
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
    Verdict.MALFORMED: 503,
    Verdict.UNSUPPORTED: 503,
    Verdict.WRONG_METHOD: 503,
    Verdict.FAILED: 503,
}

WRITER: Mapping[Verdict, int] = {
    **MLOGC,
    Verdict.EMPTY: 400,
    Verdict.TOO_LARGE: 413,
}

BATCH: Mapping[Verdict, int] = {
    **WRITER,
    Verdict.MALFORMED: 400,
    Verdict.UNSUPPORTED: 415,
    Verdict.WRONG_METHOD: 405,
    Verdict.FAILED: 500,
}
