"""Log times with both zone bugs of ModSecurity 2 (docs/formats.md)."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.decode import apache_time
from bartizan.kit.clock import from_us

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@pytest.mark.parametrize(
    ("zone", "utc"),
    [
        (b"+0000", "2026-11-23T02:12:15.089853"),
        (b"+0530", "2026-11-22T20:42:15.089853"),
        (b"--0500", "2026-11-23T07:12:15.089853"),
        (b"--03-30", "2026-11-23T05:42:15.089853"),
        (b"--09-30", "2026-11-23T11:42:15.089853"),
        (b"-0500", "2026-11-23T07:12:15.089853"),
    ],
)
def test_zones_west_of_greenwich_are_understood(zone, utc):
    read = apache_time.read(b"23/Nov/2026:02:12:15.089853 " + zone)
    assert from_us(read.at_us) == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert read.has_zone


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2198, 1, 1)),  # noqa: DTZ001 - the zone comes next
    st.integers(-15 * 60, 15 * 60),
    st.booleans(),
)
def test_what_modsecurity_prints_is_read_back(moment, minutes, has_fraction):
    moment = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    if not has_fraction:
        moment = moment.replace(microsecond=0)
    # As in msc_util.c, current_logtime(): each number with its own sign.
    hours, rest = divmod(abs(minutes), 60)
    zone = (
        f"+{hours:02}{rest:02}"
        if minutes >= 0
        else f"-{-hours:03}{-rest:03}"
        if rest
        else f"-{-hours:03}00"
    )
    if minutes < 0 and hours == 0:
        zone = f"-00{-rest:03}"
    fraction = f".{moment.microsecond:06}" if has_fraction else ""
    stamp = f"{moment:%d}/{_MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S}{fraction} {zone}"
    read = apache_time.read(stamp.encode())
    assert from_us(read.at_us) == moment
    assert read.has_zone


@pytest.mark.parametrize(
    "stamp",
    [b"", b"23/Nov/2026", b"23/Xyz/2026:00:00:00 +0000", b"31/Feb/2026:00:00:00 +0000",
     b"23/Nov/0000:00:00:00 +0000", b"23/Nov/9999:23:59:59 --15-59", b"23/Nov/2026:25:00:00 +0000",
     b"01/Jan/1970:00:00:00 +0100"],
)  # fmt: skip
def test_what_is_no_time_is_none(stamp):
    assert apache_time.read(stamp) is None


@pytest.mark.parametrize("zone", [b"", b" CET", b" +9999", b" +05"])
def test_without_a_readable_zone_utc_is_assumed(zone):
    read = apache_time.read(b"23/Nov/2026:02:12:15" + zone)
    assert not read.has_zone
    assert from_us(read.at_us) == datetime(2026, 11, 23, 2, 12, 15, tzinfo=UTC)


def test_a_leap_second_is_a_time():
    read = apache_time.read(b"31/Dec/2026:23:59:60 +0000")
    assert from_us(read.at_us) == datetime(2027, 1, 1, tzinfo=UTC)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_time_or_none(stamp):
    read = apache_time.read(stamp)
    assert read is None or from_us(read.at_us).year < 2200
