"""Listing, detail, enrolling, starting, saving and submitting agree at every instant on whether a module is open."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.assessment.attempt.use_case import save_answers, start_attempt, submit_attempt
from functions.enrolment.enrol.use_case import request_enrolment
from functions.modules.browse.use_case import list_modules, show_module
from shared.domain.attempt import Attempt
from shared.domain.ids import LearnerId
from shared.domain.refusals import AttemptOver, ModuleClosed
from shared.domain.shelf import Wanted
from tests.support.builders import (
    DAY,
    EDITION,
    HOUR,
    MODULE,
    REFERENCE,
    RIGHT,
    a_bank,
    a_profile,
    an_attempt,
    an_edition,
    an_enrolment,
)
from tests.support.fakes import World

ZONES = ("Europe/Zurich", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Asia/Beirut")
GRACE = timedelta(seconds=30)


@cache
def midnights_of_change(zone: str) -> list[date]:
    """The days from 2024 to 2029 on which the zone's clocks change, and the leap days: their ends are the hard ones."""
    first = datetime(2024, 1, 1, tzinfo=UTC)
    offsets = [(first + n * DAY).astimezone(ZoneInfo(zone)) for n in range(6 * 366)]
    changes = {
        day.date()
        for before, after in pairwise(offsets)
        if before.utcoffset() != after.utcoffset()
        for day in (before, after)
    }
    return sorted({*changes, date(2024, 2, 29), date(2028, 2, 29), date(2027, 2, 28)})


@st.composite
def editions_and_instants(draw: st.DrawFn) -> tuple[date, str, datetime]:
    """The last day of an edition, its zone, and an instant near its end, often the very millisecond."""
    zone = draw(st.sampled_from(ZONES))
    day = draw(st.sampled_from(midnights_of_change(zone)) | st.dates(date(2024, 1, 1), date(2029, 12, 31)))
    end = an_edition(expires_on=day, zone=zone).expires_at
    around = draw(st.sampled_from([-1, 0, 1, 30_000, 30_001]) | st.integers(-90_000_000, 90_000_000))
    return day, zone, end + timedelta(milliseconds=around)


def a_world(day: date, zone: str, *attempts: Attempt) -> World:
    """A learner ready to start in an edition of `day` and the hundred days before it."""
    world = World()
    edition = an_edition(released_on=day - 100 * DAY, expires_on=day, zone=zone, members_only=False)
    world.publish(edition)
    world.question_banks.put(EDITION, a_bank())
    world.profiles.given(a_profile())
    world.enrolments.given(an_enrolment())
    world.attempts.given(*attempts)
    return world


def may(act: object, *refusals: type[Exception]) -> bool:
    assert callable(act)
    try:
        act()
    except refusals:
        return False
    return True


@given(editions_and_instants())
def test_everybody_who_asks_gets_the_same_answer(drawn: tuple[date, str, datetime]) -> None:
    day, zone, at = drawn
    world = a_world(day, zone)
    wall = at.astimezone(ZoneInfo(zone)).date()
    is_open = day - 100 * DAY <= wall <= day  # what the calendar on the provider's wall says
    page, _ = list_modules(Wanted(is_open=True), 50, None, world, at=at)
    assert bool(page.entries) is is_open
    _, status, _ = show_module(MODULE, None, world, at=at)
    assert status.is_open(at) is is_open
    assert may(lambda: start_attempt(REFERENCE, world, at=at), ModuleClosed) is is_open
    newcomer = replace(REFERENCE, learner_id=LearnerId("dr-new"))
    assert may(lambda: request_enrolment(newcomer, world, at=at), ModuleClosed) is is_open


@given(editions_and_instants(), st.booleans())
def test_what_is_under_way_ends_with_the_module_and_its_grace(
    drawn: tuple[date, str, datetime], with_answers: bool
) -> None:
    day, zone, at = drawn
    end = an_edition(expires_on=day, zone=zone).expires_at
    running = an_attempt(started_at=end - 3 * DAY, ends_at=end)
    in_time = at <= end + GRACE
    world = a_world(day, zone, running)
    assert may(lambda: save_answers(REFERENCE, 1, RIGHT, world, at=at), AttemptOver) is in_time
    world = a_world(day, zone, running)
    answers = RIGHT if with_answers else {}
    assert may(lambda: submit_attempt(REFERENCE, 1, answers, world, at=at), AttemptOver) is in_time
    kept = world.attempts.of(running.enrolment)[0]
    assert kept.submitted_at == min(at, end)


@pytest.mark.parametrize("zone", ZONES)
def test_the_hard_days_are_among_those_tried(zone: str) -> None:
    days = midnights_of_change(zone)
    assert (len(days) > 20) is (zone != "Asia/Kolkata")  # India changes no clocks
    assert all(an_edition(expires_on=day, zone=zone).expires_at.utcoffset() == 0 * HOUR for day in days)
