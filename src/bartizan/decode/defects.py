"""The closed set of defect codes, each with what it means. docs/formats.md lists them."""

from enum import StrEnum

from bartizan.domain.transaction import Defect


class DefectCode(StrEnum):
    """What can be odd inside an entry without stopping its decoding."""

    BYTES_AFTER_END = "bytes-after-end"
    END_MISSING = "end-missing"
    HEADER_MALFORMED = "header-malformed"
    JSON_MALFORMED = "json-malformed"
    MESSAGE_CUT = "message-cut"
    MESSAGE_MALFORMED = "message-malformed"
    METADATA_DOUBTFUL = "metadata-doubtful"
    METADATA_MISSING = "metadata-missing"
    OTHER_TRANSACTION = "other-transaction"
    PART_A_MALFORMED = "part-a-malformed"
    PART_A_MISSING = "part-a-missing"
    PART_ORDER = "part-order"
    PART_REPEATED = "part-repeated"
    PART_UNKNOWN = "part-unknown"
    REQUEST_LINE_MALFORMED = "request-line-malformed"
    STATUS_LINE_MALFORMED = "status-line-malformed"
    STOPWATCH_MALFORMED = "stopwatch-malformed"
    TIME_DISAGREES = "time-disagrees"
    TIME_MALFORMED = "time-malformed"
    UPLOAD_MALFORMED = "upload-malformed"
    VALUE_MALFORMED = "value-malformed"
    ZONE_MALFORMED = "zone-malformed"


MEANINGS: dict[DefectCode, str] = {
    DefectCode.BYTES_AFTER_END: "bytes follow the end of the entry; they are ignored",
    DefectCode.END_MISSING: "the entry has no end marker: a crash, a full disk or a cut",
    DefectCode.HEADER_MALFORMED: "header lines without a name; they are left out",
    DefectCode.JSON_MALFORMED: "the entry is not quite JSON; what could be read of it was",
    DefectCode.MESSAGE_CUT: (
        "the sensor cut the message at 1,023 bytes, or nginx the line at 2,048; what is left of "
        "its metadata may be forged and is not believed, so the match has no rule id unless part K "
        "tells it"
    ),
    DefectCode.MESSAGE_MALFORMED: "lines among the messages that are none; they are left out",
    DefectCode.METADATA_DOUBTFUL: (
        "metadata that can be read in two ways, or in a message that is no rule's; not believed"
    ),
    DefectCode.METADATA_MISSING: "a rule's message without metadata: it cannot be told which rule",
    DefectCode.OTHER_TRANSACTION: "lines of another transaction in the entry; they are left out",
    DefectCode.PART_A_MALFORMED: "the header line is not one; ids and addresses are unknown",
    DefectCode.PART_A_MISSING: (
        "no header line: Coraza leaves it out where a rule changed the logged parts; what its "
        "messages say stands for it"
    ),
    DefectCode.PART_ORDER: "parts stand in an order that the sensor does not write",
    DefectCode.PART_REPEATED: "a part stands in the entry twice; one of them may be forged",
    DefectCode.PART_UNKNOWN: "a part with a letter that is not in use; it is left out",
    DefectCode.REQUEST_LINE_MALFORMED: "the request line is not `METHOD URI [PROTOCOL]`",
    DefectCode.STATUS_LINE_MALFORMED: "the status line is not `PROTOCOL STATUS [REASON]`",
    DefectCode.STOPWATCH_MALFORMED: "the stopwatch is not readable; the log time is used",
    DefectCode.TIME_DISAGREES: (
        "log time and stopwatch do not differ by the duration; the stopwatch is used"
    ),
    DefectCode.TIME_MALFORMED: "the log time is not readable",
    DefectCode.UPLOAD_MALFORMED: "lines of the list of uploaded files that are not readable",
    DefectCode.VALUE_MALFORMED: "a value that is not of the expected type; it is left out",
    DefectCode.ZONE_MALFORMED: "the time zone is not readable; UTC is assumed",
}


def defect(code: DefectCode, where: str = "", detail: str = "") -> Defect:
    """`where` names a part (`H`) or a line in it (`H message 3`); `detail` is for people."""
    return Defect(code=code.value, where=where, detail=detail)
