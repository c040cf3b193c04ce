import pytest

from bartizan.app.settings import Settings
from bartizan.app.whereabouts import home
from bartizan.domain.errors import Misconfigured
from bartizan.present.settings import ConsoleSettings


def test_a_set_home_is_taken():
    settings = Settings(console=ConsoleSettings(home="50.11, 8.68"))
    assert home(settings) == (50.11, 8.68)


@pytest.mark.parametrize("value", ["", "50", "a,b", "91,0", "0,181", "nan,nan", "1,2,3"])
def test_a_home_that_is_no_place_is_refused(value):
    with pytest.raises(Misconfigured, match=r"console\.home"):
        home(Settings(console=ConsoleSettings(home=value)))


def test_the_zone_of_the_machine_stands_in(monkeypatch):
    monkeypatch.setenv("TZ", "America/St_Johns")
    assert home(Settings()) == pytest.approx((47.57, -52.72), abs=0.01)


def test_a_machine_on_utc_is_at_greenwich(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    assert home(Settings()) == (51.4779, -0.0015)
