"""R2, R13: also what goes back and forth between queue and dead letters is somewhere, once."""

import random
import threading
from pathlib import Path

import pytest

from bartizan.domain.delivery import LetterSelection
from bartizan.spool.dead_letters import DeadLetters
from bartizan.spool.verify import verify
from tests.faults.sabotage.drop_oldest_letter import ForgetfulOutlet
from tests.faults.store.chain import Chain, exit_code

pytestmark = [pytest.mark.faults, pytest.mark.promise("R2")]

POINTS = (
    "before-revive:2",
    "after-revive:2",
    "inside-store:2",
    "after-store:2",
    "after-done:2",
)


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path / "spool", f"sqlite:///{tmp_path}/store/transactions.sqlite")


@pytest.mark.promise("R13")
def test_an_upgrade_killed_at_every_point_decodes_every_letter_once(chain: Chain) -> None:
    chain.deliver([f"e{n}{'' if n % 2 else 'bad'}" for n in range(1200)])
    chain.drain()
    assert chain.dead().total() == 600
    chain.remove_letters(50)
    assert chain.wrong() == []
    chain.is_later = True
    for point in POINTS:
        assert exit_code(chain.start_worker(point), 60) == -9
    for _ in range(3):
        process = chain.start_worker()
        process.join(random.uniform(0, 0.2))
        process.kill()
        process.join()
    worker = chain.start_worker()
    wait_until_nothing_is_dead(chain)
    worker.terminate()
    assert exit_code(worker, 20) == 0
    assert chain.wrong() == []
    assert chain.stored().total() == 1150
    check_account(chain)


@pytest.mark.promise("R13")
def test_retrying_and_removing_under_load_and_kills_keep_the_account(chain: Chain) -> None:
    chain.start_load()
    box = DeadLetters(chain.directory)
    stop = threading.Event()

    def retry() -> None:
        while not stop.wait(0.01):
            box.revive(LetterSelection(until_id=box.last_id()), 7)

    retrying = threading.Thread(target=retry, daemon=True)
    retrying.start()
    for _ in range(6):
        process = chain.start_worker()
        process.join(random.uniform(0.1, 0.4))
        process.kill()
        process.join()
        chain.remove_letters(3)
    stop.set()
    retrying.join()
    box.close()
    chain.stop_load(at_least=1000)
    chain.drain()
    assert chain.account().revived > 50
    assert chain.removed
    assert chain.wrong() == []
    check_account(chain)


@pytest.mark.promise("R13")
def test_dropping_the_oldest_is_caught(chain: Chain) -> None:
    """The sabotage of R13: both the oracle and the spool's own account notice."""
    chain.deliver([f"e{n}bad" for n in range(300)])
    outlet = ForgetfulOutlet(chain.directory)
    waiting = outlet.take(0, 1000, 1 << 30)
    outlet.bury([(one.id, "not-an-entry", "") for one in waiting])
    outlet.close()
    assert any(wrong.startswith("missing") for wrong in chain.wrong())
    findings = verify(chain.directory)
    assert not findings.is_whole
    assert findings.letters_missing == 200


def wait_until_nothing_is_dead(chain: Chain) -> None:
    while chain.account().letters:
        threading.Event().wait(0.05)
    chain.wait_until_empty()


def check_account(chain: Chain) -> None:
    """What `bartizan spool verify` checks, and what docs/metrics.md promises."""
    account = chain.account()
    assert account.buried + account.aside == account.letters + account.revived + account.removed
    assert account.removed == len(chain.removed)
    assert account.waiting == 0
    assert verify(chain.directory).is_whole
