"""Dead letters over HTTP: who may see and change them, and that nothing in them is obeyed."""

import base64
import itertools

import pytest
from structlog.testing import capture_logs

from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.person import Role
from bartizan.spool.outlet import Outlet

PATH = "/api/v1/dead-letters"
HOSTILE = b"<script>alert(1)</script>\x00\x1b[31m\xe2\x80\xae\xff\r\nSet-Cookie: x=y"


@pytest.fixture
def outlet(tmp_path):
    clock = itertools.count(1_795_412_698_000_000, 1_000_000)
    side = Outlet(tmp_path / "spool", lambda: next(clock), program="7.8")
    yield side
    side.close()


def bury(outlet, count, sensor="edge", code="unknown-format", raw=b"entry %d"):
    for number in range(count):
        outlet.set_aside(
            AuditLogEntry(sensor=sensor, received_at_us=1, raw=raw % number), code, "a detail"
        )


def test_the_summary_says_what_and_why_in_words(admin, outlet):
    bury(outlet, 3)
    bury(outlet, 2, sensor="shop", code="nobody-knows-this")
    summary = admin.get(f"{PATH}/summary").json()
    assert (summary["letters"], summary["size_bytes"], summary["room_bytes"]) == (5, 35, 1024**3)
    first, second = summary["kinds"]
    assert (first["sensor"], first["letters"], first["size_bytes"]) == ("edge", 3, 21)
    assert first["first_at"] == "2026-11-23T05:44:58Z"
    assert first["last_at"] == "2026-11-23T05:45:00Z"
    assert first["reason"].startswith("Begins like no audit log")
    assert "upgrade" in first["advice"]
    assert "no words" in second["reason"]


def test_the_list_is_paged_by_cursor_and_filtered(admin, outlet):
    bury(outlet, 5)
    bury(outlet, 2, sensor="shop")
    seen, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = admin.get(PATH, params={"sensor": "edge", "limit": 2, **more}).json()
        seen += [letter["head"] for letter in page["dead_letters"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"entry {number}" for number in reversed(range(5))]
    assert admin.get(PATH, params={"code": "empty"}).json()["dead_letters"] == []


@pytest.mark.promise("S1")
def test_a_letter_comes_back_byte_for_byte_and_is_never_shown(admin, outlet):
    bury(outlet, 1, raw=HOSTILE + b"%d")
    (letter,) = admin.get(PATH).json()["dead_letters"]
    opened = admin.get(f"{PATH}/{letter['id']}").json()
    assert base64.b64decode(opened["content"]) == HOSTILE + b"0"
    assert opened["letter"] == letter
    assert (letter["detail"], letter["program"]) == ("a detail", "7.8")
    raw = admin.get(f"{PATH}/{letter['id']}/raw")
    assert raw.content == HOSTILE + b"0"
    assert raw.headers["content-type"] == "application/octet-stream"
    assert raw.headers["content-security-policy"] == "sandbox"
    assert raw.headers["content-disposition"] == (
        f'attachment; filename="dead-letter-{letter["id"]}.bin"'
    )
    assert "set-cookie" not in raw.headers


def test_a_large_letter_is_read_in_windows(admin, outlet):
    whole = bytes(number % 251 for number in range(150_000))
    outlet.set_aside(AuditLogEntry(sensor="s", received_at_us=1, raw=whole), "x", "")
    (letter,) = admin.get(PATH).json()["dead_letters"]
    read, offset = b"", 0
    while offset is not None:
        opened = admin.get(f"{PATH}/{letter['id']}", params={"offset": offset}).json()
        assert (opened["offset"], opened["raw_bytes"]) == (offset, 150_000)
        read += base64.b64decode(opened["content"])
        offset = opened["next"]
    assert read == whole


def test_decoding_again_goes_in_steps_and_takes_only_what_was_there(admin, outlet, house):
    bury(outlet, 450)
    step = admin.post(f"{PATH}/retry", json={"all": True}).json()
    assert (step["letters"], step["is_done"]) == (200, False)
    bury(outlet, 5, sensor="later")
    total = step["letters"]
    while not step["is_done"]:
        step = admin.post(f"{PATH}/retry", json={"all": True, "until": step["until"]}).json()
        total += step["letters"]
    assert total == 450
    summary = admin.get(f"{PATH}/summary").json()
    assert (summary["letters"], summary["waiting"], summary["revived"]) == (5, 450, 450)
    assert house.letters.level().entries == 450


def test_removing_is_logged_with_who_and_what_and_without_content(admin, outlet):
    bury(outlet, 3, raw=b"a secret %d")
    bury(outlet, 1, sensor="shop")
    with capture_logs() as logs:
        step = admin.post(f"{PATH}/remove", json={"sensor": "edge"}).json()
    assert (step["letters"], step["is_done"]) == (3, True)
    (line,) = [line for line in logs if line["event"] == "console.dead_letters.removed"]
    assert line["person"].startswith("admin-")
    assert (line["letters"], line["sensor"], line["code"]) == (3, "edge", None)
    assert "a secret" not in str(logs)
    assert admin.get(f"{PATH}/summary").json()["removed"] == 3
    assert [one["sensor"] for one in admin.get(PATH).json()["dead_letters"]] == ["shop"]


def test_single_letters_are_chosen_by_their_ids(admin, outlet):
    bury(outlet, 4)
    ids = [letter["id"] for letter in admin.get(PATH).json()["dead_letters"]]
    assert admin.post(f"{PATH}/remove", json={"ids": ids[:2]}).json()["letters"] == 2
    assert admin.post(f"{PATH}/retry", json={"ids": ids}).json()["letters"] == 2
    assert admin.get(f"{PATH}/summary").json()["letters"] == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "nothing-chosen"),
        ({"all": False, "until": "7"}, "nothing-chosen"),
        ({"ids": ["x"]}, "bad-input"),
        ({"ids": [7]}, "bad-input"),
        ({"ids": ["9" * 40]}, "bad-input"),
        ({"ids": ["1"] * 501}, "bad-input"),
        ({"everything": True}, "bad-input"),
        ({"sensor": "x" * 2000}, "bad-input"),
    ],
)
def test_a_choice_that_is_none_changes_nothing(admin, outlet, body, code):
    bury(outlet, 2)
    for change in ("retry", "remove"):
        response = admin.post(f"{PATH}/{change}", json=body)
        assert response.status_code == 400
        assert response.json()["error"]["code"] == code
    assert admin.get(f"{PATH}/summary").json()["letters"] == 2


@pytest.mark.promise("S13")
def test_an_analyst_may_see_and_retry_but_only_an_administrator_may_remove(visit, outlet):
    bury(outlet, 2)
    viewer, analyst = visit(Role.VIEWER), visit(Role.ANALYST)
    for path in ("", "/summary", "/1", "/1/raw"):
        assert viewer.get(PATH + path).status_code == 403
        assert analyst.get(PATH + path).status_code == 200
    assert viewer.post(f"{PATH}/retry", json={"ids": ["1"]}).status_code == 403
    assert analyst.post(f"{PATH}/remove", json={"ids": ["1"]}).status_code == 403
    assert analyst.post(f"{PATH}/retry", json={"ids": ["1"]}).json()["letters"] == 1


@pytest.mark.promise("S12")
def test_another_site_can_neither_retry_nor_remove(admin, outlet):
    bury(outlet, 1)
    for change in ("retry", "remove"):
        response = admin.post(
            f"{PATH}/{change}", json={"all": True}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert response.json()["error"]["code"] == "cross-site"
    assert admin.get(f"{PATH}/summary").json()["letters"] == 1
