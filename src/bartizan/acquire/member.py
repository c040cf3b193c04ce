"""A file in an archive."""

from typing import NamedTuple

from bartizan.acquire.found import Problem
from bartizan.acquire.opened import Source


class Member(NamedTuple):
    """Its `name` is for people. With a problem, or for a directory, there is nothing to read."""

    name: str
    source: Source | None = None
    problem: Problem | None = None
    detail: str = ""
