"""Which paths are followed, and what counts as a rotated file of another."""

import pytest

from bartizan.acquire.ship.sources import paths
from bartizan.acquire.tail.rotated import candidates, is_rotation


@pytest.mark.parametrize(
    "name",
    [
        "audit.log.1",
        "audit.log.2.gz",
        "audit.log-20261123",
        "audit.log-20261123.zst",
        "audit.log.2026-11-23",
        "audit.log_1",
        "audit.log.old",
        "audit-20261123.log",
        "audit-20261123.log.gz",
    ],
)
def test_what_rotation_makes_is_a_rotated_file(name):
    assert is_rotation(name, "audit.log")


@pytest.mark.parametrize(
    "name",
    [
        "audit.log",
        "audit.log.conf",
        "audit.log.lock",
        "audit.logs",
        "audit-2.log",
        "audit-api.log",
        "other.log.1",
        "xaudit.log.1",
    ],
)
def test_a_neighbour_is_not_a_rotated_file(name):
    assert not is_rotation(name, "audit.log")


def test_patterns_match_files_and_not_those_rotated_from_them(tmp_path):
    for name in ("a.log", "a.log.1", "b.log", "b.log.2.gz", "c.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "d.log").mkdir()
    found = paths([str(tmp_path / "*.log*"), str(tmp_path / "later.log")])
    assert [path.name for path in found] == ["a.log", "b.log", "later.log"]


def test_a_link_beside_a_log_is_no_rotated_file(tmp_path):
    (tmp_path / "audit.log").write_bytes(b"x")
    (tmp_path / "secret").write_bytes(b"y")
    (tmp_path / "audit.log.1").symlink_to(tmp_path / "secret")
    assert [one.path.name for one in candidates(tmp_path / "audit.log")] == ["audit.log"]
