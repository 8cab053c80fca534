"""Declined and welcome later; failing, waiting, passing; and what is left when nothing is left."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.flow.journey import Begin, World, answered, instant, problem


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


def test_who_is_no_member_is_declined_told_what_to_do_and_welcome_once_a_member(world: World) -> None:
    module = world.published()
    cy = world.learner(member=False)
    answered(cy.enrol(module), 202)
    world.deliver()
    declined = cy.enrolment()
    assert (declined["state"], declined["reason"]) == ("declined", "not-a-member")
    assert "enrol anew" in declined["what_to_do"]
    assert problem(cy.start()) == (409, "not-confirmed")
    [told] = world.events("cme.enrolment.declined.v1", about=cy)
    assert told["data"]["reason"] == "not-a-member"

    answered(world.admin.admits(cy.sub))
    assert cy.enrolment()["state"] == "declined"
    assert answered(cy.enrol(module), 202)["state"] == "requested"
    world.deliver()
    confirmed = cy.enrolment()
    assert confirmed["state"] == "confirmed"
    assert "reason" not in confirmed
    assert "what_to_do" not in confirmed
    requests = [event["id"].rpartition("/")[2] for event in world.events("cme.enrolment.requested.v1", about=cy)]
    assert requests == ["1", "2"]


def test_membership_counts_to_the_end_of_its_last_day_in_the_zone_of_the_module(world: World) -> None:
    module = world.published()
    last_day = world.today + timedelta(days=1)
    for last_moment in (True, False):
        learner = world.learner(member=False)
        answered(world.admin.admits(learner.sub, until=last_day))
        # Zurich is two hours ahead in May, so its day ends at 22:00 UTC.
        world.wait_until(instant(f"{last_day}T21:59:59.999Z") if last_moment else instant(f"{last_day}T22:00:00Z"))
        answered(learner.enrol(module), 202)
        # The request's own instant counts, whenever it is taken up.
        world.wait_until(instant(f"{last_day}T22:00:00Z"))
        world.deliver()
        assert learner.enrolment()["state"] == ("confirmed" if last_moment else "declined")


def test_a_missing_prerequisite_declines_until_it_is_passed(world: World) -> None:
    basics = world.published()
    advanced = world.published(prerequisites=[basics.module_id])
    ada = world.learner()
    answered(ada.enrol(advanced), 202)
    world.deliver()
    assert (ada.enrolment()["state"], ada.enrolment()["reason"]) == ("declined", "prerequisite-missing")
    ada.earns(basics)
    answered(ada.enrol(advanced), 202)
    world.deliver()
    assert ada.enrolment()["state"] == "confirmed"


def test_after_a_fail_the_next_attempt_waits_for_the_cool_down_to_the_millisecond(world: World) -> None:
    module = world.published(test={"cooldown_hours": 24})
    ben = world.learner().is_ready_for(module)
    failed_at = world.now
    enrolment = ben.fails()
    assert (enrolment["state"], enrolment["attempts_left"]) == ("confirmed", 2)
    next_at = failed_at + timedelta(hours=24)
    assert instant(enrolment["next_attempt_at"]) == next_at

    refused = ben.start()
    assert problem(refused) == (409, "attempt-cooling-down")
    assert instant(refused.json()["next_attempt_at"]) == next_at
    assert 24 * 3600 <= int(refused.headers["retry-after"]) <= 24 * 3600 + 1

    world.wait_until(next_at - timedelta(milliseconds=1))
    refused = ben.start()
    assert problem(refused) == (409, "attempt-cooling-down")
    assert refused.headers["retry-after"] == "1"
    world.wait(milliseconds=1)
    passed = ben.passes()
    assert passed["state"] == "certified"
    assert [attempt["passed"] for attempt in passed["attempts"]] == [False, True]
    assert passed["next_attempt_at"] is None
    assert problem(ben.start()) == (409, "already-passed")


def test_when_no_attempt_is_left_the_enrolment_is_exhausted(world: World) -> None:
    module = world.published(test={"attempts": 2, "cooldown_hours": 1})
    ben = world.learner().is_ready_for(module)
    ben.fails()
    world.wait(hours=1)
    enrolment = ben.fails()
    assert (enrolment["state"], enrolment["attempts_left"]) == ("exhausted", 0)
    assert answered(ben.enrol(module), 200)["state"] == "exhausted"
    assert enrolment["next_attempt_at"] is None
    world.wait(days=2)
    assert problem(ben.start()) == (409, "attempts-exhausted")
    [stored] = world.facts_of(ben, "ENROLMENT")
    assert stored["state"] == "confirmed"


def test_the_last_attempt_is_not_exhausted_before_it_is_graded(world: World) -> None:
    module = world.published(test={"attempts": 1})
    ben = world.learner().is_ready_for(module)
    form = ben.begins()
    assert ben.enrolment()["state"] == "confirmed"
    answered(ben.submit(module.wrong(form)), 202)
    assert ben.enrolment()["state"] == "confirmed"
    refused = ben.start()
    assert problem(refused) == (409, "grading-pending")
    assert int(refused.headers["retry-after"]) > 0
    world.deliver()
    assert ben.enrolment()["state"] == "exhausted"


def test_points_at_the_pass_mark_pass_and_one_below_fails(world: World) -> None:
    drawn = 8
    for wrong, mark, passed in ((2, 75, True), (2, 76, False)):
        module = world.published(test={"pass_mark": mark})
        ada = world.learner().is_ready_for(module)
        form = ada.begins()
        missed = dict(list(module.wrong(form).items())[:wrong])
        answered(ada.submit({**module.right(form), **missed}), 202)
        world.deliver()
        result = answered(ada.attempt())
        assert (result["points"], result["max_points"], result["passed"]) == (drawn - wrong, drawn, passed)


def test_a_withdrawn_learner_loses_the_open_attempt_and_may_enrol_anew(world: World) -> None:
    module = world.published()
    hal = world.learner().is_ready_for(module)
    form = hal.begins()
    assert answered(hal.withdraw(), 200)["state"] == "withdrawn"
    assert problem(hal.submit(module.right(form))) == (409, "attempt-over")
    assert answered(hal.withdraw(), 200)["state"] == "withdrawn"
    world.deliver()
    assert hal.enrolment()["state"] == "withdrawn"
    assert world.events("cme.attempt.submitted.v1", about=hal) == []
    answered(hal.enrol(module), 202)
    world.deliver()
    assert hal.enrolment()["attempts_left"] == 2
    assert problem(hal.start()) == (409, "attempt-cooling-down")
    world.wait(hours=24)
    assert hal.passes()["state"] == "certified"
    assert problem(hal.withdraw()) == (409, "already-passed")


def test_a_pass_on_its_way_is_not_lost_by_withdrawing(world: World) -> None:
    module = world.published()
    hal = world.learner().is_ready_for(module)
    answered(hal.submit(module.right(hal.begins())), 202)
    answered(hal.withdraw(), 200)
    assert hal.enrolment()["state"] == "withdrawn"
    world.deliver()
    assert hal.enrolment()["state"] == "certified"


def test_watching_counts_no_faster_than_the_clock_and_opens_the_test(world: World) -> None:
    module = world.published(minutes=10, viewing={"required_percent": 50})
    ada = world.learner().is_ready_for(module)
    refused = ada.start()
    assert problem(refused) == (409, "viewing-incomplete")
    assert (refused.json()["viewed_seconds"], refused.json()["required_seconds"]) == (0, 300)
    world.wait(seconds=100)
    assert answered(ada.watch((0, 600)))["viewed_seconds"] == 100
    world.wait(seconds=199)
    assert answered(ada.watch((0, 600)))["viewed_seconds"] == 299
    assert problem(ada.start()) == (409, "viewing-incomplete")
    world.wait(seconds=1)
    assert answered(ada.watch((10, 20), (15, 30)))["viewed_seconds"] == 300
    answered(ada.start(), 201)


@pytest.mark.parametrize("missing", ["acknowledgement", "profile", "name", "profession"])
def test_the_test_is_closed_until_information_is_acknowledged_and_the_profile_complete(
    world: World, missing: str
) -> None:
    module = world.published()
    ada = world.learner()
    answered(ada.enrol(module), 202)
    world.deliver()
    assert ada.enrolment()["acknowledged"] is False
    if missing != "acknowledgement":
        answered(ada.acknowledge(), 200)
        assert ada.enrolment()["acknowledged"] is True
    if missing in ("name", "profession"):
        answered(ada.ask("PUT", "/me", {"name": "A"} if missing == "profession" else {"profession": "MD"}))
    refused = ada.start()
    if missing == "acknowledgement":
        assert problem(refused) == (409, "not-acknowledged")
    else:
        assert problem(refused) == (409, "profile-incomplete")
        assert refused.json()["missing"] == (["name", "profession"] if missing == "profile" else [missing])
    assert world.facts_of(ada, "ATTEMPT") == []


def test_another_hash_than_the_current_one_acknowledges_nothing(world: World) -> None:
    module = world.published()
    ada = world.learner()
    ada.module = module
    assert problem(ada.acknowledge()) == (409, "not-enrolled")
    answered(ada.enrol(module), 202)
    assert problem(ada.acknowledge()) == (409, "not-confirmed")
    world.deliver()
    refused = ada.acknowledge("0" * 64)
    assert problem(refused) == (409, "information-changed")
    assert ada.enrolment()["acknowledged"] is False
    answered(ada.acknowledge(refused.json()["information_hash"]), 200)
    assert ada.enrolment()["acknowledged"] is True
