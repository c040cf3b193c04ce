"""One measurement: load from wrk or at a fixed pace, and what it cost the servers in CPU time."""

import asyncio
import json
import os
import re
import statistics
import subprocess
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from secrets import token_hex

from bench.entries import AUTHORIZATION, PATH, Template

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Load:
    """What one load saw. Latencies in milliseconds."""

    acknowledged: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failed: int

    @property
    def per_second(self) -> float:
        return self.acknowledged / self.seconds


def full_speed(templates: Path, port: int, *, connections: int, seconds: int) -> Load:
    """As many entries as `connections` get acknowledged; wrk runs on the same machine."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s"]
    command += ["-s", str(Path(__file__).with_name("load.lua"))]
    command += [f"http://127.0.0.1:{port}{PATH}", "--", str(templates), token_hex(4), AUTHORIZATION]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"^RESULT (.*)$", output, re.MULTILINE)
    if not found:
        raise RuntimeError(f"wrk said: {output}")
    result = json.loads(found[1])
    failed = result["not_200"] + result["broken"]
    return Load(
        acknowledged=result["requests"] - result["not_200"],
        seconds=result["duration_us"] / 1e6,
        p50_ms=result["p50_us"] / 1e3,
        p99_ms=result["p99_us"] / 1e3,
        failed=failed,
    )


def fixed_pace(
    templates: list[Template], port: int, *, per_second: int, connections: int, seconds: int
) -> Load:
    """Entries at a fixed rate; latency counts from when each was due, so a stall is not hidden."""
    return asyncio.run(_paced(port, templates, per_second, connections, per_second * seconds))


async def _paced(
    port: int, templates: list[Template], per_second: int, connections: int, total: int
) -> Load:
    run = token_hex(4).encode()
    numbers = count()
    latencies: list[float] = []
    failed = 0
    start = time.perf_counter() + 0.2

    async def connection() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (number := next(numbers)) < total:
            due = start + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            unique_id = b"%s%019d" % (run, number)
            writer.write(templates[number % len(templates)].request(unique_id))
            status = await _answer(reader)
            latencies.append(time.perf_counter() - due)
            failed += status != 200
        writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(connection())
    quantiles = statistics.quantiles(latencies, n=100)
    return Load(
        acknowledged=total - failed,
        seconds=time.perf_counter() - start,
        p50_ms=quantiles[49] * 1e3,
        p99_ms=quantiles[98] * 1e3,
        failed=failed,
    )


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if length := re.search(rb"\r\ncontent-length: *(\d+)", head):
        await reader.readexactly(int(length[1]))
    elif b"\r\ntransfer-encoding: chunked" in head:
        await reader.readuntil(b"0\r\n\r\n")
    return int(head.split(b" ", 2)[1])


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of the processes and all their living descendants."""
    parents: dict[int, int] = {}
    times: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        pid = int(stat.parent.name)
        parents[pid] = int(fields[1])
        times[pid] = int(fields[11]) + int(fields[12])

    def belongs(pid: int) -> bool:
        while pid:
            if pid in pids:
                return True
            pid = parents.get(pid, 0)
        return False

    return sum(ticks for pid, ticks in times.items() if belongs(pid)) / TICKS
