"""Learners are told in time: 30, 7 and 1 days before an expiry, and before a claim window closes, each once."""

from datetime import date, timedelta
from typing import Any

import pytest

from shared.domain.availability import end_of_day
from tests.flow.journey import Learner, Module, World, answered, instant
from tests.flow.story import EVALUATION, end_of

HOUR = timedelta(hours=1)


def notices(world: World) -> list[tuple[str, int]]:
    """Who was told of how many days, in order."""
    return [(event["data"]["learner_id"], event["data"]["days"]) for event in world.events("cme.enrolment.expiring.v1")]


def days_before(module: Module, days: int) -> Any:
    expires_on = date.fromisoformat(module.content["expires_on"]) - timedelta(days=days)
    return end_of_day(expires_on, module.content["zone"])


def remind_at(world: World, at: Any) -> dict[str, int]:
    world.wait_until(at)
    figures = world.remind()
    world.deliver()
    return figures


def expiring(world: World, days: int, **changes: Any) -> Module:
    return world.published(expires_on=(world.today + timedelta(days=days)).isoformat(), **changes)


def test_whoever_is_still_open_is_told_30_7_and_1_days_before_whoever_is_not_is_spared(world: World) -> None:
    module = expiring(world, 40)
    ada, ben, cy = (world.learner(name) for name in ("ada", "ben", "cy"))
    ben.is_ready_for(module)
    cy.is_ready_for(module)
    answered(cy.withdraw())
    assert ada.earns(module)
    for days in (30, 7, 1):
        assert remind_at(world, days_before(module, days) - HOUR)["notices"] == 0
        assert remind_at(world, days_before(module, days))["notices"] == 1
        assert remind_at(world, days_before(module, days) + HOUR)["notices"] == 0
    assert notices(world) == [("ben", 30), ("ben", 7), ("ben", 1)]
    told = {event["id"] for event in world.events("cme.enrolment.expiring.v1")}
    assert told == {f"enrolment/ben/{module.module_id}/1/expiring/{days}" for days in (30, 7, 1)}
    world.wait_until(end_of(module))
    assert world.retire_the_expired() == 1
    world.deliver()
    assert ben.enrolment()["state"] == "lapsed"


@pytest.mark.parametrize(("days_left", "told"), [(20, [30]), (5, [7]), (0.5, [1])])
def test_a_schedule_that_was_down_on_the_day_gives_the_nearest_notice_alone(
    world: World, days_left: float, told: list[int]
) -> None:
    module = expiring(world, 40)
    world.learner("ada").is_ready_for(module)
    remind_at(world, end_of(module) - timedelta(days=days_left))
    assert notices(world) == [("ada", days) for days in told]
    remind_at(world, world.now + HOUR)
    assert notices(world) == [("ada", days) for days in told]


def test_a_schedule_that_comes_after_the_end_says_nothing(world: World) -> None:
    module = expiring(world, 40)
    world.learner().is_ready_for(module)
    assert remind_at(world, end_of(module)) == {"notices": 0, "dropped": 3, "claims": 0}
    assert notices(world) == []
    assert world.due("CatalogueTable", "notice") == []


def test_early_retirement_cancels_the_notices_that_were_to_come(world: World) -> None:
    module = expiring(world, 40)
    world.learner().is_ready_for(module)
    remind_at(world, days_before(module, 30))
    answered(world.author.retires(module))
    world.deliver()
    remind_at(world, days_before(module, 7))
    remind_at(world, days_before(module, 1))
    assert [days for _, days in notices(world)] == [30]


def test_publication_plans_only_what_is_still_to_come(world: World) -> None:
    module = expiring(world, 20)
    planned = [(f"MODULE#{module.module_id}", f"NOTICE#0001#000{days}") for days in (1, 7)]
    assert world.due("CatalogueTable", "notice") == planned
    rows = world.rows("CatalogueTable")
    assert [instant(rows[key]["due_at"]) for key in planned] == [days_before(module, 1), days_before(module, 7)]


def claimed(world: World, **changes: Any) -> Module:
    return world.published(claim="claimed", members_only=False, evaluation=EVALUATION, **changes)


def reminded(world: World) -> list[Any]:
    return [(event["data"]["learner_id"], event["data"]["claim_until"]) for event in claims_closing(world)]


def claims_closing(world: World) -> list[Any]:
    return world.events("cme.enrolment.claim_closing.v1")


def passed(world: World, module: Module, name: str) -> Learner:
    learner = world.learner(name, member=False).is_ready_for(module)
    learner.passes()
    return learner


def test_who_has_passed_and_not_claimed_is_reminded_once_before_the_window_closes(world: World) -> None:
    module = claimed(world)
    ada, ben = passed(world, module, "ada"), passed(world, module, "ben")
    answered(ben.evaluate(useful="very"))
    answered(ben.claim(("ESMO-MORA", "1.00")), 202)
    world.deliver()
    until = instant(ada.enrolment()["claim_until"])
    assert remind_at(world, until - timedelta(days=7, seconds=1))["claims"] == 0
    assert remind_at(world, until - timedelta(days=7))["claims"] == 1
    assert remind_at(world, until - timedelta(days=1))["claims"] == 0
    [(who, told_until)] = reminded(world)
    assert (who, instant(told_until)) == ("ada", until)
    assert world.due("LearningTable", "claim") == []
    answered(ada.evaluate(useful="very"))
    answered(ada.claim(("ESMO-MORA", "1.00")), 202)
    world.deliver()
    assert ada.enrolment()["state"] == "certified"


def test_a_window_that_closed_while_the_schedule_was_down_is_not_announced(world: World) -> None:
    module = claimed(world, claim_window_days=10)
    ada = passed(world, module, "ada")
    assert remind_at(world, instant(ada.enrolment()["claim_until"]))["claims"] == 0
    assert reminded(world) == []
    assert world.due("LearningTable", "claim") == []
