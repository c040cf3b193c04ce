"""A rule in its author's words, as it said them last."""

import msgspec

from bartizan.domain.search import Search
from bartizan.enrich.rules import category_of
from bartizan.query.questions import Questions


def said_by(store: Questions, search: Search, rule_id: int) -> tuple[str | None, str | None]:
    """Message and category of a rule, from the newest transaction of the search in which it fired.

    Two questions to the store. No message is kept between requests: one may hold what a request
    carried, and then it is only for those who may see that request.
    """
    fired = msgspec.structs.replace(search, rule_ids=(rule_id,))
    rows = store.page(fired, limit=1).rows
    stored = store.get(rows[0].id) if rows else None
    for match in () if stored is None else stored.matches:
        if match.rule_id == rule_id:
            category = category_of(match)
            return match.message, None if category is None else category.value
    return None, None
