"""Index lines of a concurrent log, which mlogc also sends as X-ForensicLog-Summary."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.decode import index_line
from tests.fuzz import corpus

LINE = (
    b'%s 81.2.69.142 - %s [23/Nov/2026:02:12:15.089853 --03-30] "%s" 403 239 "-" "-"'
    b' awPSN6iyRvYS6fr47wY9pAAAAAA "%s" /u/20261123/20261123-0212/20261123-021215-awPSN6iyRvYS6fr47wY9pAAAAAA'
    b" 0 21310 md5:1478f04dbd58930a6acad3f24d288144%s\n"
)


def test_every_line_of_the_corpus_names_its_file():
    files = corpus.archived(corpus.CORPUS / "v2-native-concurrent" / "audit.tar.zst")
    index = corpus.unpacked(corpus.CORPUS / "v2-native-concurrent" / "audit_index.log.zst")
    lines = index.splitlines(keepends=True)
    assert len(lines) == len(files)
    for line in lines:
        read = index_line.read(line)
        raw = files["audit" + read.file]
        assert (read.size, read.hash) == (len(raw), f"md5:{hashlib.md5(raw).hexdigest()}")
        assert read.unique_id.encode() in raw
        assert read.file.endswith(read.unique_id)
        assert read.logged_at.date().isoformat() == "2026-11-23"


def test_every_summary_that_mlogc_sent_tells_the_hash_of_its_body():
    files = corpus.archived(corpus.CORPUS / "mlogc-raw" / "requests.tar.zst")
    told = 0
    for name, head in files.items():
        summary = re.search(rb"\r\nX-ForensicLog-Summary: ([^\r]*)", head)
        if name.endswith(".head") and summary:
            body = files[name.removesuffix("head") + "body"]
            assert index_line.read(summary[1]).hash == f"md5:{hashlib.md5(body).hexdigest()}"
            told += 1
    assert told == 737


@pytest.mark.parametrize(("rest", "is_shortened"), [(b" ", False), (b" L", True), (b"", False)])
def test_a_shortened_line_says_so(rest, is_shortened):
    read = index_line.read(LINE % (b"h", b"-", b"GET / HTTP/1.1", b"-", rest))
    assert read.is_shortened is is_shortened
    assert (read.host, read.client, read.session) == ("h", "81.2.69.142", None)


@pytest.mark.parametrize(
    "request_line",
    [
        b'GET /\\"x\\" HTTP/1.1',
        b'" 200 1 "-" "-" FORGED "-" /../../etc/passwd 0 1 md5:00000000000000000000000000000000 ',
        b'GET /?" FORGED "-" /etc 0 1 md5:- HTTP/1.1',
        b"GET /\\x4",
        b"GET /\\",
    ],
)
def test_a_forged_tail_in_the_request_line_is_not_believed(request_line):
    read = index_line.read(LINE % (b"h", b'us er"', request_line, b's\\"id', b" "))
    assert (read.unique_id, read.size) == ("awPSN6iyRvYS6fr47wY9pAAAAAA", 21310)
    assert read.session == 's"id'


@given(st.binary(max_size=200))
def test_any_bytes_are_a_line_or_none(line):
    index_line.read(line)


@given(st.text(st.characters(codec="ascii", exclude_characters="\\\n\r"), max_size=80))
def test_any_request_line_leaves_the_tail_readable(request_line):
    read = index_line.read(LINE % (b"h", b"-", request_line.encode(), b"-", b" "))
    assert read.unique_id == "awPSN6iyRvYS6fr47wY9pAAAAAA"


def test_a_time_forged_in_the_user_name_is_not_believed():
    user = b'x [01/Jan/2020:00:00:00 +0000] "GET'
    read = index_line.read(
        LINE % (b"h", user, b'GET /[01/Jan/2020:00:00:00 +0000] \\"', b"-", b" ")
    )
    assert read.logged_at.isoformat() == "2026-11-23T05:42:15.089853+00:00"
