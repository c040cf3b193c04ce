"""Redaction: the rules in force, and a trial of these or others on one entry."""

from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from bartizan.domain.errors import Refused
from bartizan.ingest.redaction.settings import RedactionRules
from bartizan.present.answers import answer
from bartizan.present.api.transactions import transaction_number
from bartizan.present.body_limit import TRIAL_BODY_BYTES, TRIAL_PATH
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.present.traced import about, no_deed
from bartizan.query.redaction import RedactionOverview, TriedRules


class WantedTrial(BaseModel):
    """Give `entry`, or the id of a `transaction` one may see; default for `rules`: in force."""

    model_config = ConfigDict(extra="forbid")

    entry: Annotated[str, Field(max_length=TRIAL_BODY_BYTES)] | None = None
    transaction: Annotated[str, Field(max_length=32)] | None = None
    rules: RedactionRules | None = None


async def show_overview(request: Request) -> Response:
    return answer(await running(request).reads.run(parts(request).redaction.overview))


async def try_rules(request: Request, body: WantedTrial) -> Response:
    if (body.entry is None) == (body.transaction is None):
        raise Refused("bad-parameter", "give an entry, or the id of a transaction", "entry")
    desk, question = parts(request).redaction, parts(request).transactions
    rules = None if body.rules is None else body.rules.rules()
    if body.transaction is None:
        no_deed(request)
        raw = (body.entry or "").encode("utf-8", "replace")
        return answer(await running(request).reads.run(lambda: desk.try_out(raw, rules)))
    number = transaction_number(body.transaction)
    about(request, str(number))
    return answer(
        await running(request).reads.run(lambda: desk.try_out(question.raw(number), rules))
    )


ROUTES = (
    Route(
        methods=("GET",),
        path="/api/v1/redaction",
        endpoint=show_overview,
        permission=Permission.ADMIN,
        summary="What is taken out of entries before they are stored, and how often it was.",
        answer=RedactionOverview,
    ),
    Route(
        methods=("POST",),
        path=TRIAL_PATH,
        endpoint=try_rules,
        permission=Permission.ADMIN,
        summary="What rules would leave of one entry. Nothing of it is stored or logged.",
        answer=TriedRules,
        action="payload.opened",
    ),
)
