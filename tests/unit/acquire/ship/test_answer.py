"""What the collector's answers mean for a batch."""

import json

import pytest

from bartizan.acquire.ship.answer import Fate, read
from bartizan.kit.outbound import Answered


def answered(status, body=b"", **headers):
    return Answered(status, headers, body)


def report(*results):
    return json.dumps({"accepted": 0, "refused": 0, "results": results}).encode()


def test_each_entry_has_its_result():
    body = report(
        {"status": "accepted"}, {"status": "refused", "code": "too-large", "detail": "9 MiB"}
    )
    reading = read(answered(200, body), 2)
    assert reading.fate is Fate.ANSWERED
    assert [(one.index, one.code) for one in reading.refusals] == [(1, "too-large")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        b"{}",
        b'{"results": 3}',
        report({"status": "accepted"}),
        report({"status": "accepted"}, {"status": "perhaps"}),
        b"[" * 100_000,
    ],
)
def test_a_200_that_is_no_report_of_this_batch_acknowledges_nothing(body):
    assert read(answered(200, body), 2).fate is Fate.STRANGE


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (401, Fate.UNAUTHENTICATED),
        (403, Fate.UNAUTHENTICATED),
        (413, Fate.TOO_MUCH),
        (408, Fate.BUSY),
        (429, Fate.BUSY),
        (500, Fate.BUSY),
        (503, Fate.BUSY),
        (204, Fate.STRANGE),
        (302, Fate.STRANGE),
        (400, Fate.STRANGE),
        (404, Fate.STRANGE),
        (415, Fate.STRANGE),
    ],
)
def test_every_other_status_keeps_everything(status, fate):
    assert read(answered(status), 1).fate is fate


@pytest.mark.parametrize(
    ("asked", "wait_s"), [("7", 7), ("100000", 300), ("soon", 0), ("-3", 0), ("9" * 5000, 0)]
)
def test_the_collector_says_when_to_come_again_within_reason(asked, wait_s):
    assert read(answered(503, **{"retry-after": asked}), 1).retry_after_s == wait_s
