"""A module is open from the first instant of its release day until just before the day after its expiry."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.availability import EditionStatus, end_of_day, start_of_day
from shared.domain.refusals import ModuleClosed
from tests.support.builders import DAY, HOUR, MILLISECOND, NOW, PUBLISHED_AT, a_status, an_edition

ZURICH = "Europe/Zurich"
# Half-hour zones, both sides of the date line, and one whose clocks change at midnight (Beirut).
ZONES = st.sampled_from([ZURICH, "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Asia/Beirut"])
DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31)) | st.sampled_from(
    [
        date(2024, 2, 28), date(2024, 2, 29), date(2028, 2, 29),  # leap days
        date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 10, 25),  # Zurich, Beirut
        date(2026, 3, 7), date(2026, 3, 8), date(2026, 11, 1),  # New York
        date(2026, 4, 5), date(2026, 9, 26), date(2026, 9, 27),  # Auckland
        date(2025, 12, 31),
    ]
)  # fmt: skip


def a_status_of(released_on: date, expires_on: date, zone: str) -> EditionStatus:
    return an_edition(released_on=released_on, expires_on=expires_on, zone=zone).status(PUBLISHED_AT)


def local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


@given(DAYS, ZONES)
def test_an_edition_is_open_until_just_before_the_day_after_its_expiry(day: date, zone: str) -> None:
    status = a_status_of(day - 30 * DAY, day, zone)
    end = status.terminates_at
    assert local_day(end, zone) == day + DAY
    assert local_day(end - MILLISECOND, zone) == day
    assert status.is_open(end - MILLISECOND)
    assert not status.is_open(end)


@given(DAYS, ZONES)
def test_an_edition_opens_with_the_first_instant_of_its_release_day(day: date, zone: str) -> None:
    status = a_status_of(day, day + 30 * DAY, zone)
    assert local_day(status.opens_at, zone) == day
    assert local_day(status.opens_at - MILLISECOND, zone) == day - DAY
    assert status.is_open(status.opens_at)
    assert not status.is_open(status.opens_at - MILLISECOND)


@given(DAYS, ZONES, st.integers(min_value=-200_000, max_value=200_000))
def test_whether_an_edition_is_open_is_what_the_calendar_on_the_providers_wall_says(
    day: date, zone: str, seconds: int
) -> None:
    status = a_status_of(day, day + DAY, zone)
    at = status.opens_at + timedelta(seconds=seconds)
    assert status.is_open(at) is (day <= local_day(at, zone) <= day + DAY)


@given(DAYS, ZONES)
def test_days_follow_each_other_without_gap_or_overlap(day: date, zone: str) -> None:
    assert end_of_day(day, zone) == start_of_day(day + DAY, zone)
    length = end_of_day(day, zone) - start_of_day(day, zone)
    assert 23 * HOUR <= length <= 25 * HOUR


@pytest.mark.parametrize(
    ("day", "hours", "ends_at"),
    [
        (date(2026, 3, 29), 23, datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (date(2026, 10, 25), 25, datetime(2026, 10, 25, 23, tzinfo=UTC)),
        (date(2024, 2, 29), 24, datetime(2024, 2, 29, 23, tzinfo=UTC)),
    ],
    ids=["summer time begins", "summer time ends", "leap day"],
)
def test_a_day_in_zurich_is_as_long_as_its_clocks_make_it(day: date, hours: int, ends_at: datetime) -> None:
    assert end_of_day(day, ZURICH) == ends_at
    assert end_of_day(day, ZURICH) - start_of_day(day, ZURICH) == hours * HOUR


def test_an_edition_that_is_not_open_says_from_when_until_when_it_was() -> None:
    status = a_status()
    with pytest.raises(ModuleClosed) as refused:
        status.require_open(status.terminates_at)
    assert refused.value.facts == {"opens_at": status.opens_at, "expires_at": status.terminates_at}
    status.require_open(status.terminates_at - MILLISECOND)


def test_an_early_retirement_closes_the_edition_at_once() -> None:
    status = a_status().retired_early(NOW, "withdrawn by the authors")
    assert status.terminates_at == NOW
    assert status.is_open(NOW - MILLISECOND)
    assert not status.is_open(NOW)


def test_a_retirement_after_the_expiry_does_not_move_the_end() -> None:
    status = a_status()
    assert status.retired_early(status.expires_at + DAY, "late").terminates_at == status.expires_at


def test_the_first_retirement_stands() -> None:
    retired = a_status().retired_early(NOW, "first")
    assert retired.retired_early(NOW + DAY, "second") is retired
    assert retired.expired(retired.expires_at + DAY) is retired


@pytest.mark.parametrize("late", [timedelta(0), 6 * HOUR, 400 * DAY])
def test_a_retirement_by_the_calendar_is_as_of_the_expiry_however_late_it_runs(late: timedelta) -> None:
    status = a_status()
    assert status.expired(status.expires_at + late).retired_at == status.expires_at


def test_an_edition_does_not_expire_before_its_expiry() -> None:
    status = a_status()
    assert status.expired(status.expires_at - MILLISECOND) is status
