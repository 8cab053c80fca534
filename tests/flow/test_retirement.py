"""A module sees its day: what is open lapses, what was earned stays, and no run of the schedule decides anything."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from infra.local.pollers import Delivery
from shared.adapters.dynamo.learning import DynamoEnrolments
from shared.adapters.dynamo.store import SHARDS, shard_of
from shared.bootstrap import deps
from shared.domain.enrolment import Enrolment
from shared.domain.ids import EnrolmentId, LearnerId, ModuleId
from tests.flow.journey import START, Begin, Learner, Module, World, answered, instant, problem
from tests.flow.story import decided, end_of

OVER = timedelta(seconds=30 + 60)


def ending_soon(world: World, **changes: Any) -> Module:
    return world.published(expires_on=(world.today + timedelta(days=3)).isoformat(), **changes)


def test_at_its_end_open_enrolments_lapse_and_what_was_passed_stays(world: World) -> None:
    module = ending_soon(world)
    certified = world.learner()
    number = certified.earns(module)
    waiting, failed = world.learner(), world.learner()
    waiting.is_ready_for(module)
    failed.is_ready_for(module).fails()
    declined = world.learner(member=False)
    withdrawn = world.learner().is_ready_for(module)
    answered(withdrawn.withdraw())
    answered(declined.enrol(module), 202)
    world.deliver()

    world.wait_until(end_of(module) - timedelta(milliseconds=1))
    assert world.retire_the_expired() == 0
    world.wait(milliseconds=1)
    assert world.retire_the_expired() == 1
    world.deliver()
    states = [learner.enrolment()["state"] for learner in (certified, waiting, failed, declined, withdrawn)]
    assert states == ["certified", "lapsed", "lapsed", "declined", "withdrawn"]
    [lapsed] = world.facts_of(waiting, "ENROLMENT")
    assert instant(lapsed["ended_at"]) == end_of(module)
    # What was earned goes on being good.
    assert answered(certified.certificate(number))["status"] == "valid"
    assert certified.pdf(number).startswith(b"%PDF-")
    answered(world.admin.reissues(number, attested_name="Dr. New Name"), 202)
    world.deliver()
    assert answered(certified.certificate(number))["version"] == 2


def test_nobody_gets_in_after_the_end_even_before_the_schedule_runs(world: World) -> None:
    module = ending_soon(world)
    ada, ben = world.learner().is_ready_for(module), world.learner()
    world.wait_until(end_of(module))
    assert problem(ben.enrol(module)) == (409, "module-closed")
    assert problem(ada.start()) == (409, "module-closed")
    assert problem(ada.ask("PUT", f"{module.path}/enrolment")) == (409, "module-closed")


def test_a_request_taken_up_only_after_the_end_lapses(world: World) -> None:
    module = ending_soon(world)
    ada = world.learner()
    world.wait_until(end_of(module) - timedelta(milliseconds=1))
    answered(ada.enrol(module), 202)
    world.wait(minutes=1)
    world.deliver()
    assert ada.enrolment()["state"] == "lapsed"


def test_a_lapsed_enrolment_is_not_asked_for_anew_but_one_of_the_next_edition_is(world: World) -> None:
    module = ending_soon(world)
    ada = world.learner().is_ready_for(module)
    world.wait_until(end_of(module))
    world.retire_the_expired()
    world.deliver()
    assert answered(ada.enrol(module), 200)["state"] == "lapsed"
    second = world.published(world.module(module.module_id, edition=2))
    asked = answered(ada.ask("PUT", f"{module.path}/enrolment"), 202)
    assert asked["edition"] == 2
    world.deliver()
    newest = answered(ada.ask("GET", f"{module.path}/enrolment"))
    assert (newest["edition"], newest["state"]) == (2, "confirmed")
    assert answered(ada.ask("GET", f"{module.path}/enrolment?edition=1"))["state"] == "lapsed"
    assert answered(world.public(second.path))["edition"] == 2


# Whichever of lapsing and grading comes first

Ending = Callable[[World, Module], None]


def lapse_first(world: World, module: Module) -> None:
    world.wait_until(end_of(module))
    assert world.retire_the_expired() == 1
    world.deliver()
    world.wait_until(end_of(module) + OVER)
    assert world.close_the_overdue() == 2
    world.deliver()


def grade_first(world: World, module: Module) -> None:
    world.wait_until(end_of(module) + OVER)
    assert world.close_the_overdue() == 2
    world.deliver()
    assert world.retire_the_expired() == 1
    world.deliver()


def both_at_once(world: World, module: Module) -> None:
    world.wait_until(end_of(module) + OVER)
    assert world.retire_the_expired() == 1
    assert world.close_the_overdue() == 2
    world.system.delivery = Delivery(times=2, seed=7)
    world.deliver()


def six_hours_late(world: World, module: Module) -> None:
    world.wait_until(end_of(module) + timedelta(hours=6))
    assert world.close_the_overdue() == 2
    assert world.retire_the_expired() == 1
    world.deliver()


def twice(world: World, module: Module) -> None:
    world.wait_until(end_of(module) + OVER)
    for _ in range(2):
        world.retire_the_expired()
        world.close_the_overdue()
    world.deliver()
    assert world.retire_the_expired() == 0
    assert world.close_the_overdue() == 0
    world.deliver()


def ended(world: World, ending: Ending) -> tuple[dict[str, Learner], list[Any]]:
    """Two at their attempts and one who never began, when the module has ended; and what is kept of them."""
    world.draw_the_same_form_for_all()
    module = ending_soon(world)
    right, wrong, idle = world.ready(module, 3)
    answered(right.save(module.right(right.begins())))
    answered(wrong.save(module.wrong(wrong.begins())))
    ending(world, module)
    return {"right": right, "wrong": wrong, "idle": idle}, decided(world)


@pytest.fixture(scope="module")
def tables(begin: Begin) -> list[Any]:
    """How it ends when lapsing comes first."""
    with begin() as world:
        return ended(world, lapse_first)[1]


@pytest.mark.parametrize("ending", [lapse_first, grade_first, both_at_once, six_hours_late, twice])
def test_an_attempt_under_way_at_the_end_is_graded_and_decides(world: World, tables: list[Any], ending: Ending) -> None:
    people, kept = ended(world, ending)
    assert kept == tables
    states = {name: learner.enrolment()["state"] for name, learner in people.items()}
    assert states == {"right": "certified", "wrong": "lapsed", "idle": "lapsed"}
    end = instant("2022-05-04T22:00:00Z")
    for name in ("right", "wrong"):
        [attempt] = people[name].enrolment()["attempts"]
        assert instant(attempt["submitted_at"]) == end
    for name in ("wrong", "idle"):
        [enrolment] = world.facts_of(people[name], "ENROLMENT")
        assert instant(enrolment["ended_at"]) == end
        [told] = {event["id"] for event in world.events("cme.enrolment.lapsed.v1", about=people[name])}
        assert told.endswith("/lapsed/1")
    [failed] = {event["id"] for event in world.events("cme.enrolment.attempt_failed.v1", about=people["wrong"])}
    assert failed.endswith("/attempt_failed/1")


def test_word_of_the_retirement_that_comes_again_changes_nothing_that_was_decided(world: World) -> None:
    people, _ = ended(world, lapse_first)
    reached = world.events("cme.enrolment.retirement_reached.v1")
    assert {event["data"]["learner_id"] for event in reached} == {learner.sub for learner in people.values()}
    tables = world.tables()
    for event in reached:
        world.send("RetirementsQueue", event)
    world.deliver()
    assert world.tables() == tables


def test_what_was_handed_in_in_time_counts_though_its_grade_comes_after_the_end(world: World) -> None:
    module = ending_soon(world)
    right, wrong = world.ready(module, 2)
    forms = [learner.begins() for learner in (right, wrong)]
    world.wait_until(end_of(module) - timedelta(milliseconds=1))
    answered(right.submit(module.right(forms[0])), 202)
    answered(wrong.submit(module.wrong(forms[1])), 202)
    world.wait_until(end_of(module))
    assert world.retire_the_expired() == 1
    world.deliver()
    assert [learner.enrolment()["state"] for learner in (right, wrong)] == ["certified", "lapsed"]
    [lapsed] = world.facts_of(wrong, "ENROLMENT")
    assert instant(lapsed["ended_at"]) == end_of(module)


def test_an_expired_edition_that_is_published_retires_at_once(world: World) -> None:
    yesterday = world.today - timedelta(days=1)
    released = (world.today - timedelta(days=100)).isoformat()
    module = world.published(released_on=released, reviewed_on=released, expires_on=yesterday.isoformat())
    assert answered(world.public(module.path))["open"] is False
    assert world.retire_the_expired() == 1
    world.deliver()
    [retired] = world.events("cme.module.retired.v1")
    assert instant(retired["time"]) == end_of(module)


def test_early_retirement_says_when_and_is_said_once(world: World) -> None:
    module = ending_soon(world)
    retired_at = world.now
    for _ in range(2):
        assert instant(answered(world.author.retires(module), 200)["retired_at"]) == retired_at
        world.wait(hours=1)
    world.deliver()
    [retired] = world.events("cme.module.retired.v1")
    assert instant(retired["data"]["retired_at"]) == retired_at
    world.wait_until(end_of(module) + timedelta(days=1))
    assert world.retire_the_expired() == 0


# Many at once is a job of several pages


def crowd(module: Module) -> list[str]:
    """64 learners, confirmed as if one by one, most of them in one shard of the index: that shard takes pages."""
    names = [LearnerId(f"crowd-{number}") for number in range(1000)]
    in_first = [name for name in names if shard_of(name) == 0][:55]
    in_others = [name for shard in range(1, SHARDS) for name in [n for n in names if shard_of(n) == shard][:3]]
    for name in (learners := in_first + in_others):
        requested = Enrolment.requested(EnrolmentId(name, ModuleId(module.module_id), module.edition), START)
        deps().enrolments.save(requested.confirmed(START))
    return learners


def states_of_enrolments(world: World) -> Counter[str]:
    rows = world.rows("LearningTable").items()
    return Counter(row["facts"]["state"] for (_, sk), row in rows if sk.startswith("ENROLMENT#"))


def job_of(world: World) -> dict[str, Any]:
    [job] = [row["facts"] for (pk, _), row in world.rows("OperationsTable").items() if pk.startswith("JOB#")]
    return job


def test_more_than_sixty_enrolments_lapse_page_by_page_though_the_job_is_interrupted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ending_soon(world, members_only=False)
    learners = crowd(module)
    assert states_of_enrolments(world) == {"confirmed": len(learners)}
    save, calls = DynamoEnrolments.save, Counter[str]()

    def interrupted(self: Any, enrolment: Any, announcing: Any = ()) -> Any:
        kinds = [event.TYPE for event in announcing]
        calls.update(kinds)
        if calls["cme.enrolment.retirement_reached.v1"] == 40 and "cme.enrolment.retirement_reached.v1" in kinds:
            raise TimeoutError("the function was stopped in the middle of its second page")
        return save(self, enrolment, announcing)

    monkeypatch.setattr(DynamoEnrolments, "save", interrupted)
    world.wait_until(end_of(module))
    assert world.retire_the_expired() == 1
    world.deliver()

    assert states_of_enrolments(world) == {"lapsed": len(learners)}
    job = job_of(world)
    assert job["finished_at"]
    assert job["cursor"] is None
    assert job["done"] == len(learners)
    # 55 of one shard are three pages of at most 25; each of the others is one.
    assert job["page"] == 3 + (SHARDS - 1)
    failures = [
        invocation
        for invocation in world.invocations
        if invocation.function == "Work" and invocation.result["batchItemFailures"]
    ]
    assert len(failures) == 1
    lapsed = Counter(event["data"]["learner_id"] for event in world.events("cme.enrolment.lapsed.v1"))
    assert lapsed == dict.fromkeys(learners, 1)
    reached = Counter(event["id"] for event in world.events("cme.enrolment.retirement_reached.v1"))
    assert set(reached) == {f"enrolment/{learner}/{module.module_id}/1/retirement_reached/1" for learner in learners}
    # The fourteen of the second page that had been told before the interruption were told once more.
    assert Counter(reached.values()) == {1: len(learners) - 14, 2: 14}


# A day with the schedules on time, and the same day with all of them six hours late

QUARTER = timedelta(minutes=15)


def all_schedules(world: World) -> None:
    for function in world.system.schedules:
        world.system.fire(function)
    world.deliver()


def on_time(world: World, until: datetime) -> None:
    while world.now < until:
        world.wait_until(min(until, world.now + QUARTER))
        all_schedules(world)


def late(world: World, until: datetime) -> None:
    """Nothing runs before ``until``: no schedule, no queue, no stream."""
    world.wait_until(until)
    all_schedules(world)
    all_schedules(world)


def a_last_day(world: World, until_evening: Callable[[World, datetime], None]) -> tuple[dict[str, str], list[Any]]:
    """Attempts that end by their limit and with the module, in and out of the grace; the states and what is kept."""
    world.draw_the_same_form_for_all()
    module = ending_soon(world, test={"time_limit_minutes": 120})
    end = end_of(module)
    world.wait_until(end - timedelta(hours=20))
    # The notice of the day before was given; late, it would be dropped, for it decides nothing.
    assert world.remind()["notices"] == 1
    names = ("early right", "early wrong", "late right", "late wrong", "idle", "gave up", "handed in")
    people = dict(zip(names, world.ready(module, len(names)), strict=True))
    for name in ("early right", "early wrong", "gave up"):
        form = people[name].begins()
        answered(people[name].save(module.right(form) if "right" in name else module.wrong(form)))
    world.wait_until(end - timedelta(hours=1))
    for name in ("late right", "late wrong", "handed in"):
        form = people[name].begins()
        answered(people[name].save(module.wrong(form) if "wrong" in name else module.right(form)))
    answered(people["gave up"].withdraw())
    answered(people["handed in"].submit(), 202)
    until_evening(world, end + timedelta(hours=6))
    states = {name: learner.enrolment()["state"] for name, learner in people.items()}
    return states, decided(world)


def test_six_hours_late_a_day_ends_as_it_does_on_time(begin: Begin) -> None:
    with begin() as world:
        states, tables = a_last_day(world, on_time)
    assert states == {
        "early right": "certified",
        "early wrong": "lapsed",
        "late right": "certified",
        "late wrong": "lapsed",
        "idle": "lapsed",
        "gave up": "withdrawn",
        "handed in": "certified",
    }
    with begin() as world:
        assert a_last_day(world, late) == (states, tables)
