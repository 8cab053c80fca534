"""Retire: the state catches up with the calendar; late, twice or at once with others, the outcome is the same."""

from datetime import timedelta

import pytest

from functions.modules.retire.use_case import Retirement, retire_expired
from shared.domain.availability import EditionStatus
from shared.events.modules import ModuleRetiredV1
from tests.support.builders import DAY, EDITION, HOUR, MILLISECOND, MODULE, NOW, a_status, an_edition
from tests.support.fakes import World

END = a_status().expires_at


def a_world() -> World:
    world = World()
    world.publish()
    return world


def status_in(world: World) -> EditionStatus:
    status = world.catalogue.status(EDITION)
    assert status is not None
    return status


def test_before_its_expiry_an_edition_is_left_alone() -> None:
    world = a_world()
    world.clock.at = END - MILLISECOND
    assert retire_expired(world) == Retirement(0, 0.0)
    assert status_in(world).retired_at is None


@pytest.mark.parametrize("late", [0 * HOUR, MILLISECOND, 6 * HOUR, 400 * DAY])
def test_from_its_expiry_on_an_edition_is_retired_as_of_the_expiry(late: timedelta) -> None:
    world = a_world()
    world.clock.at = END + late
    retirement = retire_expired(world)
    assert retirement == Retirement(1, late.total_seconds())
    assert status_in(world).retired_at == END
    assert world.announced == [ModuleRetiredV1(at=END, module_id=MODULE, edition=1, retired_at=END)]


def test_run_twice_it_retires_once() -> None:
    world = a_world()
    world.clock.at = END
    retire_expired(world)
    assert retire_expired(world).retired == 0
    assert len(world.announced) == 1


def test_an_edition_that_was_retired_early_stays_as_it_was() -> None:
    world = World()
    world.publish(retired_at=NOW, retired_reason="withdrawn")
    world.clock.at = END + DAY
    assert retire_expired(world).retired == 0
    assert status_in(world).retired_at == NOW


def test_an_edition_that_another_run_retires_meanwhile_does_not_hold_up_the_others() -> None:
    world = World()
    world.publish(an_edition(1))
    world.publish(an_edition(2))
    world.clock.at = END

    def another_run() -> None:
        expired = status_in(world).expired(END)
        world.catalogue.save_status(expired, announcing=[])

    world.catalogue.statuses_kept.meanwhile = another_run
    assert retire_expired(world).retired == 1
    assert all(status.retired_at == END for status in world.catalogue.statuses(MODULE))
    assert [event.edition for event in world.told(ModuleRetiredV1)] == [2]


def test_the_lag_is_that_of_the_edition_that_waited_longest() -> None:
    world = World()
    world.publish(an_edition(1), expires_at=END - HOUR)
    world.publish(an_edition(2), expires_at=END)
    world.clock.at = END + HOUR
    assert retire_expired(world) == Retirement(2, 7200.0)
