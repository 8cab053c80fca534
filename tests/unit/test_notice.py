"""Notices 30, 7 and 1 days before an expiry: planned with the publication, given while they make sense."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.availability import end_of_day
from shared.domain.notice import Notice
from tests.support.builders import DAY, MILLISECOND, PUBLISHED_AT, a_status, an_edition

EDITION = an_edition()
END = EDITION.expires_at
ZONES = st.sampled_from(["Europe/Zurich", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Asia/Beirut"])


def days_of(notices: tuple[Notice, ...]) -> list[int]:
    return [notice.days for notice in notices]


def test_a_notice_is_due_when_so_many_days_are_left_and_until_the_next_is() -> None:
    notices = EDITION.notices(PUBLISHED_AT)
    assert [(notice.days, notice.due_at, notice.overtaken_at) for notice in notices] == [
        (30, END - 30 * DAY, END - 7 * DAY),
        (7, END - 7 * DAY, END - DAY),
        (1, END - DAY, END),
    ]


@given(st.dates(date(2024, 1, 1), date(2032, 12, 31)), ZONES)
def test_so_many_days_before_is_the_same_time_of_day_in_the_providers_zone(day: date, zone: str) -> None:
    edition = an_edition(expires_on=day, zone=zone)
    for notice in edition.notices(datetime(2020, 1, 1, tzinfo=UTC)):
        assert notice.due_at == end_of_day(day - timedelta(days=notice.days), zone)


@pytest.mark.parametrize(
    ("before_the_end", "planned"),
    [(31 * DAY, [30, 7, 1]), (30 * DAY, [7, 1]), (2 * DAY, [1]), (DAY, []), (-400 * DAY, [])],
)
def test_what_is_past_when_the_edition_is_published_is_not_planned(
    before_the_end: timedelta, planned: list[int]
) -> None:
    assert days_of(EDITION.notices(END - before_the_end)) == planned


def test_a_notice_makes_sense_from_its_day_until_the_next_one_is_due() -> None:
    first, second, last = EDITION.notices(PUBLISHED_AT)
    status = a_status()
    for notice in (first, second, last):
        assert not notice.makes_sense(status, notice.due_at - MILLISECOND)
        assert notice.makes_sense(status, notice.due_at)
        assert notice.makes_sense(status, notice.overtaken_at - MILLISECOND)
        assert not notice.makes_sense(status, notice.overtaken_at)


def test_of_an_edition_that_was_retired_early_there_is_nothing_to_announce() -> None:
    first, *_ = EDITION.notices(PUBLISHED_AT)
    status = a_status().retired_early(first.due_at + DAY, "a treatment it recommends was withdrawn")
    assert first.makes_sense(status, first.due_at)
    assert not first.makes_sense(status, first.due_at + DAY)
