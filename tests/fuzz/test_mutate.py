"""The short form of `make fuzz`."""

import random

import pytest

from tests.fuzz import mutate


@pytest.mark.promise("S18")
def test_a_few_thousand_mutated_entries_raise_nothing_but_refused():
    outcomes = mutate.run(6_000, seed=20261123)
    assert outcomes.total() == 6_000
    # The changes reach the inside of entries, and break some.
    assert outcomes["transaction with defects"] > 1_000
    assert outcomes["transaction"] > 1_000


def test_the_same_seed_gives_the_same_inputs():
    small, _ = mutate.seeds()
    one = [mutate.mutate(small[0], random.Random(7), small) for _ in range(20)]
    two = [mutate.mutate(small[0], random.Random(7), small) for _ in range(20)]
    assert one == two


def test_every_mutation_changes_something():
    small, _ = mutate.seeds()
    raw = next(one for one in small if b"Message: " in one)
    for mutation in mutate.MUTATIONS:
        assert any(mutation(raw, random.Random(number), small) != raw for number in range(5)), (
            mutation
        )
