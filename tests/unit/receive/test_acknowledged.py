"""Counting in batches says what counting one by one would have said."""

import asyncio

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, Histogram

from bartizan.kit.metrics import ACKNOWLEDGE_SECONDS
from bartizan.receive.acknowledged import Acknowledged

NAME = "bartizan_receive_acknowledge_seconds"
SECONDS = [0.0001, 0.001, 0.0011, 0.03, 0.4, 0.41, 1.6, 1.7, 30.0]
BOUNDS = [bound for bound in ACKNOWLEDGE_SECONDS._upper_bounds if bound != float("inf")]


def samples(registry) -> dict[str, float]:
    wanted = [(f"{NAME}_sum", {}), (f"{NAME}_count", {})]
    wanted += [(f"{NAME}_bucket", {"le": str(float(bound))}) for bound in BOUNDS]
    wanted += [(f"{NAME}_bucket", {"le": "+Inf"})]
    return {
        f"{name}{labels}": registry.get_sample_value(name, labels) or 0.0 for name, labels in wanted
    }


def test_a_batch_of_latencies_is_published_as_if_each_had_been_observed():
    registry = CollectorRegistry()
    one_by_one = Histogram(NAME, "The same.", buckets=BOUNDS, registry=registry)
    for seconds in SECONDS:
        one_by_one.observe(seconds)

    async def count() -> None:
        acknowledged = Acknowledged()
        for seconds in SECONDS:
            acknowledged.add(10, seconds)
        acknowledged.publish()
        acknowledged.publish()

    before = samples(REGISTRY)
    size_before = REGISTRY.get_sample_value("bartizan_receive_bytes_total") or 0.0
    asyncio.run(count())
    after = samples(REGISTRY)
    assert {name: after[name] - before[name] for name in after} == pytest.approx(samples(registry))
    size = REGISTRY.get_sample_value("bartizan_receive_bytes_total")
    assert size - size_before == 10 * len(SECONDS)


def test_what_was_counted_is_published_without_being_asked():
    async def count() -> None:
        Acknowledged().add(10, 0.5)
        deadline = asyncio.get_running_loop().time() + 5
        while samples(REGISTRY)[f"{NAME}_count{{}}"] == before:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.01)

    before = samples(REGISTRY)[f"{NAME}_count{{}}"]
    asyncio.run(count())
