"""The deadline is the server's, and a rule, not a run: whatever sweeps late, twice or never, it comes out the same."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.flow.journey import Begin, Learner, Module, World, answered, instant, problem
from tests.flow.story import end_of

GRACE = timedelta(seconds=30)
SWEEP = timedelta(seconds=60)
MILLISECOND = timedelta(milliseconds=1)
ZURICH = ZoneInfo("Europe/Zurich")


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


@pytest.fixture(scope="module")
def timed(world: World) -> Module:
    """A module whose test takes at most twenty minutes."""
    return world.published(test={"time_limit_minutes": 20})


def ready_for(world: World, module: Module) -> Learner:
    return world.learner().is_ready_for(module)


def result_of(learner: Learner) -> dict[str, Any]:
    """The first attempt as the enrolment shows it."""
    attempt: dict[str, Any] = learner.enrolment()["attempts"][0]
    return attempt


# The end of an attempt


def test_an_attempt_ends_after_its_time_limit(world: World, timed: Module) -> None:
    ada = ready_for(world, timed)
    form = ada.begins()
    assert instant(form["started_at"]) == world.now
    assert instant(form["deadline"]) == world.now + timedelta(minutes=20)


def test_an_attempt_without_a_time_limit_ends_with_the_module(world: World) -> None:
    module = world.published()
    ada = ready_for(world, module)
    assert instant(ada.begins()["deadline"]) == end_of(module)


def test_an_attempt_that_starts_shortly_before_the_end_of_the_module_ends_with_it(world: World) -> None:
    module = world.published(expires_on=world.today.isoformat(), test={"time_limit_minutes": 20})
    ada = ready_for(world, module)
    world.wait_until(end_of(module) - timedelta(minutes=5))
    assert instant(ada.begins()["deadline"]) == end_of(module)


def test_what_arrives_before_the_grace_is_over_counts_and_finishes_at_the_end(world: World, timed: Module) -> None:
    finished_after = {
        -MILLISECOND: -MILLISECOND,
        timedelta(0): timedelta(0),
        MILLISECOND: timedelta(0),
        GRACE - MILLISECOND: timedelta(0),
        GRACE: timedelta(0),
    }
    learners = dict(zip(finished_after, world.ready(timed, len(finished_after)), strict=True))
    forms = {arrives: learner.begins() for arrives, learner in learners.items()}
    end = world.now + timedelta(minutes=20)
    for arrives, learner in learners.items():
        world.wait_until(end + arrives)
        answered(learner.submit(timed.right(forms[arrives])), 202)
    world.deliver()
    for arrives, learner in learners.items():
        result = result_of(learner)
        assert instant(result["submitted_at"]) == end + finished_after[arrives], arrives
        assert (result["state"], result["passed"]) == ("graded", True)
        [submitted] = world.events("cme.attempt.submitted.v1", about=learner)
        assert submitted["data"]["by"] == "learner"
        certificate = answered(learner.certificate(learner.enrolment()["certificate"]))
        assert instant(certificate["completed_at"]) == end + finished_after[arrives]


@pytest.mark.parametrize("saves_first", [True, False])
def test_after_the_grace_the_answers_saved_until_then_are_graded_as_of_the_end(
    world: World, timed: Module, saves_first: bool
) -> None:
    ada = ready_for(world, timed)
    form = ada.begins()
    end = instant(form["deadline"])
    saved, late = (timed.right(form), timed.wrong(form)) if saves_first else (timed.wrong(form), timed.right(form))
    world.wait_until(end + GRACE)
    answered(ada.save(saved), 200)
    world.wait(milliseconds=1)
    refused = ada.submit(late)
    assert problem(refused) == (409, "attempt-over")
    assert instant(refused.json()["deadline"]) == end
    assert problem(ada.save(late)) == (409, "attempt-over")
    assert problem(ada.save({})) == (409, "attempt-over")
    world.deliver()
    result = result_of(ada)
    assert instant(result["submitted_at"]) == end
    assert result["passed"] is saves_first
    [submitted] = world.events("cme.attempt.submitted.v1", about=ada)
    assert submitted["data"]["by"] == "deadline"
    assert instant(submitted["time"]) == end


def test_an_attempt_is_open_for_saving_only_in_its_state(world: World, timed: Module) -> None:
    ada = ready_for(world, timed)
    form = ada.begins()
    saved_at = answered(ada.save({}))["saved_at"]
    assert instant(saved_at) == world.now
    answered(ada.submit(timed.right(form)), 202)
    assert problem(ada.save({})) == (409, "attempt-over")
    world.deliver()
    assert problem(ada.save({})) == (409, "attempt-over")


def test_answers_are_merged_question_by_question_and_the_last_word_counts(world: World, timed: Module) -> None:
    ada = ready_for(world, timed)
    form = ada.begins()
    right, wrong = timed.right(form), timed.wrong(form)
    first, second, *_ = right
    answered(ada.save(wrong))
    answered(ada.save({first: right[first]}))
    answered(ada.save({second: []}))
    shown = answered(ada.attempt())["answers"]
    assert shown == {**wrong, first: right[first], second: []}
    answered(ada.submit({second: right[second]}), 202)
    world.deliver()
    assert result_of(ada)["points"] == 2


# The sweep only catches up


def at_once(world: World, end: datetime) -> None:
    world.wait_until(end + GRACE + SWEEP)
    assert world.close_the_overdue() == 2


def six_hours_late(world: World, end: datetime) -> None:
    world.wait_until(end + timedelta(hours=6))
    assert world.close_the_overdue() == 2


def twice(world: World, end: datetime) -> None:
    world.wait_until(end + GRACE + SWEEP)
    assert world.close_the_overdue() == 2
    assert world.close_the_overdue() == 0
    world.deliver()
    world.wait(minutes=1)
    assert world.close_the_overdue() == 0


def not_at_all(world: World, end: datetime) -> None:
    """The next look at the attempt decides it."""
    world.wait_until(end + timedelta(hours=6))


@pytest.mark.parametrize("sweep", [at_once, six_hours_late, twice, not_at_all])
def test_however_the_sweep_runs_the_result_is_the_same(
    world: World, timed: Module, sweep: Callable[[World, datetime], None]
) -> None:
    world.close_the_overdue()  # what other tests have left
    right, wrong = world.ready(timed, 2)
    answered(right.save(timed.right(right.begins())))
    answered(wrong.save(timed.wrong(wrong.begins())))
    end = world.now + timedelta(minutes=20)
    sweep(world, end)
    for learner in (right, wrong):
        assert answered(learner.attempt())["state"] in ("submitted", "graded")
    world.deliver()
    for learner in (right, wrong):
        enrolment = learner.enrolment()
        [attempt] = enrolment["attempts"]
        assert (attempt["state"], attempt["passed"]) == ("graded", learner is right)
        assert instant(attempt["submitted_at"]) == end
        assert len(world.events("cme.attempt.submitted.v1", about=learner)) == 1
        [stored] = world.facts_of(learner, "ATTEMPT")
        assert (stored["submitted_by"], stored["settled"]) == ("deadline", True)
    assert right.enrolment()["state"] == "certified"
    assert instant(right.enrolment()["claim_until"]) == end + timedelta(days=30)
    assert wrong.enrolment()["state"] == "confirmed"
    assert instant(wrong.enrolment()["next_attempt_at"]) == end + timedelta(hours=24)


def test_the_sweep_leaves_alone_what_is_not_overdue(world: World, timed: Module) -> None:
    ada = ready_for(world, timed)
    end = instant(ada.begins()["deadline"])
    world.wait_until(end + GRACE + SWEEP - MILLISECOND)
    world.close_the_overdue()
    [stored] = world.facts_of(ada, "ATTEMPT")
    assert stored["state"] == "in_progress"
    world.wait(milliseconds=1)
    assert world.close_the_overdue() >= 1
    [stored] = world.facts_of(ada, "ATTEMPT")
    assert stored["state"] == "submitted"


def test_what_is_left_open_for_hours_is_decided_when_a_new_attempt_is_asked_for(world: World, timed: Module) -> None:
    ada = ready_for(world, timed)
    form = ada.begins()
    answered(ada.save(timed.right(form)))
    world.wait(hours=3)
    assert problem(ada.start()) == (409, "grading-pending")
    world.deliver()
    assert ada.enrolment()["state"] == "certified"


# Early retirement


def test_early_retirement_ends_an_open_attempt_at_once(world: World) -> None:
    module = world.published()
    in_time, too_late = ready_for(world, module), ready_for(world, module)
    forms = {learner.sub: learner.begins() for learner in (in_time, too_late)}
    answered(too_late.save(module.right(forms[too_late.sub])))
    retired_at = world.now
    answered(world.author.retires(module), 200)
    assert problem(world.learner().enrol(module)) == (409, "module-closed")

    world.wait_until(retired_at + GRACE)
    answered(in_time.submit(module.right(forms[in_time.sub])), 202)
    world.wait(milliseconds=1)
    assert problem(too_late.submit(module.wrong(forms[too_late.sub]))) == (409, "attempt-over")
    world.deliver()
    for learner in (in_time, too_late):
        assert instant(result_of(learner)["submitted_at"]) == retired_at
        assert learner.enrolment()["state"] == "certified"


def test_after_early_retirement_the_sweep_finds_the_attempt_by_its_new_end(world: World) -> None:
    module = world.published()
    ada = ready_for(world, module)
    form = ada.begins()
    answered(ada.save(module.wrong(form)))
    retired_at = world.now
    answered(world.author.retires(module))
    world.deliver()
    assert instant(answered(ada.attempt())["deadline"]) == retired_at
    world.wait_until(retired_at + GRACE + SWEEP)
    assert world.close_the_overdue() >= 1
    world.deliver()
    assert instant(result_of(ada)["submitted_at"]) == retired_at
    assert ada.enrolment()["state"] == "lapsed"


# The end of a module, to the millisecond


def days_around_a_change_of_the_clocks(start: date) -> tuple[date, date]:
    """The next day in Zurich with 23 or 25 hours, and the day before it."""
    day = start
    while True:
        day += timedelta(days=1)
        midnights = [datetime.combine(each, time.min, ZURICH) for each in (day, day + timedelta(days=1))]
        if midnights[0].utcoffset() != midnights[1].utcoffset():
            return day - timedelta(days=1), day


def test_a_module_is_open_to_the_last_millisecond_of_its_day_in_zurich_when_the_clocks_change(world: World) -> None:
    days = days_around_a_change_of_the_clocks(world.today)
    modules = [world.published(expires_on=day.isoformat()) for day in days]
    ends = [end_of(module) for module in modules]
    assert ends[1] - ends[0] in (timedelta(hours=23), timedelta(hours=25))
    for module, day, end in zip(modules, days, ends, strict=True):
        assert end.astimezone(ZURICH).replace(tzinfo=None) == datetime.combine(day + timedelta(days=1), time.min)
        early, late = world.learner(), world.learner()
        world.wait_until(end - MILLISECOND)
        assert answered(world.public(module.path))["open"] is True
        answered(early.is_ready_for(module).start(), 201)
        world.wait(milliseconds=1)
        card = answered(world.public(module.path))
        assert card["open"] is False
        assert instant(card["expires_at"]) == end
        refused = late.enrol(module)
        assert problem(refused) == (409, "module-closed")
        assert instant(refused.json()["expires_at"]) == end
        listed = {card["module_id"] for card in answered(world.public("/modules?open=true&limit=200"))["modules"]}
        assert module.module_id not in listed


def test_a_test_can_be_started_only_while_the_module_is_open(world: World) -> None:
    module = world.published(expires_on=world.today.isoformat())
    ada = ready_for(world, module)
    world.wait_until(end_of(module))
    assert problem(ada.start()) == (409, "module-closed")
    assert ada.enrolment()["state"] == "confirmed"


def test_a_module_opens_with_the_first_instant_of_its_release_day_in_zurich(world: World) -> None:
    tomorrow = world.today + timedelta(days=1)
    module = world.published(released_on=tomorrow.isoformat(), reviewed_on=tomorrow.isoformat())
    opens_at = datetime.combine(tomorrow, time.min, ZURICH)
    ada = world.learner()
    world.wait_until(opens_at - MILLISECOND)
    assert problem(ada.enrol(module)) == (409, "module-closed")
    assert answered(world.public(module.path))["open"] is False
    world.wait(milliseconds=1)
    answered(ada.enrol(module), 202)
    assert answered(world.public(module.path))["open"] is True
