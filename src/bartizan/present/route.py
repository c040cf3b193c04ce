"""The shape of the console's route table: every route says who may use it.

`permission` has no default: a route without one does not construct, let alone serve.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bartizan.accounts.permissions import Permission

__all__ = ("Permission", "Route")


@dataclass(frozen=True, kw_only=True)
class Route:
    """One path with its methods.

    `answer` is the type of a successful answer's JSON, `parameters` the OpenAPI objects of the
    query parameters it takes. Only routes of the API are in the OpenAPI document, and only they
    refuse unknown query parameters: pages keep their state there. `action` is what the access trail
    calls it; what changes something is in the trail also without one.
    """

    methods: tuple[str, ...]
    path: str
    endpoint: Callable[..., Any]
    permission: Permission
    summary: str
    answer: Any = None
    content_type: str = "application/json"
    parameters: tuple[dict[str, Any], ...] = ()
    action: str = ""

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def parameter_names(self) -> tuple[str, ...]:
        return tuple(parameter["name"] for parameter in self.parameters)
