"""Where a cluster is, from a URL:

`opensearch+https://user:password@host1:9200,host2:9200/prefix?option=value`

`Misconfigured` for what cannot be such a URL. A password never gets into an error or a log.
"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from bartizan.domain.errors import Misconfigured
from bartizan.kit.struct import Struct

SCHEMES: Final = {
    "opensearch+http": "http",
    "opensearch+https": "https",
    "elasticsearch+http": "http",
    "elasticsearch+https": "https",
}
SHAPE: Final = "opensearch+https://user:password@host:9200,host:9200/prefix"
_PORT: Final = 9200
_DEFAULT_PREFIX: Final = "bartizan"
_PREFIX_LENGTH: Final = 100
_PREFIX_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


class Span(StrEnum):
    """How much time one index of transactions holds."""

    DAY = "day"
    MONTH = "month"


class Address(Struct, frozen=True, kw_only=True):
    """`hosts` are (name, port). `prefix` begins the name of every index.

    `shards` and `replicas` are for indexes that are made from now on; None leaves them as they are.
    `span` is for a new store only: None takes what the store has.
    """

    scheme: str
    hosts: tuple[tuple[str, int], ...]
    prefix: str
    user: str | None = None
    password: str = ""
    ssl_ca: str | None = None
    ssl_cert: str | None = None
    ssl_key: str | None = None
    shards: int | None = None
    replicas: int | None = None
    span: Span | None = None


def parse(url: str, key: str) -> Address:
    """The address that `url`, the value of the setting `key`, names."""
    scheme, _, rest = url.partition("://")
    rest, _, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    credentials, at, hosts = authority.rpartition("@")
    user, _, password = credentials.partition(":")
    return Address(
        scheme=SCHEMES[scheme],
        hosts=tuple(_host(host, key) for host in hosts.split(",")),
        prefix=_prefix(path.strip("/") or _DEFAULT_PREFIX, key),
        user=unquote(user) if at else None,
        password=unquote(password),
        **_options(query, scheme, key),
    )


def _host(text: str, key: str) -> tuple[str, int]:
    if text.startswith("["):
        name, bracket, port = text[1:].partition("]")
        name, port = (name, port.removeprefix(":")) if bracket else ("", "")
    else:
        name, _, port = text.partition(":")
    number = port or str(_PORT)
    if not name or not number.isdecimal() or not 0 < int(number) < 65536:
        raise Misconfigured("bad-store-url", f"not a URL as {SHAPE}", key)
    return name, int(number)


def _prefix(name: str, key: str) -> str:
    is_safe = set(name) <= _PREFIX_LETTERS and name[0].isalnum() and len(name) <= _PREFIX_LENGTH
    if not is_safe:
        raise Misconfigured(
            "bad-store-url",
            "the prefix of the indexes may have lower-case letters, digits and -_. only",
            key,
        )
    return name


def _options(query: str, scheme: str, key: str) -> dict[str, Any]:
    given = parse_qsl(query, keep_blank_values=True)
    found: dict[str, Any] = {}
    for name, value in given:
        read = _OPTIONS.get(name)
        if read is None:
            known = ", ".join(sorted(_OPTIONS))
            raise Misconfigured("bad-store-url", f"unknown option in the URL; known: {known}", key)
        try:
            found[name] = read(value)
        except ValueError as error:
            raise Misconfigured("bad-store-url", f"{name}: {error}", key) from error
    if SCHEMES[scheme] == "http" and any(name.startswith("ssl_") for name in found):
        raise Misconfigured("bad-store-url", "ssl_... is for https only", key)
    if ("ssl_key" in found) and ("ssl_cert" not in found):
        raise Misconfigured("bad-store-url", "ssl_key needs ssl_cert", key)
    return found


def _file(value: str) -> str:
    if not Path(value).is_file():
        raise ValueError("no such file")
    return value


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not value.isdecimal() or not least <= int(value) <= most:
            raise ValueError(f"a number from {least} to {most}")
        return int(value)

    return read


_OPTIONS: Final[dict[str, Callable[[str], Any]]] = {
    "ssl_ca": _file,
    "ssl_cert": _file,
    "ssl_key": _file,
    "shards": _number(1, 64),
    "replicas": _number(0, 8),
    "span": Span,
}
