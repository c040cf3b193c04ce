"""Sensors over the API: administrators change them, others read, and a secret is told once."""

import hashlib

import pytest

from bartizan.domain.person import Role

FACTS = {
    "label": "Shop",
    "latitude": 50.11,
    "longitude": 8.68,
    "zone": "Europe/Berlin",
    "allowed_sources": ["192.0.2.7/24"],
    "trusted_proxies": ["10.0.0.1"],
}


def test_a_sensor_is_registered_and_its_secret_told_this_once(admin, house):
    answer = admin.post("/api/v1/sensors", json={"name": "web-1", **FACTS})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    secret = answer.json()["secret"]
    (kept,) = house.control.sensors()
    assert kept.secret_hash == hashlib.sha256(secret.encode()).hexdigest()
    settings = answer.json()["settings"]
    assert settings["allowed_sources"] == ["192.0.2.0/24"]
    assert (settings["zone"], settings["position"]) == ("Europe/Berlin", "set")
    for path in ("", "/web-1", "/web-1/checklist", "/web-1/configuration"):
        text = admin.get(f"/api/v1/sensors{path}").text
        assert secret not in text
        assert kept.secret_hash not in text
    assert secret not in admin.get("/api/v1/sensor-health").text


def test_a_sensor_is_changed_disabled_enabled_and_given_a_new_secret(admin, house):
    first = admin.post("/api/v1/sensors", json={"name": "web-1", **FACTS}).json()["secret"]
    changed = admin.put("/api/v1/sensors/web-1", json={"label": "Blog"}).json()
    assert (changed["label"], changed["zone"], changed["latitude"]) == ("Blog", None, None)
    assert admin.post("/api/v1/sensors/web-1/disable").json()["is_enabled"] is False
    assert admin.get("/api/v1/sensors/web-1").json()["health"]["state"] == "disabled"
    assert admin.post("/api/v1/sensors/web-1/enable").json()["is_enabled"] is True
    second = admin.post("/api/v1/sensors/web-1/secret").json()
    assert second["secret"] != first
    assert second["settings"]["rotated_at"] is not None
    assert house.control.sensors()[0].label == "Blog"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "a b"}, 400, "bad-name"),
        ({"name": "taken"}, 409, "name-taken"),
        ({"name": "a", "zone": "Mars"}, 400, "bad-zone"),
        ({"name": "a", "allowed_sources": ["x"]}, 400, "bad-network"),
        ({"name": "a", "trusted_proxies": ["1"] * 101}, 400, "bad-input"),
        ({"name": "a", "latitude": 1.0}, 400, "bad-position"),
        ({"name": "a", "label": "x" * 150}, 400, "bad-label"),
        ({"name": "a", "secret": "mine"}, 400, "bad-input"),
        ({"label": "no name"}, 400, "bad-input"),
        ({"name": "a", "latitude": "NaN", "longitude": "NaN"}, 400, "bad-input"),
    ],
)
def test_what_makes_no_sense_is_refused(admin, house, body, status, code):
    house.add_sensor("taken")
    answer = admin.post("/api/v1/sensors", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert [sensor.name for sensor in house.control.sensors()] == ["taken"]


@pytest.mark.promise("S13")
@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST])
def test_others_read_and_change_nothing(visit, house, role):
    house.add_sensor("web-1")
    before = house.control.sensors()
    visitor = visit(role)
    answers = [
        visitor.post("/api/v1/sensors", json={"name": "mine"}),
        visitor.put("/api/v1/sensors/web-1", json={}),
        *(
            visitor.post(f"/api/v1/sensors/web-1/{what}")
            for what in ("secret", "enable", "disable")
        ),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert house.control.sensors() == before
    for path in ("/api/v1/sensor-health", "/api/v1/sensors/web-1", "/api/v1/gazetteer"):
        assert visitor.get(path).status_code == 200


@pytest.mark.promise("S12")
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_change_a_sensor(admin, house, site):
    house.add_sensor("web-1")
    headers = {"Sec-Fetch-Site": site}
    for ask in (
        lambda: admin.put("/api/v1/sensors/web-1", json={}, headers=headers),
        lambda: admin.post("/api/v1/sensors/web-1/secret", headers=headers),
    ):
        assert ask().json()["error"]["code"] == "cross-site"


@pytest.mark.parametrize("path", ["", "/checklist", "/configuration"])
def test_an_unknown_sensor_is_not_found(admin, path):
    answer = admin.get(f"/api/v1/sensors/nobody{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no-such-sensor")


def test_a_configuration_is_for_the_address_that_was_asked(admin, house):
    house.add_sensor("web-1")
    answer = admin.get(
        "/api/v1/sensors/web-1/configuration", params={"collector": "https://waf.example"}
    ).json()
    assert answer["collector"] == "https://waf.example"
    (apache, *others) = answer["configurations"]
    assert apache["kind"] == "apache"
    assert answer["placeholder"] in apache["files"][0]["content"]
    assert all(one["files"] for one in others)


def test_the_gazetteer_knows_cities_countries_and_zones(admin):
    found = admin.get("/api/v1/gazetteer").json()
    by_name = {(place["city"], place["country"]): place for place in found["places"]}
    assert by_name["Frankfurt", "Germany"]["latitude"] == pytest.approx(50.11)
    assert by_name["Sydney", "Australia"]["longitude"] == pytest.approx(151.22)
    assert (None, "France") in by_name
    assert "Europe/Berlin" in found["zones"]
    assert all(-90 <= place["latitude"] <= 90 for place in found["places"])


def test_the_pages_of_sensors_are_there(visit):
    browser = visit()
    for path in ("/sensors", "/sensors/web-1", "/add-sensor"):
        assert browser.get(path, headers={"accept": "text/html"}).status_code == 200
