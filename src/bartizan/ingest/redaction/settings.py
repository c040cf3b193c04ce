"""Settings of what is taken out of entries before they are stored."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import Field, field_validator

from bartizan.domain.redaction import (
    CREDENTIAL_ARGUMENTS,
    CREDENTIAL_HEADERS,
    AddressPolicy,
    Pattern,
    RawPolicy,
    Rules,
)
from bartizan.kit.settings import Section

_MOST_NAMES: Final = 200
_LONGEST_NAME: Final = 100
_LEAST_LITERAL: Final = 4
_LONGEST_LITERAL: Final = 200


class RedactionRules(Section):
    """Credentials by default. Empty lists and the other defaults store entries as they come."""

    headers: tuple[str, ...] = Field(CREDENTIAL_HEADERS, max_length=_MOST_NAMES)
    arguments: tuple[str, ...] = Field(CREDENTIAL_ARGUMENTS, max_length=_MOST_NAMES)
    patterns: tuple[Pattern, ...] = ()
    literals: tuple[str, ...] = Field((), max_length=_MOST_NAMES)
    raw: RawPolicy = RawPolicy.REDACTED
    addresses: AddressPolicy = AddressPolicy.CLEAR

    @field_validator("headers", "arguments")
    @classmethod
    def _names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
                raise ValueError(f"{name[:_LONGEST_NAME]!r} is not a name")
        return names

    @field_validator("literals")
    @classmethod
    def _literals(cls, literals: tuple[str, ...]) -> tuple[str, ...]:
        for literal in literals:
            if not _LEAST_LITERAL <= len(literal.strip()) <= _LONGEST_LITERAL:
                raise ValueError(f"a literal has {_LEAST_LITERAL} to {_LONGEST_LITERAL} characters")
        return literals

    def rules(self) -> Rules:
        return Rules(
            headers=self.headers,
            arguments=self.arguments,
            patterns=self.patterns,
            literals=self.literals,
            raw=self.raw,
            addresses=self.addresses,
        )


class RedactionSettings(RedactionRules):
    """The rules in force, and the file with the key of the pseudonyms."""

    key_file: Path | None = Field(None, description="of the pseudonyms; made if it is not there")


def settings_lines(rules: Rules) -> str:
    """The rules as they stand in a settings file. What JSON quotes, TOML reads."""
    return "\n".join(
        (
            "[redaction]",
            _line("headers", rules.headers),
            _line("arguments", rules.arguments),
            _line("patterns", rules.patterns),
            _line("literals", rules.literals),
            f'raw = "{rules.raw}"',
            f'addresses = "{rules.addresses}"',
            "",
        )
    )


def _line(key: str, values: Sequence[str]) -> str:
    return f"{key} = [{', '.join(json.dumps(str(value)) for value in values)}]"
