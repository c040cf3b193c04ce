"""What else there is like one transaction, each kind as a search that a person could have asked.

Four kinds: of the same client within five minutes; and within a day before and after, on the same
path, with the same rule (the one that the verdict names), and with the same *fingerprint*: every
rule that scored here scored there too, on a path of the same shape. The shape of a path is the path
with whatever looks like a number or an identifier in it left open, so that `/order/17/item` and
`/order/18/item` are alike.

Every answer is bounded: few rows, within a span, and counted by the store as any list is.
"""

import ipaddress
import re
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Final

import msgspec

from bartizan.domain.errors import Refused
from bartizan.domain.expression import Expression, Field, Is, every
from bartizan.domain.search import Search
from bartizan.domain.transaction import Category
from bartizan.enrich.rules import causes
from bartizan.enrich.verdict import lead
from bartizan.kit.struct import Struct
from bartizan.query.filters import MAX_LENGTH, filter_values
from bartizan.query.questions import Questions
from bartizan.query.rows import RowViews
from bartizan.query.views import RowView
from bartizan.store.contract import Stored

ROWS: Final = 5
MOST_COUNTED: Final = 10_000  # further only where that costs nothing
_CLOSE: Final = timedelta(minutes=5)
_NEAR: Final = timedelta(days=1)
_MOST_RULES: Final = 12
_SECOND: Final = timedelta(seconds=1)
# A segment that names one thing among many: a number, a UUID, a long hexadecimal or mixed word.
_ONE_OF_MANY: Final = re.compile(
    r"\d+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{12,}|"
    r"(?=[^/]*\d)[A-Za-z0-9_-]{20,}"
)


class Likeness(StrEnum):
    """In which respect transactions are alike."""

    CLIENT = "client"
    PATH = "path"
    RULE = "rule"
    FINGERPRINT = "fingerprint"


class Similar(Struct, frozen=True, kw_only=True):
    """`filters` are the parameters of the list that shows them; none where nothing can be alike.

    `value` is what they have in common. `rows` are the newest few; the transaction itself is
    neither among them nor counted. With `is_at_least` nobody has counted any further.
    """

    likeness: Likeness
    value: str | None
    filters: tuple[tuple[str, str], ...]
    transactions: int
    intercepted: int
    rows: tuple[RowView, ...]
    is_at_least: bool = False


def similar(store: Questions, rows: RowViews, stored: Stored, likeness: Likeness) -> Similar:
    found = _SEARCHES[likeness](stored)
    if found is None:
        return Similar(
            likeness=likeness, value=None, filters=(), transactions=0, intercepted=0, rows=()
        )
    value, search = found
    count = store.count(search, limit=MOST_COUNTED)
    page = store.page(search, limit=ROWS + 1)
    others = [row for row in page.rows if row.id != stored.row.id][:ROWS]
    return Similar(
        likeness=likeness,
        value=value,
        filters=filter_values(search),
        transactions=max(0, count.transactions - 1),
        intercepted=max(0, count.intercepted - (stored.row.intercepted is True)),
        rows=rows.view(others),
        is_at_least=count.is_at_least,
    )


def read_likeness(word: str) -> Likeness:
    try:
        return Likeness(word)
    except ValueError:
        raise Refused("not-found", f"alike in what? {', '.join(Likeness)}") from None


def shape(path: str) -> str:
    """The path with `*` for each segment that names one thing among many."""
    return "/".join("*" if _ONE_OF_MANY.fullmatch(part) else part for part in path.split("/"))


Asked = tuple[str, Search] | None


def _same_client(stored: Stored) -> Asked:
    client = stored.row.client_address
    if client is None or not _is_address(client):
        return None
    return client, _around(stored, _CLOSE, Search(clients=(client,)))


def _same_path(stored: Stored) -> Asked:
    path = _path(stored)
    return None if path is None else (path, _around(stored, _NEAR, Search(paths=(path,))))


def _same_rule(stored: Stored) -> Asked:
    scored = causes(stored.matches)
    named = lead(scored, category=_category(stored)).rule_id if scored else None
    if named is None:
        return None
    return str(named), _around(stored, _NEAR, Search(rule_ids=(named,)))


def _same_fingerprint(stored: Stored) -> Asked:
    path = _path(stored)
    rules = sorted({match.rule_id for match in causes(stored.matches) if match.rule_id is not None})
    if path is None or not rules:
        return None
    form, few = shape(path), rules[:_MOST_RULES]
    conditions: list[Expression] = [Is(field=Field.RULE, value=rule_id) for rule_id in few]
    search = Search(paths=(form,), expression=every(*conditions))
    return f"{form} with {', '.join(map(str, few))}", _around(stored, _NEAR, search)


def _around(stored: Stored, width: timedelta, search: Search) -> Search:
    """In whole seconds, so that the link to the list is readable."""
    at = stored.row.at
    since = (at - width).replace(microsecond=0)
    until = (at + width).replace(microsecond=0) + _SECOND
    return msgspec.structs.replace(search, since=since, until=until)


def _path(stored: Stored) -> str | None:
    path = (stored.row.uri or "").partition("?")[0]
    return path if 0 < len(path) <= MAX_LENGTH else None


def _category(stored: Stored) -> Category | None:
    name = stored.row.category
    return Category(name) if name in set(Category) else None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


_SEARCHES: Final[dict[Likeness, Callable[[Stored], Asked]]] = {
    Likeness.CLIENT: _same_client,
    Likeness.PATH: _same_path,
    Likeness.RULE: _same_rule,
    Likeness.FINGERPRINT: _same_fingerprint,
}
