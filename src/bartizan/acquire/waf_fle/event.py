"""What WAF-FLE keeps of an event, as far as it is of use. Texts are bytes, as they lie there."""

from bartizan.kit.struct import Struct


class WafFleSensor(Struct, frozen=True, kw_only=True):
    """`client_header` is the request header that WAF-FLE believed the client's address from."""

    name: str
    password: str
    label: str
    is_enabled: bool
    client_header: str | None


class WafFleMessage(Struct, frozen=True, kw_only=True):
    """One rule match. `severity` 99 and rule id 0 are none."""

    action: bytes
    pattern: bytes
    file: bytes
    line: int
    rule_id: int
    message: bytes
    data: bytes
    severity: int
    tags: tuple[bytes, ...] = ()


class WafFleEvent(Struct, frozen=True, kw_only=True):
    """`sections` are the stored sections by letter, unpacked; empty where there are none.

    `columns` are those of the table `events`, for the case that there are no sections.
    """

    id: int
    sensor_id: int
    received_at_us: int
    is_preserved: bool
    is_false_positive: bool
    sections: dict[str, bytes]
    columns: dict[str, bytes | int | None]
    messages: tuple[WafFleMessage, ...] = ()
