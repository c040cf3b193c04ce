"""Why an entry became a dead letter, in plain words, and what can be done about it."""

from bartizan.kit.struct import Struct


class Reason(Struct, frozen=True, kw_only=True):
    """`words` say what happened, `advice` what helps."""

    words: str
    advice: str


_UNKNOWN = Reason(
    words="This version has no words for the reason",
    advice="The code and the detail are all there is.",
)
_UPGRADE = "A newer version may know it: after an upgrade it is tried again by itself."
_NOTHING = "There is nothing in it to decode. It may be removed."
REASONS: dict[str, Reason] = {
    "unknown-format": Reason(
        words="Begins like no audit log that Bartizan knows",
        advice="Look at its first line. If something else than a WAF sends here, stop it. "
        + _UPGRADE,
    ),
    "not-an-entry": Reason(
        words="Begins like an audit log entry, but holds nothing that can be believed",
        advice="Often the sensor's disk was full, or it was stopped while writing. " + _UPGRADE,
    ),
    "sensor-without-json": Reason(
        words="The sensor says that its ModSecurity was built without JSON",
        advice="Install libmodsecurity built with yajl, or set SecAuditLogFormat Native there.",
    ),
    "other-lines": Reason(
        words="Only lines of other programs than the WAF",
        advice="It is an error log without a message of ModSecurity. It may be removed.",
    ),
    "empty": Reason(words="Has no bytes", advice=_NOTHING),
    "empty-entry": Reason(words="The file it was imported from is empty", advice=_NOTHING),
    "decoder-failed": Reason(
        words="A decoder broke on it, which is a mistake in Bartizan",
        advice="Please report it, with the entry if you may pass that on. " + _UPGRADE,
    ),
    "store-refused": Reason(
        words="Was decoded, but the database would not take it",
        advice="The detail names the database's error. Decode it again when that is mended.",
    ),
    "entry-too-large": Reason(
        words="Is too large for an import; only its beginning is kept here",
        advice="The whole of it is still where it was imported from.",
    ),
    "unreadable": Reason(
        words="The file could not be read to its end",
        advice="Check its permissions and its disk, and import it again.",
    ),
    "damaged-archive": Reason(
        words="The archive is damaged here; what could be unpacked before was imported",
        advice="Import it again from a good copy: what is stored already is not stored twice.",
    ),
    "encrypted": Reason(
        words="Is in an archive that wants a password",
        advice="Unpack it yourself, and import what comes out.",
    ),
    "expands-too-much": Reason(
        words="Unpacks to far more than any log; what came out until then was imported",
        advice="If it is to be trusted, unpack it yourself, and import what comes out.",
    ),
    "too-deep": Reason(
        words="Is nested deeper than any sensor writes",
        advice="If it is a directory, import the one below.",
    ),
}


def reason_of(code: str) -> Reason:
    return REASONS.get(code, _UNKNOWN)
