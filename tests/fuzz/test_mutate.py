"""The short form of `make fuzz`."""

import random

import pytest

from tests.fuzz import mutate

each_format = pytest.mark.parametrize("format_", mutate.FORMATS)


@each_format
@pytest.mark.promise("S18")
def test_a_few_thousand_mutated_entries_raise_nothing_but_refused(format_):
    outcomes = mutate.run(3_000, 20261123, format_)
    assert outcomes.total() == 3_000
    # The changes reach the inside of entries, and break some.
    assert outcomes["transaction with defects"] > 300
    assert outcomes["transaction"] > 200


@each_format
def test_the_same_seed_gives_the_same_inputs(format_):
    small, _ = mutate.seeds(format_)
    one = [mutate.mutate(small[0], random.Random(7), small) for _ in range(20)]
    two = [mutate.mutate(small[0], random.Random(7), small) for _ in range(20)]
    assert one == two


def test_every_mutation_changes_something():
    for format_, mutations in (
        ("modsecurity2-native", mutate.MUTATIONS),
        ("modsecurity3-json", mutate.JSON_MUTATIONS),
    ):
        small, _ = mutate.seeds(format_)
        raw = next(one for one in small if b"Message: " in one or b'"messages":[{' in one)
        for mutation in mutations:
            changed = [mutation(raw, random.Random(number), small) != raw for number in range(5)]
            assert any(changed), mutation
