"""The shape of the console's route table: every route says who may use it.

`permission` has no default: a route without one does not construct, let alone serve.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Permission(StrEnum):
    OPEN = "open"  # everybody who can connect
    LOGIN = "login"  # every person
    ANALYST = "analyst"  # and administrators
    ADMIN = "admin"


@dataclass(frozen=True, kw_only=True)
class Route:
    """One path with its methods.

    `answer` is the type of a successful answer's JSON, `parameters` the OpenAPI objects of the
    query parameters it takes. Only routes of the API are in the OpenAPI document, and only they
    refuse unknown query parameters: pages keep their state there.
    """

    methods: tuple[str, ...]
    path: str
    endpoint: Callable[..., Any]
    permission: Permission
    summary: str
    answer: Any = None
    content_type: str = "application/json"
    parameters: tuple[dict[str, Any], ...] = ()

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def parameter_names(self) -> tuple[str, ...]:
        return tuple(parameter["name"] for parameter in self.parameters)
