"""Servers that a test or a run has for itself."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import pytest


class Server(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


class DatabaseServer(Server, Protocol):
    def url(self, database: str, /, **options: Any) -> str: ...

    def drop(self, database: str, /) -> None: ...


S = TypeVar("S", bound=Server)


@contextmanager
def started(make: Callable[[], S], *, is_installed: bool, lacking: str) -> Iterator[S]:
    """One server until the end, however that comes; the test is skipped where it cannot be had."""
    if not is_installed:
        pytest.skip(lacking)
    server = make()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def empty_databases(server: DatabaseServer, **options: Any) -> Iterator[Callable[[], str]]:
    """Makes URLs of empty databases, which are dropped at the end."""
    names: list[str] = []

    def make() -> str:
        names.append(f"test_{uuid.uuid4().hex}")
        return server.url(names[-1], **options)

    yield make
    for name in names:
        server.drop(name)
