"""R3: each entry sent 1 to 20 times by several at once, half of them variants of the others."""

import random
from concurrent.futures import ThreadPoolExecutor

from bartizan.store.contract import Store
from tests.contract.records import match, record

_ENTRIES = 200


def deliver(store: Store, seed: int = 3) -> list[str]:
    """Deliver, then tell everything that is not as promised."""
    dice = random.Random(seed)
    entries = [
        record(b"%d" % n, unique_id=f"id-{n // 2}", matches=(match(n),)) for n in range(_ENTRIES)
    ]
    sent = [entry for entry in entries for _ in range(dice.randint(1, 20))]
    dice.shuffle(sent)
    batches = [sent[start : start + 23] for start in range(0, len(sent), 23)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(store.append, batches))
    ids = [number for answer in answers for number in answer.ids]
    rows = store.newer(0, limit=10_000)
    duplicates = sum(answer.duplicates for answer in answers)
    wrong = []
    if not len(ids) == len(set(ids)) == _ENTRIES:
        wrong.append(f"{len(ids)} ids, {len(set(ids))} distinct, for {_ENTRIES} entries")
    if duplicates != len(sent) - _ENTRIES:
        wrong.append(f"{duplicates} duplicates told of {len(sent) - _ENTRIES}")
    if sorted(row.rule_ids for row in rows) != [(n,) for n in range(_ENTRIES)]:
        wrong.append("what is stored is not what was sent")
    for row in rows:
        stored = store.get(row.id)
        if stored is None or len(stored.variants) != 1:
            wrong.append(f"{row.unique_id} is not marked as a variant")
    return wrong
