"""The clock by which the local system decides."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.clock import LocalClock

START = datetime(2022, 5, 1, 12, tzinfo=UTC)


def test_a_clock_that_does_not_tick_stands_until_it_is_moved() -> None:
    clock = LocalClock(START, ticking=False)
    time.sleep(0.01)
    assert clock.now() == START
    assert clock.advance(timedelta(days=4)) == clock.now() == START + timedelta(days=4)


def test_a_ticking_clock_goes_on_from_where_it_was_put() -> None:
    clock = LocalClock(START)
    clock.advance(timedelta(hours=1))
    first = clock.now()
    time.sleep(0.01)
    assert START + timedelta(hours=1) <= first < clock.now() < START + timedelta(hours=1, minutes=1)


@pytest.mark.parametrize("ticking", [True, False])
def test_a_bounded_clock_never_passes_the_machines_own_now(ticking: bool) -> None:
    clock = LocalClock(START, ticking=ticking, bounded=True)
    clock.advance(timedelta(days=36500))
    reached = clock.now()
    assert datetime.now(UTC) - timedelta(minutes=1) < reached <= datetime.now(UTC)
    time.sleep(0.01)
    assert reached <= clock.now() <= datetime.now(UTC)


def test_a_clock_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="does not go back"):
        LocalClock(START).advance(timedelta(seconds=-1))


def test_by_default_it_is_the_machines_own_time() -> None:
    before = datetime.now(UTC)
    assert before <= LocalClock().now() <= datetime.now(UTC)
