"""Search texts over HTTP: in lists, counts and the map, checked and completed."""

import pytest

from bartizan.domain.person import Role


@pytest.fixture
def viewer(visit, house, make_record):
    house.store.append([make_record(sensor="edge"), make_record(sensor="core")])
    return visit(Role.VIEWER)


@pytest.mark.parametrize("path", ["transactions", "facets/category", "map"])
def test_a_search_text_narrows(viewer, path):
    everything = viewer.get(f"/api/v1/{path}")
    same = viewer.get(f"/api/v1/{path}", params={"q": "sensor:edge OR sensor:core"})
    nothing = viewer.get(f"/api/v1/{path}", params={"q": "sensor:nobody"})
    assert everything.status_code == same.status_code == nothing.status_code == 200
    assert nothing.json() != everything.json() or path == "facets/category"


def test_a_text_and_filters_hold_together(viewer):
    def total(**parameters):
        answer = viewer.get("/api/v1/transactions", params=parameters).json()
        return answer["total"]["transactions"]

    assert total(q="sensor:edge") == 1
    assert total(q="sensor:edge", sensor="core") == 0
    assert total(q=" ") == 2


def test_an_empty_answer_blames_the_text(viewer):
    answer = viewer.get("/api/v1/transactions", params={"q": "score:>100000"}).json()
    assert answer["empty"]["filters"] == ["q"]


@pytest.mark.parametrize("path", ["transactions", "facets/host", "map", "live"])
def test_a_wrong_text_is_a_bad_search(viewer, path):
    answer = viewer.get(f"/api/v1/{path}", params={"q": "hosst:x"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["where"]) == ("bad-search", "q")
    assert "character 1" in error["message"]


def test_a_check_points_at_the_character(viewer):
    answer = viewer.get("/api/v1/search/check", params={"q": "status:403 hosst:x"}).json()
    assert answer["text"] is None
    assert answer["error"] == {
        "message": "there is no field hosst; text with a colon in it needs quotation marks",
        "position": 11,
        "length": 5,
        "suggestion": "status:403 host:x",
    }
    answer = viewer.get("/api/v1/search/check", params={"q": "status:403 AND a"}).json()
    assert (answer["text"], len(answer["chips"]), answer["error"]) == ("status:403 a", 2, None)


def test_values_are_completed(viewer):
    answer = viewer.get("/api/v1/search/complete", params={"q": "sensor:ed"}).json()
    assert (answer["start"], answer["end"]) == (7, 9)
    assert [one["text"] for one in answer["proposals"]] == ["edge"]
    answer = viewer.get("/api/v1/search/complete", params={"q": "sensor:", "sensor": "core"})
    assert [one["text"] for one in answer.json()["proposals"]] == ["core"]
    answer = viewer.get("/api/v1/search/complete", params={"q": "sens x", "at": "2"}).json()
    assert answer["proposals"][0]["text"] == "sensor:"


@pytest.mark.parametrize("at", ["-1", "x", "999999", "1.5"])
def test_a_cursor_is_a_number(viewer, at):
    answer = viewer.get("/api/v1/search/complete", params={"q": "a", "at": at})
    assert answer.json()["error"]["where"] == "at"


def test_nobody_asks_without_a_login(visit):
    for path in ("check", "complete"):
        assert visit(None).get(f"/api/v1/search/{path}?q=a").status_code == 401
