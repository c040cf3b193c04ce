"""Countries: every code in use has a short name and a point that is somewhere."""

import pytest

from bartizan.enrich.countries import countries, country


def test_all_codes_in_use_are_there() -> None:
    assert len(countries()) >= 250
    missing_in_the_atlas = [
        "RE",
        "GI",
        "YT",
        "MQ",
        "GP",
        "GF",
        "XK",
        "TK",
        "TV",
        "BV",
        "BQ",
        "CC",
        "UM",
        "SJ",
        "CX",
    ]
    assert set(missing_in_the_atlas) <= countries().keys()


def test_every_point_is_on_the_globe_and_none_at_zero_zero() -> None:
    for one in countries().values():
        assert -90 <= one.latitude <= 90
        assert -180 <= one.longitude <= 180
        assert abs(one.latitude) + abs(one.longitude) > 1


def test_names_are_short_and_not_abbreviated() -> None:
    for one in countries().values():
        assert 4 <= len(one.name) <= 34, one
        assert not one.name.endswith("."), one
        assert one.name.isprintable()


@pytest.mark.parametrize(
    ("code", "name", "latitude", "longitude"),
    [
        ("FR", "France", 46.6, 2.5),
        ("us", "United States", 39.9, -98.8),
        ("XK", "Kosovo", 42.6, 20.9),
    ],
)
def test_points_lie_in_the_largest_part(
    code: str, name: str, latitude: float, longitude: float
) -> None:
    found = country(code)
    assert found is not None
    assert (found.name, found.latitude, found.longitude) == (name, latitude, longitude)


@pytest.mark.parametrize("code", [None, "", "EU", "A1", "ZZ", "USA"])
def test_what_is_no_country_is_none(code: str | None) -> None:
    assert country(code) is None
