"""Entries of a sensor whose every field an attacker wrote.

One entry per payload of tests/corpus/hostile/payloads.json: the payload stands in every part, and in
every field of it, that attacker, server or rule text can reach. What would end the line that it
stands on is escaped as ModSecurity escapes it, or (where ModSecurity does not escape) left out.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

PAYLOADS = Path(__file__).parents[1] / "corpus/hostile/payloads.json"
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Hostile:
    """`visible` is what a reader must find as text on the event page."""

    name: str
    unique_id: str
    entry: bytes
    visible: str


def hostile_entries() -> list[Hostile]:
    payloads = json.loads(PAYLOADS.read_text())
    payloads.append({"name": "1 MiB line", "text": "<b>" * (MEBIBYTE // 3), "visible": "<b><b><b>"})
    return [
        Hostile(
            name=payload["name"],
            unique_id=f"Hostile{number:020d}",
            entry=_entry(number, payload["text"]),
            visible=payload["visible"],
        )
        for number, payload in enumerate(payloads)
    ]


def _escaped(text: str) -> str:
    """ModSecurity's log escape, inside double quotes."""
    written = []
    for byte in text.encode("utf-8", "surrogatepass"):
        if byte in b'"\\':
            written.append("\\" + chr(byte))
        elif 0x20 <= byte < 0x7F:
            written.append(chr(byte))
        else:
            written.append(f"\\x{byte:02x}")
    return "".join(written)


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


def _entry(number: int, text: str) -> bytes:
    mark = f"{number:08x}"
    line, escaped = _one_line(text), _escaped(text)
    short, short_line = escaped[:900], line[:4000]
    meta = (
        f'[file "{short}"] [line "7"] [id "{900000 + number}"] [rev "{short}"] [msg "{short}"]'
        f' [data "{short}"] [severity "CRITICAL"] [ver "{short}"] [tag "attack-xss"] [tag "{short}"]'
    )
    parts = {
        "A": f"[23/Nov/2026:05:42:15.298606 +0000] Hostile{number:020d} 81.2.69.142 34280 127.0.0.1 80",
        "B": f"GET /{line} HTTP/1.1\nHost: {short_line}\nUser-Agent: {short_line}\n"
        f"Referer: {short_line}\nCookie: {short_line}\nX-{short_line}: {short_line}\n",
        "C": text,
        "I": quote(text, safe="")[:100_000],
        "F": f"HTTP/1.1 403 {short_line}\nContent-Type: text/html\nLocation: {short_line}\n"
        f"X-Answer: {short_line}\n",
        "E": text,
        "H": f'Message: Warning. Pattern match "{short}" at ARGS:{short_line[:300]}. {meta}\n'
        f"Message: Access denied with code 403 (phase 2). Operator GE matched 5 at TX:{short_line[:300]}."
        f" {meta}\n"
        f'Apache-Error: [file "{short}"] [line 7] [level 3] {line[:900]}\n'
        f"Action: Intercepted (phase 2)\nApache-Handler: {short_line}\n"
        "Stopwatch: 1795412535294418 4188 (- - -)\n"
        f"Producer: {short_line}.\nServer: {short_line}\n"
        f'Sanitised-Args: "{short}".\nWebApp-Info: "{short}" "{short}" "{short}"\n'
        f'Sensor-Id: "{short}"\nEngine-Mode: "{short}"\n',
        "J": f'1,5,"{short}","{short}"\nTotal,5\n',
        "K": f'SecRule "ARGS" "@rx {short}" "id:{900000 + number},msg:\'{short}\'"\n\n',
        "Z": "",
    }
    written = "\n".join(f"--{mark}-{letter}--\n{content}" for letter, content in parts.items())
    return written.encode("utf-8", "surrogatepass") + b"\n"
