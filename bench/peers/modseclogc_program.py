"""Reads a log with modseclogc and tells how fast; runs in its own environment, without Bartizan.

modseclogc installs on Python 3 and was written for 2: its parts cannot be constructed and its
iterator is not one. Both are mended here, and nothing else.
"""

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from modseclogc import part  # type: ignore[import-not-found]
from modseclogc.source import Source  # type: ignore[import-not-found]

AT_LEAST_S = 2.0
# Unrolled: twice as fast as the alternation that comes to mind first.
GROUP = re.compile(r'\[(file|line|id|rev|msg|data|severity|ver|tag) "([^"\\]*(?:\\.[^"\\]*)*)"\]')


def new_part(cls: Any, _id: str, kind: str, *_: object) -> Any:
    """The part's class by its letter, as modseclogc chooses it."""
    return object.__new__(getattr(part, f"Part{kind}", part.Part) if cls is part.Part else cls)


part.Part.__new__ = new_part


def records(path: str) -> Iterator[Any]:
    with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
        source = Source(stream, size=None)
        while True:
            try:
                yield source.next()
            except StopIteration:
                return


def rules(record: Any) -> list[dict[str, Any]]:
    """The fields of each message in part H."""
    found = []
    trailer = record.parts.get("H")
    for line in trailer.body.split("\n") if trailer else ():
        if line.startswith("Message: "):
            fields: dict[str, Any] = {"tag": []}
            for key, value in GROUP.findall(line):
                if key == "tag":
                    fields["tag"].append(value)
                else:
                    fields[key] = value
            found.append(fields)
    return found


def main() -> None:
    path, with_rules = sys.argv[1], "--rules" in sys.argv

    def read_all() -> tuple[int, Counter[str]]:
        entries = 0
        ids: Counter[str] = Counter()
        for record in records(path):
            entries += 1
            if with_rules:
                ids.update(one["id"] for one in rules(record) if "id" in one)
        return entries, ids

    entries, ids = read_all()
    done = 0
    began = time.process_time()
    while (took := time.process_time() - began) < AT_LEAST_S:
        done += read_all()[0]
    print(json.dumps({"entries": entries, "rule_ids": ids, "per_second": done / took}))


if __name__ == "__main__":
    main()
