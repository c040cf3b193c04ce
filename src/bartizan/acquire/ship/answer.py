"""What the collector's answers mean for a batch (docs/api.md, `POST /v1/entries`).

| answer | then |
| --- | --- |
| 200 and a result for each entry | forget the accepted, keep the refused aside |
| 413 | send less at once; a single entry is refused |
| 401, 403 | wait long: somebody must do something |
| 503, 429, 5xx, no answer, half an answer | wait, then repeat: harmless |
| anything else | wait long: it is not a collector, or not one that knows us |
"""

from enum import Enum

import msgspec

from bartizan.kit.outbound import Answered
from bartizan.kit.struct import Struct


class Fate(Enum):
    ANSWERED = "answered"  # each entry has its result
    TOO_MUCH = "too-much"  # the batch is too large
    BUSY = "busy"  # later
    UNAUTHENTICATED = "unauthenticated"
    STRANGE = "strange"  # nothing that a collector says to us


class Refusal(Struct, frozen=True, kw_only=True):
    """An entry of the batch, by its number, that will never be accepted."""

    index: int
    code: str
    detail: str


class Reading(Struct, frozen=True, kw_only=True):
    """What an answer means. `retry_after_s` is what the collector asks for, 0 if nothing."""

    fate: Fate
    refusals: tuple[Refusal, ...] = ()
    retry_after_s: float = 0.0
    detail: str = ""


class _Result(Struct, frozen=True, kw_only=True):
    status: str
    code: str = ""
    detail: str = ""


class _Report(Struct, frozen=True, kw_only=True):
    results: list[_Result]


_REPORT = msgspec.json.Decoder(_Report)
_BUSY = frozenset((408, 429))
_LONGEST_WAIT_S = 300


def read(answer: Answered, count: int) -> Reading:
    """Read the answer to a batch of `count` entries."""
    if answer.status == 200:
        return _report(answer.body, count)
    detail = f"status {answer.status}"
    if answer.status == 413:
        return Reading(fate=Fate.TOO_MUCH, detail=detail)
    if answer.status in {401, 403}:
        return Reading(fate=Fate.UNAUTHENTICATED, detail=detail)
    if answer.status in _BUSY or answer.status >= 500:
        asked = answer.headers.get("retry-after", "")
        wait_s = min(int(asked), _LONGEST_WAIT_S) if asked.isdecimal() and len(asked) < 9 else 0
        return Reading(fate=Fate.BUSY, retry_after_s=wait_s, detail=detail)
    return Reading(fate=Fate.STRANGE, detail=detail)


def _report(body: bytes, count: int) -> Reading:
    try:
        results = _REPORT.decode(body).results
    except msgspec.DecodeError:
        return Reading(fate=Fate.STRANGE, detail="status 200 without a report")
    if len(results) != count or any(one.status not in {"accepted", "refused"} for one in results):
        return Reading(fate=Fate.STRANGE, detail="the report is of another batch")
    refusals = [
        Refusal(index=index, code=one.code, detail=one.detail)
        for index, one in enumerate(results)
        if one.status == "refused"
    ]
    return Reading(fate=Fate.ANSWERED, refusals=tuple(refusals))
