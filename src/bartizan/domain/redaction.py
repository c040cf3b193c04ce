"""What is taken out of entries before they are stored, and what was: never the values themselves.

The names of rules are the operator's own words; nothing here comes from the wire.
"""

from enum import StrEnum
from typing import Final

from bartizan.domain.transaction import Transaction
from bartizan.kit.struct import Struct

PLACEHOLDER: Final = "[redacted]"
"""What stands where something was taken out. Plain ASCII, so that every format can carry it."""

CREDENTIAL_HEADERS: Final = (
    "Authorization",
    "Proxy-Authorization",
    "Cookie",
    "Set-Cookie",
    "X-Api-Key",
    "Api-Key",
    "X-Auth-Token",
    "X-Access-Token",
    "X-Csrf-Token",
    "X-Xsrf-Token",
    "X-Amz-Security-Token",
    "X-Vault-Token",
    "Private-Token",
)
CREDENTIAL_ARGUMENTS: Final = (
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "*_password",
    "*Password",
    "password_*",
    "access_token",
    "refresh_token",
    "id_token",
    "client_secret",
    "api_key",
    "apikey",
)


class Pattern(StrEnum):
    """What is recognised by its shape, wherever in an entry it stands."""

    CARDS = "cards"  # 13 to 19 digits with a valid check digit
    EMAILS = "emails"


class RawPolicy(StrEnum):
    """What is kept of the entry itself."""

    REDACTED = "redacted"
    KEPT = "kept"  # as it was received; reading it needs a right of its own
    DROPPED = "dropped"


class AddressPolicy(StrEnum):
    CLEAR = "clear"
    PSEUDONYMS = "pseudonyms"


class Rules(Struct, frozen=True, kw_only=True):
    """Names are compared without regard to case; in those of arguments `*` is any text.

    `literals` are texts of the operator's own, wherever they stand.
    """

    headers: tuple[str, ...] = CREDENTIAL_HEADERS
    arguments: tuple[str, ...] = CREDENTIAL_ARGUMENTS
    patterns: tuple[Pattern, ...] = ()
    literals: tuple[str, ...] = ()
    raw: RawPolicy = RawPolicy.REDACTED
    addresses: AddressPolicy = AddressPolicy.CLEAR

    @property
    def takes_nothing(self) -> bool:
        """Whether entries are stored as they come."""
        return not (
            self.headers
            or self.arguments
            or self.patterns
            or self.literals
            or self.raw is RawPolicy.DROPPED
            or self.addresses is AddressPolicy.PSEUDONYMS
        )


class Kind(StrEnum):
    HEADER = "header"
    ARGUMENT = "argument"
    PATTERN = "pattern"
    LITERAL = "literal"
    ADDRESS = "address"


class Finding(Struct, frozen=True, kw_only=True):
    """A rule took something out: its kind and name as the rules have them, and how many times.

    Literals have numbers for names: they may be secrets themselves.
    """

    kind: Kind
    rule: str
    count: int


class Report(Struct, frozen=True, kw_only=True):
    """`is_withheld`: the entry could not be cleaned for certain, so its content was not kept."""

    findings: tuple[Finding, ...] = ()
    is_withheld: bool = False


class Piece(Struct, frozen=True, kw_only=True):
    """Some text of what would be kept; with `kind` and `rule` it stands for what was taken out."""

    text: str
    kind: Kind | None = None
    rule: str | None = None


class Trial(Struct, frozen=True, kw_only=True):
    """`pieces` together are the entry that would be kept; none where nothing of it would be.

    `transaction` is what would be shown of it. Sizes are of the entry before and after.
    """

    transaction: Transaction
    pieces: tuple[Piece, ...]
    findings: tuple[Finding, ...]
    is_withheld: bool
    size_before: int
    size_after: int
