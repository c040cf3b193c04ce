"""Ages are told as people write them, and settings that contradict each other are refused."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bartizan.app.settings import Settings
from bartizan.ingest.retention.settings import RetentionSettings


def test_by_default_nothing_goes_for_its_age_and_a_gibibyte_stays_free() -> None:
    settings = RetentionSettings()
    ages = (settings.payloads, settings.transactions, settings.statistics)
    assert [str(age) for age in ages] == ["off"] * 3
    assert (settings.max_store_bytes, settings.min_free_bytes) == (None, 1024**3)


@pytest.mark.parametrize(
    ("text", "days"),
    [("36h", 1.5), ("30d", 30), ("2w", 14), ("1y", 365), ("400 d", 400)],
)
def test_an_age_is_hours_days_weeks_or_years(text: str, days: float) -> None:
    assert RetentionSettings.model_validate({"payloads": text}).payloads.span == timedelta(
        days=days
    )


@pytest.mark.parametrize(
    "value",
    ["", "0d", "30", 30, "30m", "-1d", "d", "30d ", "1000000d", "٣d", True, None, [], "OFF"],
)
def test_what_is_no_age_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match="payloads"):
        RetentionSettings.model_validate({"payloads": value})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"payloads": "90d", "transactions": "30d"}, "longer than transactions"),
        ({"transactions": "90d", "statistics": "30d"}, "shorter than transactions"),
        ({"statistics": "30d", "detected": {"transactions": "31d"}}, "detected.transactions"),
        (
            {"statistics": "30d", "sensors": {"a": {"transactions": "1y"}}},
            "sensors.a.transactions",
        ),
        ({"sensors": {"a": {"payloads": "2d", "transactions": "1d"}}}, "goes with its transaction"),
        ({"detected": {"statistics": "1d"}}, "Extra inputs"),
        ({"max_store_bytes": 1000}, "max_store_bytes"),
        ({"min_free_bytes": -1}, "min_free_bytes"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        RetentionSettings.model_validate(settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"transactions": "90d", "payloads": "off"},
        {"statistics": "400d"},
        {"payloads": "30d", "transactions": "90d", "statistics": "400d"},
        {"sensors": {"a": {"transactions": "off"}}, "statistics": "1d"},
    ],
)
def test_settings_that_agree_are_taken(settings: dict[str, Any]) -> None:
    RetentionSettings.model_validate(settings)


def test_old_ones_must_go_before_sensors_are_refused() -> None:
    """Or the collector says 503 while there is still something old to remove."""
    with pytest.raises(ValidationError, match="must be more than"):
        Settings(
            retention={"min_free_bytes": 1024**2},  # type: ignore[arg-type]
            spool={"min_free_bytes": 1024**2},  # type: ignore[arg-type]
        )
    Settings(retention={"min_free_bytes": 0})  # type: ignore[arg-type]
