"""An erasure: marked, awaited, done once however often it breaks off; and how long its evidence is kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.certification.record.privacy import export_holdings, request_erasure
from functions.operations.destroy.use_case import destroy_outdated
from functions.operations.work.use_case import do_page
from shared.domain.accommodation import Accommodation
from shared.domain.certificate import RevocationReason
from shared.domain.enrolment import ByHand, Enrolment, EnrolmentState
from shared.domain.erasure import GRACE, RECHECK, Erasure, kept_until, pseudonymised, under_way
from shared.domain.ids import LearnerId
from shared.domain.job import Job
from shared.domain.learner import Membership
from shared.domain.reporting import Kept, Proposal, Report, Reported
from shared.events.operations import JobAdvancedV1
from shared.jobs import next_page
from shared.ports import DocumentKind
from tests.support.builders import (
    EDITION,
    LEARNER,
    NOW,
    NUMBER,
    a_certificate,
    a_claim,
    a_contact,
    a_graded_attempt,
    a_head,
    a_profile,
    a_reissue,
    a_version,
    an_attempt,
    an_award,
    an_enrolment,
)
from tests.support.fakes import BrokenOff, World

NAME = "Ada Lovelace"
REPORTED = Reported(learner_id=LEARNER, module_id=EDITION.module_id, edition=1, report=Report.PARS)
PROPOSAL = Proposal(job="export-1", at=NOW, records={"a": Kept(on=NOW.date(), facts={"name": NAME})})


def a_life() -> World:
    """Of somebody with a certificate in two versions."""
    world = World()
    world.profiles.given(a_profile(name=NAME))
    world.contacts.given(a_contact())
    world.memberships.given(Membership(learner_id=LEARNER, member=True))
    passed = an_enrolment(
        EnrolmentState.CERTIFIED,
        certificate=NUMBER,
        passed_at=NOW,
        evaluation={"useful": f"says {NAME}"},
        by_hand=ByHand(reason=f"{NAME} sat it on paper", by="admin", at=NOW),
    )
    world.enrolments.given(passed)
    world.attempts.given(a_graded_attempt(passed=True, settled=True))
    claim = a_claim(certified=True, content=a_certificate(attested_name=NAME, completed_at=NOW))
    world.claims.given(claim)
    world.reissues.records.given(replace(a_reissue(), issued=True))
    world.ledger.given(an_award("2026-05-05"))
    world.reported.records.given(replace(REPORTED, accepted=PROPOSAL.records))
    world.certificates.kept.given(a_head(current=2))
    for number in (1, 2):
        world.certificates.issued.given(a_version(number_of_version=number, completed_at=NOW, holder=NAME))
        world.documents.store_once(NUMBER, number, DocumentKind.PDF, f"PDF {number} of {NAME}".encode())
    return world


def job_of(world: World) -> Job:
    job = world.jobs.find(Job.erasing(LEARNER, NOW).job)
    assert job
    return job


def look(world: World) -> Job:
    """What the queue brings: the page that the job is at."""
    do_page(next_page(job_of(world)), world)
    return job_of(world)


def erase(world: World) -> Job:
    request_erasure(LEARNER, world, at=world.clock.at)
    look(world)
    world.clock.at += GRACE
    return look(world)


def state(world: World) -> Any:
    """Everything, but how often it was written."""
    records = [replace(one, version=0) for one in world.personal_records.all(LEARNER)]  # type: ignore[type-var]
    public = [replace(one, version=0) for one in (*world.certificates.issued.all(), *world.certificates.kept.all())]
    evidence = (world.evidence.identities, world.evidence.kept, world.documents.stored)
    return records, public, evidence, replace(job_of(world), version=0)


def test_it_is_asked_for_once_and_announced_by_that_write() -> None:
    world = a_life()
    first = request_erasure(LEARNER, world, at=NOW)
    assert request_erasure(LEARNER, world, at=NOW + timedelta(hours=1)) == first
    assert world.told(JobAdvancedV1) == [next_page(first)]


def test_the_mark_comes_first_and_nothing_goes_before_all_who_may_not_have_seen_it_are_done() -> None:
    world = a_life()
    request_erasure(LEARNER, world, at=NOW)
    assert look(world).looks_at == NOW + GRACE
    world.clock.at += GRACE - timedelta(seconds=1)
    waiting = look(world)
    assert waiting.looks_at == NOW + GRACE
    assert world.profiles.find(LEARNER)
    assert world.erasures.find(LEARNER)
    # Who wakes it is recovery, at its time.
    assert len(world.told(JobAdvancedV1)) == 1
    world.clock.at += timedelta(seconds=1)
    assert look(world).finished_at == world.clock.at


def test_nothing_is_left_that_names_the_learner_and_the_evidence_is() -> None:
    world = a_life()
    assert erase(world).finished_at
    assert NAME not in str(world.personal_records.all(LEARNER))
    assert {version.holder for version in world.certificates.issued.all()} == {""}
    assert world.documents.stored == {}
    assert [body.decode() for body in world.evidence.kept.values()] == [f"PDF {n} of {NAME}" for n in (1, 2)]
    identity = world.evidence.identities[LEARNER]
    assert identity.profile
    assert identity.profile.name == NAME
    assert identity.contact
    assert world.accounts.gone == [LEARNER]


def test_what_was_reported_is_still_known_to_have_been() -> None:
    world = a_life()
    erase(world)
    assert world.reported.records.all()[0].accepted == {"a": Kept(on=NOW.date(), facts={})}


def test_a_message_that_comes_again_changes_nothing() -> None:
    world = a_life()
    erase(world)
    before = state(world)
    do_page(JobAdvancedV1(at=NOW, ordinal=2, job=job_of(world).job, page=1), world)
    assert state(world) == before


def places_to_break_off() -> int:
    """How many calls the store of evidence gets in an erasure."""
    world, calls = a_life(), []
    world.evidence.meanwhile = lambda: calls.append(1)
    erase(world)
    return len(calls)


@pytest.mark.parametrize("place", range(places_to_break_off()))
def test_broken_off_among_its_documents_it_comes_to_the_same_end(place: int) -> None:
    undisturbed = a_life()
    erase(undisturbed)
    world, calls = a_life(), 0

    def break_off() -> None:
        nonlocal calls
        calls += 1
        if calls == place + 1:
            raise BrokenOff

    world.evidence.meanwhile = break_off
    with pytest.raises(BrokenOff):
        erase(world)
    look(world)
    assert state(world) == state(undisturbed)


def _break_off() -> None:
    raise BrokenOff


@pytest.mark.parametrize(
    "kind", ["profiles", "contacts", "memberships", "enrolments", "claims", "ledger", "erasures", "jobs"]
)
def test_broken_off_among_its_records_it_comes_to_the_same_end(kind: str) -> None:
    undisturbed = a_life()
    erase(undisturbed)
    world = a_life()
    request_erasure(LEARNER, world, at=NOW)
    look(world)
    world.clock.at += GRACE
    records: Any = getattr(world, kind)
    records.meanwhile = _break_off
    if kind == "ledger":  # an award stays as it is
        records.given(replace(an_award("2026-05-04"), kind="external", certificate=None))
    with pytest.raises(BrokenOff):
        look(world)
    look(world)
    assert state(world)[0] == state(undisturbed)[0]
    assert state(world)[1:3] == state(undisturbed)[1:3]


def test_it_waits_an_hour_for_what_is_under_way_and_says_what_that_is() -> None:
    world = a_life()
    world.attempts.given(an_attempt(2))
    waiting = erase(world)
    assert (waiting.waits_for, waiting.looks_at) == (("attempt-under-way",), world.clock.at + RECHECK)
    assert world.profiles.find(LEARNER)
    assert world.evidence.identities == {}
    world.attempts.given(a_graded_attempt(2, passed=False, settled=True))
    world.clock.at += RECHECK
    finished = look(world)
    assert (finished.waits_for, finished.looks_at, finished.cursor) == ((), None, None)


@pytest.mark.parametrize(
    ("record", "reasons"),
    [
        (an_attempt(), ["attempt-under-way"]),
        (a_graded_attempt(passed=True, settled=False), ["attempt-under-way"]),
        (a_graded_attempt(passed=True, settled=True), []),
        (a_graded_attempt(passed=True, settled=True, regrade_asked_at=NOW, regrade_revision=2), ["regrade-under-way"]),
        (a_claim(certified=False), ["certificate-not-issued"]),
        (a_claim(certified=True), []),
        (a_reissue(), ["certificate-not-issued"]),
        (replace(a_reissue(), issued=True), []),
        (replace(REPORTED, proposals=(PROPOSAL,)), ["report-not-accepted"]),
        (an_enrolment(EnrolmentState.CONFIRMED), []),
    ],
)
def test_what_is_under_way_is_awaited_and_nothing_else(record: object, reasons: list[str]) -> None:
    assert under_way([record], {NUMBER: a_head()}, {"export-1": None}, NOW) == reasons


def test_what_was_ordered_of_a_revoked_certificate_is_not_awaited() -> None:
    revoked = a_head().revoked(RevocationReason.FRAUD, "", NOW)
    assert under_way([a_reissue()], {NUMBER: revoked}, {}, NOW) == []


@pytest.mark.parametrize(("accepted_at", "now"), [(NOW, NOW), (None, NOW + timedelta(days=60))])
def test_a_report_that_is_accepted_or_can_be_no_more_is_not_awaited(accepted_at: Any, now: datetime) -> None:
    assert under_way([replace(REPORTED, proposals=(PROPOSAL,))], {}, {"export-1": accepted_at}, now) == []


def test_what_is_open_is_withdrawn_and_what_was_passed_stays_so() -> None:
    later = NOW + timedelta(days=1)
    ended = pseudonymised(an_enrolment(EnrolmentState.CONFIRMED), later)
    assert (ended.state, ended.ended_at) == (EnrolmentState.WITHDRAWN, later)
    passed = an_enrolment(EnrolmentState.PASSED, passed_at=NOW)
    assert pseudonymised(passed, later) == passed


def test_a_grant_stays_without_its_reason() -> None:
    granted = Accommodation(
        learner_id=LEARNER,
        module_id=EDITION.module_id,
        extra_minutes=5,
        extra_attempts=1,
        reason="an illness",
        granted_by=LearnerId("admin"),
        granted_at=NOW,
    )
    assert pseudonymised(granted, NOW) == replace(granted, reason="")


def test_a_kind_of_record_that_nobody_thought_of_is_not_passed_over() -> None:
    with pytest.raises(TypeError, match="str"):
        pseudonymised("a diary", NOW)


def test_who_completed_nothing_leaves_no_evidence() -> None:
    world = World()
    world.profiles.given(a_profile())
    world.enrolments.given(an_enrolment())
    assert erase(world).finished_at
    assert world.evidence.identities == {}
    marked = world.erasures.find(LEARNER)
    assert marked
    assert marked.destroys_at is None


# The end of the evidence


@pytest.mark.parametrize(
    ("completed", "until"),
    [
        (datetime(2026, 5, 5, 9, tzinfo=UTC), datetime(2032, 5, 5, 9, tzinfo=UTC)),
        (datetime(2024, 2, 29, 9, tzinfo=UTC), datetime(2030, 3, 1, 9, tzinfo=UTC)),
    ],
)
def test_evidence_is_kept_for_six_years(completed: datetime, until: datetime) -> None:
    assert kept_until(completed) == until


def test_evidence_is_destroyed_when_its_time_has_come_and_not_before() -> None:
    world = a_life()
    erase(world)
    world.clock.at = kept_until(NOW) - timedelta(microseconds=1)
    assert destroy_outdated(world) == 0
    assert len(world.evidence.kept) == 2
    world.clock.at = kept_until(NOW)
    assert destroy_outdated(world) == 3
    assert (world.evidence.kept, world.evidence.identities) == ({}, {})
    assert destroy_outdated(world) == 0


def test_who_the_learner_was_is_kept_for_as_long_as_their_last_completion() -> None:
    world = a_life()
    later: Enrolment = an_enrolment(EnrolmentState.PASSED, edition=2, passed_at=NOW + timedelta(days=9))
    world.enrolments.given(later)
    erase(world)
    world.clock.at = kept_until(NOW)
    assert destroy_outdated(world) == 2
    assert LEARNER in world.evidence.identities
    world.clock.at += timedelta(days=9)
    assert destroy_outdated(world) == 1


def test_broken_off_the_destruction_is_completed_by_the_next_run() -> None:
    world = a_life()
    erase(world)
    world.clock.at = kept_until(NOW)
    world.erasures.meanwhile = _break_off
    with pytest.raises(BrokenOff):
        destroy_outdated(world)
    assert destroy_outdated(world) == 3
    assert list(world.erasures.due(world.clock.at)) == []


def test_an_erasure_that_is_not_done_destroys_nothing() -> None:
    world = a_life()
    marked = Erasure(learner_id=LEARNER, requested_at=NOW, marked_at=NOW)
    world.erasures.given(marked)
    assert destroy_outdated(world) == 0


# What is held


def test_all_kinds_are_exported_but_what_would_tell_which_answers_were_right() -> None:
    world = a_life()
    records = export_holdings(LEARNER, world, at=NOW).records
    assert {kind: len(found) for kind, found in records.items() if found} == {
        "profile": 1,
        "contact": 1,
        "membership": 1,
        "enrolments": 1,
        "attempts": 1,
        "claims": 1,
        "reissues": 1,
        "ledger": 1,
        "reported": 1,
        "certificates": 1,
        "certificate_versions": 2,
    }
    [attempt] = records["attempts"]
    assert attempt["answers"] is not None
    assert "by_question" not in attempt["score"]
    assert attempt["score"]["points"]
