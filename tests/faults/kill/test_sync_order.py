"""R1 (c): the order of system calls. No 200 leaves before the entry's fdatasync has returned.

Killing a process cannot show this: what it wrote survives in the page cache. Loss of power would,
so the calls themselves are read, from strace.
"""

import re
import shutil
import threading
from collections import defaultdict, deque

import pytest

from tests.faults.collector_process import CollectorProcess
from tests.unit.receive.listener import Client, request, write_snapshot

pytestmark = [
    pytest.mark.faults,
    pytest.mark.promise("R1"),
    pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace (Debian: strace)"),
]

CALLS = "read,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,fdatasync,fsync"
CLIENTS, ENTRIES = 4, 25

_LINE = re.compile(r"(?P<pid>\d+) +(?P<call>\w+)\((?P<fd>\d+)<(?P<name>[^>]*)>?(?P<rest>.*)")
_RESUMED = re.compile(r"(?P<pid>\d+) +<\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)")
_MARK = re.compile(r"mark-[0-9]+-[0-9]+\.")


def calls(lines):
    """(moment, call, fd, file name, text) with moment `start` and `end` of each system call."""
    unfinished = {}
    for line in lines:
        if match := _RESUMED.match(line):
            fd, name, start = unfinished.pop((match["pid"], match["call"]), ("", "", ""))
            yield "end", match["call"], fd, name, start + match["rest"]
        elif match := _LINE.match(line):
            call = match["call"], match["fd"], match["name"], match["rest"]
            yield "start", *call
            if "<unfinished ...>" in line:
                unfinished[match["pid"], match["call"]] = call[1:]
            else:
                yield "end", *call


def premature(lines):
    """How many 200s were written, and the marks of those whose entry was not synced by then."""
    written, syncing, synced = set(), {}, set()
    asked = defaultdict(deque)
    answered, too_early = 0, []
    for moment, call, fd, name, text in calls(lines):
        is_log = name.endswith("spool.sqlite-wal")
        if moment == "end" and call == "pwrite64" and is_log:
            written.update(_MARK.findall(text))
        elif call in {"fdatasync", "fsync"} and is_log:
            if moment == "start":
                syncing[fd] = set(written)
            elif text.rstrip().endswith("= 0"):
                synced |= syncing.pop(fd)
        elif moment == "end" and call in {"read", "recvfrom", "recvmsg"}:
            asked[fd].extend(_MARK.findall(text))
        elif moment == "start" and '"HTTP/1.1 200' in text:
            mark = asked[fd].popleft()
            answered += 1
            if mark not in synced:
                too_early.append(mark)
    return answered, too_early


def send_marked(port, client):
    with Client(port) as connection:
        for number in range(ENTRIES):
            assert connection.ask(request(f"mark-{client}-{number}.".encode())).status == 200


def traced_lines(tmp_path, *parameters):
    directory, trace = tmp_path / "spool", tmp_path / "trace"
    write_snapshot(directory, shop_1="secret")
    strace = ("strace", "-f", "-y", "-s", "20000", "-e", f"trace={CALLS}", "-o", str(trace))
    with CollectorProcess(directory, *parameters, wrapper=strace) as process:
        threads = [
            threading.Thread(target=send_marked, args=(process.port, client), daemon=True)
            for client in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return trace.read_text(errors="replace").splitlines()


def test_every_200_is_written_after_the_sync_of_its_entry_returned(tmp_path):
    answered, too_early = premature(traced_lines(tmp_path))
    assert answered == CLIENTS * ENTRIES
    assert too_early == []


def test_the_sabotage_that_answers_before_the_commit_is_caught(tmp_path):
    answered, too_early = premature(traced_lines(tmp_path, "sabotage=answer_before_commit"))
    assert answered == CLIENTS * ENTRIES
    assert too_early
