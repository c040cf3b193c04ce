"""`make bench-decode`: Bartizan beside every public parser that installs here, on its own dialect.

Each parser is installed for the run, pinned, in a directory that is thrown away. All read the same
real logs, cutting included; rounds are interleaved; rates are entries per second of CPU time, so
of one core. Writes bench/parsers.json and the tables in docs/performance.md.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec
import zstandard

import hatch_build
from bartizan.decode import boundary
from bench import machine, report
from bench.peers.crowdsec import CrowdSec
from bench.peers.modseclogc import NAME as MODSECLOGC
from bench.peers.modseclogc import Modseclogc
from bench.reading import Reading

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests/corpus"
BARTIZAN, COMPILED = "Bartizan", "Bartizan, compiled"
# The corpus's attackers forge rules with these ids (tests/corpus/README.md).
_FORGED = re.compile(r"9999\d\d|31337")
_MARKER = re.compile(rb"^--(\w+)-[A-Za-z]--$", re.MULTILINE)

SAME_FIELDS = f"{MODSECLOGC}, and a regular expression"

NATIVE = "ModSecurity 2, native"
APACHE_LINES = "error log of Apache"
NGINX_LINES = "error log of nginx"
LOGS = {
    NATIVE: "v2-native-serial-block-pl4/audit.log",
    "ModSecurity 2, JSON": "v2-json-serial-block-pl1/audit.log",
    "ModSecurity 3, native": "v3-native-serial-detect-pl2/audit.log",
    "ModSecurity 3, JSON": "v3-json-serial-detect-pl2/audit.log",
    "Coraza, native": "coraza-native-serial/audit.log",
    "Coraza, JSON": "coraza-json-serial-block-pl1/audit.log",
    "Coraza, JsonLegacy": "coraza-jsonlegacy-serial/audit.log",
    "Coraza, OCSF": "coraza-ocsf-serial/audit.log",
    APACHE_LINES: "v2-native-serial-block-pl4/error.log",
    NGINX_LINES: "v3-json-serial-block-pl4-v6/error.log",
}
GOALS = {"ModSecurity 3, JSON": 60_000, "Coraza, JSON": 60_000}
OVER_PYTHON = {BARTIZAN: 2, COMPILED: 6}


@dataclass(frozen=True)
class Peer:
    """One program on one dialect. `fields` is what it takes out of an entry."""

    program: str
    dialect: str
    fields: str
    read: Callable[[Path], Reading]
    readings: list[Reading] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return statistics.median(one.per_second for one in self.readings)

    @property
    def forged(self) -> int:
        """Rules that no rule set has, but an attacker's text."""
        ids = self.readings[0].rule_ids.items()
        return sum(count for one, count in ids if _FORGED.fullmatch(str(one)))

    @property
    def found(self) -> int:
        return sum(self.readings[0].rule_ids.values()) - self.forged


def main() -> None:
    rounds = _rounds()
    facts = {name: value for name, value in machine.facts().items() if name not in _ELSEWHERE}
    with tempfile.TemporaryDirectory(prefix="bartizan-parsers-") as name:
        directory = Path(name)
        logs = {dialect: _unpack(dialect, directory) for dialect in LOGS}
        peers = _bartizan(directory) + _others(directory)
        for number in range(1, rounds + 1):
            for peer in peers:
                peer.readings.append(peer.read(logs[peer.dialect]))
                print(
                    f"[{number}/{rounds}] {peer.dialect:24} {peer.program:44}"
                    f" {peer.readings[-1].per_second:10,.0f}/s",
                    file=sys.stderr,
                    flush=True,
                )
        sizes = {dialect: log.stat().st_size for dialect, log in logs.items()}
    text = "\n\n".join(
        [
            "\n".join(["| | |", "| --- | --- |", *(f"| {k} | {v} |" for k, v in facts.items())]),
            _beside(peers),
            _every_dialect(peers, sizes),
            _goals(peers),
        ]
    )
    outcome = {"machine": facts, "readings": [_told(peer) for peer in peers]}
    (ROOT / "bench/parsers.json").write_text(json.dumps(outcome, indent=1) + "\n")
    report.write(ROOT / "docs/performance.md", text + "\n", "parsers")
    print(text)


_ELSEWHERE = {"MariaDB", "PHP", "nginx", "4 KB append and fdatasync"}


def _rounds() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.parsers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of everything, interleaved")
    return int(parser.parse_args().rounds)


def _unpack(dialect: str, directory: Path) -> Path:
    path = LOGS[dialect]
    with zstandard.ZstdDecompressor().stream_reader(
        (CORPUS / f"{path}.zst").read_bytes()
    ) as packed:
        log = packed.read()
    unpacked = directory / path.replace("/", "-")
    unpacked.write_bytes(_without_forged_markers(log) if dialect == NATIVE else log)
    return unpacked


def _without_forged_markers(log: bytes) -> bytes:
    """A native log less the entries in which an attacker wrote marks between parts."""
    spans = boundary.MODSECURITY2.split(log, 0, is_last=True)
    entries = [log[span.offset : span.offset + span.length] for span in spans]
    own = [entry for entry in entries if len(set(_MARKER.findall(entry))) == 1]
    return b"".join(entry + b"\n" for entry in own)


def _bartizan(directory: Path) -> list[Peer]:
    """As it is, and compiled where there is a compiler, on every dialect."""
    forms = {BARTIZAN: ROOT / "src"}
    if hatch_build.can_compile():
        forms[COMPILED] = _compile(directory / "compiled")
    return [
        Peer(program, dialect, "everything", partial(_read, package=package))
        for program, package in forms.items()
        for dialect in LOGS
    ]


def _compile(directory: Path) -> Path:
    """A copy of Bartizan with its decoders compiled; the directory to put on Python's path."""
    package = directory / "bartizan"
    ignored = shutil.ignore_patterns("static", "__pycache__")
    shutil.copytree(ROOT / "src/bartizan", package, ignore=ignored)
    compiled = hatch_build.compile_decoders(package, directory / "made")
    for file, place in compiled.items():
        shutil.copy(file, directory / place)
    return directory


def _read(log: Path, *, package: Path) -> Reading:
    command = [sys.executable, "-m", "bench.reading", str(log)]
    environment = {**os.environ, "PYTHONPATH": str(package)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
    return msgspec.json.decode(done.stdout, type=Reading, strict=False)


def _others(directory: Path) -> list[Peer]:
    modseclogc = Modseclogc(directory / "modseclogc")
    crowdsec = CrowdSec(directory / "crowdsec")
    rule = "file, line, rule id, revision, message, data, severity, version, tags"
    lines = f"{rule}, host, URI, unique id"
    return [
        Peer(MODSECLOGC, NATIVE, "parts", partial(modseclogc.read, rules=False)),
        Peer(SAME_FIELDS, NATIVE, f"parts, {rule}", partial(modseclogc.read, rules=True)),
        Peer(crowdsec.name, APACHE_LINES, lines, crowdsec.read),
        Peer(crowdsec.name, NGINX_LINES, lines, crowdsec.read),
    ]


def _of(peers: list[Peer], program: str, dialect: str) -> Peer | None:
    return next((one for one in peers if (one.program, one.dialect) == (program, dialect)), None)


def _beside(peers: list[Peer]) -> str:
    rows = [
        "| dialect | program | takes out | entries/s | ratio | rule ids | forged ids |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: |",
    ]
    others = {one.dialect for one in peers if one.program not in OVER_PYTHON}
    for peer in sorted(peers, key=lambda one: list(LOGS).index(one.dialect)):
        if peer.dialect in others:
            ours = _of(peers, BARTIZAN, peer.dialect)
            ratio = f"{peer.rate / ours.rate:.2f}" if ours else ""
            ids = f"{peer.found:,} | {peer.forged}" if peer.found else "|"
            rows.append(
                f"| {peer.dialect} | {peer.program} | {peer.fields} | {peer.rate:,.0f} | {ratio}"
                f" | {ids} |"
            )
    return "\n".join(rows)


def _every_dialect(peers: list[Peer], sizes: dict[str, int]) -> str:
    rows = [
        "| dialect | entries | mean bytes | entries/s | MB/s | compiled, entries/s | MB/s |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for dialect, size in sizes.items():
        forms = [_of(peers, program, dialect) for program in OVER_PYTHON]
        entries = max(form.readings[0].entries for form in forms if form)
        mean = size / entries
        rates = [
            f"{form.rate:,.0f} | {form.rate * mean / 1e6:,.0f}" if form else "|" for form in forms
        ]
        rows.append(f"| {dialect} | {entries:,} | {mean:,.0f} | {' | '.join(rates)} |")
    return "\n".join(rows)


def _goals(peers: list[Peer]) -> str:
    rows = ["| goal | measured | reached |", "| --- | ---: | --- |"]
    python = _of(peers, SAME_FIELDS, NATIVE)
    for program, times in OVER_PYTHON.items():
        ours = _of(peers, program, NATIVE)
        if ours and python:
            factor = ours.rate / python.rate
            rows.append(
                f"| native, {program}: at least {times} times {SAME_FIELDS}"
                f" | {factor:.1f} | {report.answer(factor >= times)} |"
            )
    for dialect, goal in GOALS.items():
        for program in OVER_PYTHON:
            if ours := _of(peers, program, dialect):
                reached = report.answer(ours.rate >= goal)
                rows.append(
                    f"| {dialect}, {program}: at least {goal:,} entries/s"
                    f" | {ours.rate:,.0f} | {reached} |"
                )
    return "\n".join(rows)


def _told(peer: Peer) -> dict[str, object]:
    return {
        "dialect": peer.dialect,
        "program": peer.program,
        "entries": peer.readings[0].entries,
        "rule_ids": peer.found,
        "forged_ids": peer.forged,
        "per_second": [round(one.per_second) for one in peer.readings],
    }


if __name__ == "__main__":
    main()
