"""The families of records that place databases are made of."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.enrich.place_record import Finding, read

LONDON = Finding(country="GB", city="London", latitude=51.5142, longitude=-0.0931)


@pytest.mark.parametrize(
    "record",
    [
        {  # MaxMind GeoLite2, GeoIP2; DB-IP's own
            "city": {"geoname_id": 2643743, "names": {"de": "Lundun", "en": "London"}},
            "country": {"iso_code": "GB", "names": {"en": "United Kingdom"}},
            "location": {"latitude": 51.5142, "longitude": -0.0931, "time_zone": "Europe/London"},
            "registered_country": {"iso_code": "US"},
        },
        {  # ip-location-db with numbers
            "city": "London", "country_code": "GB", "latitude": 51.5142, "longitude": -0.0931,
            "postcode": "", "state1": "England", "state2": "", "timezone": "",
        },
        {  # ip-location-db with text
            "city": " London ", "country_code": "gb", "latitude": "51.5142", "longitude": "-0.0931",
        },
        {  # IPinfo
            "city": "London", "country": "GB", "lat": "51.5142", "lng": "-0.0931", "region": "England",
        },
    ],
)  # fmt: skip
def test_every_family_of_records_says_the_same(record: dict[str, Any]) -> None:
    assert read(record) == LONDON


def test_country_files_say_the_country() -> None:
    assert read({"country": "United States", "country_code": "US", "asn": "AS15169"}) == Finding(
        country="US"
    )
    assert read({"country": {"iso_code": "DE"}}) == Finding(country="DE")
    assert read({"registered_country": {"iso_code": "FR"}, "traits": {}}) == Finding(country="FR")


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(0, 0), (0.0, -0.0), ("0", "0.0"), (91, 0), (-90.1, 5), (5, 180.5), ("", ""), (None, 5), (5, None),
     (float("nan"), 1), (1, float("inf")), ("nan", "1"), ("x", "1"), (True, False), ([1], {}), (10**400, 1)],
)  # fmt: skip
def test_coordinates_that_are_none_are_not_believed(latitude: object, longitude: object) -> None:
    record = {"country_code": "GB", "city": "London", "latitude": latitude, "longitude": longitude}
    found = read(record)
    assert found == Finding(country="GB", city="London")


def test_the_equator_and_greenwich_are_places() -> None:
    assert read({"country_code": "GA", "latitude": 0, "longitude": 11.5}) == Finding(
        country="GA", latitude=0, longitude=11.5
    )
    assert read({"country_code": "GB", "latitude": 51.48, "longitude": 0}) == Finding(
        country="GB", latitude=51.48, longitude=0
    )


@pytest.mark.parametrize(
    ("said", "city"),
    [
        ("Moscow (Tsentralnyy administrativnyy okrug)", "Moscow"),
        ("Islamabad (H 9/1)", "Islamabad"),
        ("Zurich (Zurich (Kreis 1) / Hochschulen)", "Zurich"),
        ("(Nowhere)", "(Nowhere)"),
        ("Zu\u0308rich", "Z\u00fcrich"),
        ("  New\n\tYork ", "New York"),
        ("", None),
        ("   ", None),
        (7, None),
        ({"en": "London"}, None),
        ("L" * 500, "L" * 80),
    ],
)
def test_city_is_one_short_line_without_its_district(said: object, city: str | None) -> None:
    found = read({"country_code": "XX", "city": said})
    assert found is not None
    assert found.city == city


@pytest.mark.parametrize(
    "record", [None, 5, "London", [], {}, {"asn": "AS1"}, {"country": 7}, {"location": {}}]
)
def test_a_record_without_facts_is_none(record: object) -> None:
    assert read(record) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["country", "registered_country", "location", "city", "country_code", "latitude",
             "longitude", "lat", "lng", "lon", "continent", "names", "iso_code"]
        ),
        JSON | st.dictionaries(st.sampled_from(["iso_code", "names", "latitude", "longitude"]), JSON),
    )
)  # fmt: skip
def test_no_record_is_an_error_and_coordinates_are_always_on_the_globe(record: object) -> None:
    found = read(record)
    if found is not None and found.latitude is not None:
        assert found.longitude is not None
        assert -90 <= found.latitude <= 90
        assert -180 <= found.longitude <= 180
        assert (found.latitude, found.longitude) != (0, 0)
