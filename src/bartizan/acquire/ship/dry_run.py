"""What the shipper would send, without sending, remembering or removing anything."""

from collections import Counter

from bartizan.acquire.found import Problem
from bartizan.acquire.ship.sources import Sources
from bartizan.decode import registry
from bartizan.kit.struct import Struct


class Origin(Struct, frozen=True, kw_only=True):
    """One file: its entries and their bytes, by format; what in it is no entry, by problem."""

    path: str
    entries: int
    size_bytes: int
    formats: dict[str, int]
    problems: dict[str, int]


def origins(sources: Sources) -> list[Origin]:
    """Read everything once, in the order in which it would be sent."""
    counts: dict[str, tuple[Counter[str], Counter[str], list[int]]] = {}
    sources.refresh()
    for source in sources:
        source.look(thoroughly=True)
        while (reads := source.read()) is not None:
            for read in reads:
                formats, problems, size = counts.setdefault(
                    read.origin, (Counter(), Counter(), [0])
                )
                decoder = registry.detect(read.raw[: registry.HEAD_BYTES])
                if read.problem not in {None, Problem.TORN_ENTRY}:
                    problems[str(read.problem)] += 1
                    continue
                formats[str(decoder.format) if decoder else "unknown"] += 1
                size[0] += len(read.raw)
            source.remember([None] * len(reads))
    return [
        Origin(
            path=path,
            entries=formats.total(),
            size_bytes=size[0],
            formats=dict(formats),
            problems=dict(problems),
        )
        for path, (formats, problems, size) in counts.items()
    ]
