"""Work: one page at a time; stale, repeated or broken off, every enrolment is told and the job goes on."""

from dataclasses import replace

import pytest

from functions.operations.work.use_case import PAGE, do_page, tell_enrolments
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.ids import EnrolmentId, LearnerId
from shared.domain.job import Job, JobKind
from shared.events.enrolment import RetirementReachedV1
from shared.events.modules import ModuleRetiredV1
from shared.events.operations import JobAdvancedV1
from shared.ports import ConcurrentChange
from tests.support.builders import EDITION, HOUR, MODULE, NOW, an_enrolment
from tests.support.fakes import BrokenOff, World

RETIRED = ModuleRetiredV1(at=NOW, module_id=MODULE, edition=1, retired_at=NOW)
TOLD = {EnrolmentState.REQUESTED, EnrolmentState.CONFIRMED}


def an_enrolment_of(learner: str, state: EnrolmentState = EnrolmentState.CONFIRMED, edition: int = 1) -> Enrolment:
    return replace(an_enrolment(state), learner_id=LearnerId(learner), edition=edition)


def a_world(*enrolments: Enrolment) -> World:
    world = World()
    world.publish(retired_at=NOW, retired_reason="expired")
    world.enrolments.given(*enrolments)
    return world


def many(count: int) -> list[Enrolment]:
    return [an_enrolment_of(f"dr-{number:03d}") for number in range(count)]


def run(world: World) -> None:
    """Deliver every page that is announced, as the queue would."""
    tell_enrolments(RETIRED, world)
    done = 0
    while done < len(world.told(JobAdvancedV1)):
        do_page(world.told(JobAdvancedV1)[done], world)
        done += 1


def job_in(world: World) -> Job:
    job = world.jobs.find(Job.over(EDITION, JobKind.LAPSES, NOW).job)
    assert job is not None
    return job


def learners_told(world: World) -> list[str]:
    return [event.learner_id for event in world.told(RetirementReachedV1)]


def test_a_retirement_opens_one_job_that_announces_its_first_page() -> None:
    world = a_world()
    tell_enrolments(RETIRED, world)
    tell_enrolments(RETIRED, world)
    assert world.announced == [JobAdvancedV1(at=NOW, job=job_in(world).job, page=0)]


def test_once_the_job_is_open_the_edition_waits_for_it_no_more() -> None:
    world = a_world()
    tell_enrolments(RETIRED, world)
    status = world.catalogue.status(EDITION)
    assert status
    assert status.enrolments_told


def test_broken_off_after_the_job_the_retirement_is_completed_by_the_same_message() -> None:
    world = a_world()

    def interrupt() -> None:
        raise BrokenOff

    world.catalogue.statuses_kept.meanwhile = interrupt
    with pytest.raises(BrokenOff):
        tell_enrolments(RETIRED, world)
    announced = list(world.announced)
    tell_enrolments(RETIRED, world)
    status = world.catalogue.status(EDITION)
    assert status
    assert status.enrolments_told
    assert world.announced == announced


def test_a_retirement_of_an_edition_that_is_not_there_is_an_error() -> None:
    with pytest.raises(LookupError):
        tell_enrolments(RETIRED, World())


def test_who_is_told_waits_for_the_word_as_of_the_editions_end() -> None:
    world = a_world(an_enrolment_of("dr-1"))
    run(world)
    [told] = world.told(RetirementReachedV1)
    enrolment = world.enrolments.find(EnrolmentId(LearnerId("dr-1"), MODULE, 1))
    assert enrolment
    assert told.at == enrolment.edition_ended_at == NOW


@pytest.mark.parametrize("count", [0, 1, PAGE, PAGE + 1, 3 * PAGE])
def test_every_enrolment_is_told_once_page_by_page(count: int) -> None:
    world = a_world(*many(count))
    run(world)
    assert learners_told(world) == [enrolment.learner_id for enrolment in many(count)]
    assert (job_in(world).done, job_in(world).cursor, job_in(world).finished_at) == (count, None, NOW)


def test_each_page_announces_the_next_until_there_is_none() -> None:
    world = a_world(*many(2 * PAGE + 1))
    run(world)
    pages = world.told(JobAdvancedV1)
    assert [event.page for event in pages] == [0, 1, 2]
    assert len({event.id for event in pages}) == 3


def test_only_enrolments_that_are_still_open_are_told() -> None:
    world = a_world(*(an_enrolment_of(state, state) for state in EnrolmentState))
    run(world)
    assert set(learners_told(world)) == TOLD


def test_enrolments_of_other_editions_are_left_alone() -> None:
    world = a_world(an_enrolment_of("dr-1"), an_enrolment_of("dr-2", edition=2))
    run(world)
    assert learners_told(world) == ["dr-1"]


def test_a_page_delivered_again_changes_nothing() -> None:
    world = a_world(*many(PAGE + 1))
    tell_enrolments(RETIRED, world)
    (first,) = world.told(JobAdvancedV1)
    do_page(first, world)
    job, announced = job_in(world), list(world.announced)
    do_page(first, world)
    assert (job_in(world), world.announced) == (job, announced)


def test_the_last_page_delivered_again_changes_nothing() -> None:
    world = a_world(*many(1))
    run(world)
    announced = list(world.announced)
    do_page(world.told(JobAdvancedV1)[-1], world)
    assert world.announced == announced


def test_a_page_that_is_ahead_of_the_job_is_left_alone() -> None:
    world = a_world(*many(1))
    tell_enrolments(RETIRED, world)
    do_page(JobAdvancedV1(at=NOW, job=job_in(world).job, page=1), world)
    assert learners_told(world) == []


def test_broken_off_in_a_page_the_page_is_done_again_under_the_same_event_ids() -> None:
    world = a_world(*many(3))
    tell_enrolments(RETIRED, world)
    (first,) = world.told(JobAdvancedV1)

    def interrupt() -> None:
        raise BrokenOff

    world.jobs.meanwhile = interrupt
    with pytest.raises(BrokenOff):
        do_page(first, world)
    assert job_in(world).page == 0
    world.clock.at += HOUR
    do_page(first, world)
    told = world.told(RetirementReachedV1)
    assert len(told) == 6
    assert {event.id for event in told[:3]} == {event.id for event in told[3:]}
    assert (job_in(world).page, job_in(world).done) == (1, 3)


def test_a_learner_who_acts_meanwhile_is_not_written_over() -> None:
    world = a_world(an_enrolment_of("dr-1"))
    tell_enrolments(RETIRED, world)
    (first,) = world.told(JobAdvancedV1)
    enrolment_id = EnrolmentId(LearnerId("dr-1"), MODULE, 1)

    def withdraw() -> None:
        enrolment = world.enrolments.find(enrolment_id)
        assert enrolment is not None
        world.enrolments.save(enrolment.withdrawn(NOW))

    world.enrolments.meanwhile = withdraw
    with pytest.raises(ConcurrentChange):
        do_page(first, world)
    do_page(first, world)
    assert learners_told(world) == []
    assert job_in(world).finished_at == NOW


def test_a_job_that_is_not_there_is_an_error() -> None:
    with pytest.raises(LookupError):
        do_page(JobAdvancedV1(at=NOW, job="nothing", page=0), World())
