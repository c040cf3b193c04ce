"""R1 with the real sensor: the collector is killed under Apache's load and nothing is missing."""

import random
import re
import time
from collections import Counter

import pytest

from tests.peers.traffic import Traffic
from tests.servers.apache import Apache
from tests.servers.bartizan import Api, Bartizan, eventually

pytestmark = [pytest.mark.peers, pytest.mark.faults, pytest.mark.promise("R1")]

KILLS = 3


def test_nothing_is_missing_or_doubled_after_the_collector_was_killed_under_load(
    bartizan: Bartizan, apache: Apache, api: Api
) -> None:
    chance = random.Random(20161123)
    already = len(re.findall("Entry completed", apache.mlogc_log))
    with Traffic(lambda client: apache.attack(client=client)) as traffic:
        for _ in range(KILLS):
            sent = len(traffic.unique_ids)
            eventually(lambda s=sent: len(traffic.unique_ids) > s + 20, 20, "load")
            time.sleep(chance.uniform(0, 0.5))
            dead = bartizan.kill("collector")
            eventually(lambda d=dead: bartizan.role_pid("collector") != d, 20, "a new collector")
            eventually(bartizan.is_ready, 20, "ready again")
            done = len(re.findall("Entry completed", apache.mlogc_log))
            eventually(
                lambda d=done: len(re.findall("Entry completed", apache.mlogc_log)) > d,
                20,
                "mlogc delivers again",
            )
    eventually(lambda: not apache.waiting, 60, "the sensor's disk is empty", every_s=0.2)
    eventually(lambda: api.backlog() == 0, 20, "the spool is empty")

    acknowledged = re.findall(r"Entry completed \(.*?\): (\S+)", apache.mlogc_log)[already:]
    stored = Counter(row["unique_id"] for row in api.every_row(sensor="admin"))
    assert set(acknowledged) <= set(stored)
    assert set(traffic.unique_ids) <= set(stored)
    assert {unique_id: n for unique_id, n in stored.items() if n > 1} == {}
    print(f"{len(traffic.unique_ids)} attacks, {KILLS} kills, {len(stored)} stored")
