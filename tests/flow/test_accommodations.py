"""More time and more attempts for those who need them: at once, and with who granted it and why."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.flow.journey import Begin, Learner, Module, World, answered, instant, problem
from tests.flow.story import end_of

LIMIT = timedelta(minutes=20)
GRACE = timedelta(seconds=30)
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


@pytest.fixture(scope="module")
def timed(world: World) -> Module:
    return world.published(test={"time_limit_minutes": 20, "attempts": 1, "cooldown_hours": 0})


def exhausted(world: World, module: Module) -> Learner:
    learner = world.learner().is_ready_for(module)
    learner.fails()
    assert problem(learner.start()) == (409, "attempts-exhausted")
    return learner


def test_who_granted_what_when_and_why_can_be_read(world: World, timed: Module) -> None:
    ada = world.learner()
    assert problem(world.admin.accommodation(ada.sub, timed)) == (404, "not-found")
    granted = answered(world.admin.accommodates(ada.sub, timed, minutes=10, attempts=1), 200)
    assert granted.pop("granted_at")
    assert granted == {
        "learner_id": ada.sub,
        "module_id": timed.module_id,
        "extra_minutes": 10,
        "extra_attempts": 1,
        "reason": "A certified need",
        "granted_by": "admin",
    }
    first = answered(world.admin.accommodation(ada.sub, timed), 200)
    assert first.items() >= granted.items()
    assert instant(first["granted_at"]) == world.now
    world.wait(hours=1)
    assert answered(world.admin.accommodates(ada.sub, timed, minutes=10, attempts=1), 200) == first
    assert answered(world.admin.accommodates(ada.sub, timed), 200)["extra_minutes"] == 0


def test_nobody_but_an_admin_grants_or_reads_it(world: World, timed: Module) -> None:
    path = f"/admin/learners/learner-1/accommodations/{timed.module_id}"
    for caller in (world.author, world.learner("learner-1")):
        assert problem(caller.ask("GET", path)) == (403, "forbidden")
        assert problem(caller.ask("PUT", path, {"extra_minutes": 10, "reason": "I'd like it"})) == (403, "forbidden")
    assert problem(world.admin.accommodates("learner-1", world.module("no-module"))) == (404, "not-found")
    assert problem(world.admin.accommodates("learner-1", timed, minutes=-1)) == (422, "invalid-request")


def test_what_was_granted_before_the_start_counts_from_it(world: World, timed: Module) -> None:
    ada, ben = world.ready(timed, 2)
    answered(world.admin.accommodates(ada.sub, timed, minutes=10))
    assert instant(ada.begins()["deadline"]) == world.now + LIMIT + timedelta(minutes=10)
    assert instant(ben.begins()["deadline"]) == world.now + LIMIT


def test_the_deadline_of_an_open_attempt_moves(world: World, timed: Module) -> None:
    ada, ben = world.ready(timed, 2)
    form, _ = ada.begins(), ben.begins()
    began = world.now
    world.wait(minutes=19)
    answered(world.admin.accommodates(ada.sub, timed, minutes=10))
    moved = began + LIMIT + timedelta(minutes=10)
    assert instant(answered(ada.attempt())["deadline"]) == moved
    assert instant(answered(ada.start(), 200)["deadline"]) == moved
    assert instant(answered(ben.attempt())["deadline"]) == began + LIMIT

    # The sweep goes by the moved deadline, and so does a submission.
    world.wait_until(began + LIMIT + timedelta(minutes=2))
    world.close_the_overdue()
    world.deliver()
    assert answered(ben.attempt())["state"] == "graded"
    world.wait_until(moved)
    answered(ada.submit(timed.right(form)), 202)
    world.deliver()
    assert ada.enrolment()["state"] == "certified"


def test_after_the_moved_deadline_the_answers_saved_until_then_are_graded(world: World, timed: Module) -> None:
    ada = world.learner().is_ready_for(timed)
    form = ada.begins()
    answered(world.admin.accommodates(ada.sub, timed, minutes=10))
    moved = instant(form["deadline"]) + timedelta(minutes=10)
    world.wait_until(moved + GRACE)
    answered(ada.save(timed.right(form)), 200)
    world.wait_until(moved + timedelta(minutes=2))
    assert world.close_the_overdue() > 0
    world.deliver()
    [result] = ada.enrolment()["attempts"]
    assert (instant(result["submitted_at"]), result["passed"]) == (moved, True)


@pytest.mark.parametrize("swept", [True, False])
def test_granted_after_the_end_more_time_does_not_reopen_an_attempt(world: World, timed: Module, swept: bool) -> None:
    ada = world.learner().is_ready_for(timed)
    form = ada.begins()
    end = instant(form["deadline"])
    world.wait_until(end + GRACE + (timedelta(minutes=2) if swept else SECOND))
    if swept:
        assert world.close_the_overdue() > 0
    answered(world.admin.accommodates(ada.sub, timed, minutes=60), 200)
    assert problem(ada.submit(timed.right(form))) == (409, "attempt-over")
    world.deliver()
    [result] = ada.enrolment()["attempts"]
    assert (instant(result["submitted_at"]), result["passed"]) == (end, False)


def test_more_time_never_outlasts_the_module(world: World) -> None:
    module = world.published(expires_on=world.today.isoformat(), test={"time_limit_minutes": 20})
    ada = world.learner().is_ready_for(module)
    world.wait_until(end_of(module) - timedelta(minutes=25))
    ada.begins()
    answered(world.admin.accommodates(ada.sub, module, minutes=60))
    assert instant(answered(ada.attempt())["deadline"]) == end_of(module)


def test_an_attempt_more_lets_the_exhausted_try_again_and_pass(world: World, timed: Module) -> None:
    ada, ben = exhausted(world, timed), exhausted(world, timed)
    assert ada.enrolment()["attempts_left"] == 0
    answered(world.admin.accommodates(ada.sub, timed, attempts=1))
    assert ada.enrolment()["attempts_left"] == 1
    assert ada.passes()["state"] == "certified"
    assert [attempt["passed"] for attempt in ada.enrolment()["attempts"]] == [False, True]
    assert problem(ben.start()) == (409, "attempts-exhausted")


def test_granted_attempts_cool_down_and_end_like_any_other(world: World) -> None:
    module = world.published(test={"attempts": 1, "cooldown_hours": 24})
    ada = exhausted(world, module)
    answered(world.admin.accommodates(ada.sub, module, attempts=1))
    assert problem(ada.start()) == (409, "attempt-cooling-down")
    world.wait(hours=24)
    ada.fails()
    assert problem(ada.start()) == (409, "attempts-exhausted")


def test_a_grant_is_for_one_module_alone(world: World, timed: Module) -> None:
    other = world.published(test={"time_limit_minutes": 20})
    ada = world.learner()
    answered(world.admin.accommodates(ada.sub, other, minutes=10, attempts=5))
    ada.is_ready_for(timed)
    assert ada.enrolment()["attempts_left"] == 1
    assert instant(ada.begins()["deadline"]) == world.now + LIMIT
