"""The reissue of an edition: one more version of each valid certificate, once, however often a page is done."""

from dataclasses import replace

import pytest

from functions.certification.certify.use_case import issue_version
from functions.operations.work.use_case import PAGE, do_page
from shared.domain.certificate import RevocationReason
from shared.domain.certificate_number import certificate_number
from shared.domain.enrolment import EnrolmentState
from shared.domain.ids import CertificateNumber, LearnerId
from shared.domain.job import EditionReissue, Job
from shared.events.certification import CertificateReissueRequestedV1
from shared.events.operations import JobAdvancedV1
from shared.jobs import start_job
from shared.reissuing import enter_reissue
from tests.support.builders import (
    EDITION,
    HOUR,
    NOW,
    a_certificate,
    a_claim,
    a_head,
    a_reissue,
    a_version,
    an_enrolment,
)
from tests.support.fakes import BrokenOff, World

ORDER = EditionReissue(reason="The signatory's title", notify=False, requested_by="admin")


def number_of(learner: int) -> CertificateNumber:
    return certificate_number(learner + 1)


def a_world(learners: int) -> World:
    """So many learners, each with a certificate."""
    world = World()
    for learner in range(learners):
        learner_id, number = LearnerId(f"dr-{learner:03d}"), number_of(learner)
        certified = replace(an_enrolment(EnrolmentState.CERTIFIED), learner_id=learner_id, certificate=number)
        world.enrolments.given(certified)
        content = a_certificate(number=number)
        world.claims.given(a_claim(learner_id=learner_id, certificate=number, content=content, certified=True))
        world.certificates.kept.given(a_head(number=number, learner_id=learner_id))
        world.certificates.issued.given(a_version(number=number))
    return world


def start(world: World, key: str = "spring") -> Job:
    return start_job(Job.named(EDITION, key, ORDER, NOW), world.jobs, world.enrolments)


def run(world: World) -> None:
    """Deliver every page that is announced, as the queue would."""
    done = 0
    while done < len(world.told(JobAdvancedV1)):
        do_page(world.told(JobAdvancedV1)[done], world)
        done += 1


def ordered(world: World) -> list[tuple[str, int]]:
    return [(event.certificate, event.version) for event in world.told(CertificateReissueRequestedV1)]


@pytest.mark.parametrize("learners", [0, 1, PAGE, 2 * PAGE + 3])
def test_every_certificate_gets_its_next_version(learners: int) -> None:
    world = a_world(learners)
    job = start(world)
    run(world)
    assert ordered(world) == [(number_of(learner), 2) for learner in range(learners)]
    for reissue in world.reissues.records.all():
        assert (reissue.content.reason, reissue.notify, reissue.requested_by) == (ORDER.reason, False, "admin")
        assert (reissue.content.issued_at, reissue.content.attested_name) == (NOW, "Ada Lovelace")
    finished = world.jobs.find(job.job)
    assert finished is not None
    assert (finished.total, finished.done, finished.finished_at) == (learners, learners, NOW)


def test_broken_off_in_a_page_the_page_is_done_again_and_orders_nothing_twice() -> None:
    world = a_world(3)
    start(world)
    (first,) = world.told(JobAdvancedV1)

    def interrupt() -> None:
        raise BrokenOff

    world.jobs.meanwhile = interrupt
    with pytest.raises(BrokenOff):
        do_page(first, world)
    # What was ordered is issued, and of one certificate somebody orders one more, before the page is done again.
    for requested in world.told(CertificateReissueRequestedV1):
        issue_version(requested, world)
    head = world.certificates.head(number_of(0))
    order = world.orders.find(head.enrolment, head.number, 2) if head else None
    assert head
    assert order
    enter_reissue(a_reissue(head, order, reason="Another", at=NOW + HOUR), world.reissues)
    told = ordered(world)
    do_page(first, world)
    assert ordered(world) == told
    assert [version for _, version in told] == [2, 2, 2, 3]


def test_a_revoked_certificate_is_left_out() -> None:
    world = a_world(2)
    head = world.certificates.head(number_of(0))
    assert head
    world.certificates.correct(head.revoked(RevocationReason.FRAUD, "", NOW), [], [])
    start(world)
    run(world)
    assert ordered(world) == [(number_of(1), 2)]


def test_an_enrolment_without_a_certificate_is_left_out() -> None:
    world = World()
    world.enrolments.given(*(replace(an_enrolment(state), learner_id=LearnerId(state)) for state in EnrolmentState))
    start(world)
    run(world)
    assert ordered(world) == []


def test_on_top_of_a_version_that_is_ordered_and_not_issued_yet_comes_the_one_after() -> None:
    world = a_world(1)
    head = world.certificates.head(number_of(0))
    order = world.orders.find(head.enrolment, head.number, 1) if head else None
    assert head
    enter_reissue(a_reissue(head, order, attested_name="Ada Byron"), world.reissues)
    start(world)
    run(world)
    assert ordered(world) == [(number_of(0), 2), (number_of(0), 3)]
    latest = world.reissues.find(head.learner_id, head.number, 3)
    assert latest
    assert (latest.content.attested_name, latest.content.supersedes) == ("Ada Byron", 2)


def test_two_reissues_of_an_edition_make_two_versions() -> None:
    world = a_world(1)
    start(world, "spring")
    start(world, "autumn")
    run(world)
    assert [version for _, version in ordered(world)] == [2, 3]
