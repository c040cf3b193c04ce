"""Steps become as large as their time allows."""

from bartizan.ingest.retention.pace import Pace


class Machine:
    """Removes `per_s` a second."""

    def __init__(self, per_s: float) -> None:
        self.per_s = per_s
        self.at = 0.0

    def settle(self, pace: Pace) -> int:
        for _ in range(30):
            with pace.step() as size:
                self.at += size / self.per_s
        return pace.limit


def _settled(per_s: float) -> int:
    machine = Machine(per_s)
    return machine.settle(Pace(0.1, 2000, lambda: machine.at))


def test_a_step_takes_about_its_time_on_any_machine() -> None:
    assert 900 <= _settled(10_000) <= 1100
    assert 90 <= _settled(1000) <= 110
    assert _settled(1) == 20
    assert _settled(1e9) == 2000


def test_a_machine_that_becomes_slow_gets_small_steps_soon() -> None:
    machine = Machine(10_000)
    pace = Pace(0.1, 2000, lambda: machine.at)
    machine.settle(pace)
    machine.per_s = 200
    sizes = []
    for _ in range(4):
        with pace.step() as size:
            sizes.append(size)
            machine.at += size / machine.per_s
    assert pace.limit <= 20
