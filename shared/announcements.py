"""What each state announces, made from the state alone: announced again, it is the same fact under the same id."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.domain.attempt import Attempt, AttemptState
from shared.domain.availability import EditionStatus
from shared.domain.certificate import Reissue
from shared.domain.claim import Claim
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.job import Job, JobKind
from shared.events.assessment import (
    AttemptFailedV1,
    AttemptPassedV1,
    AttemptRegradeRequestedV1,
    AttemptSubmittedV1,
)
from shared.events.certification import CertificateReissueRequestedV1, CreditClaimedV1
from shared.events.enrolment import EnrolmentRequestedV1, RetirementReachedV1
from shared.events.event import Event
from shared.events.modules import ModuleRetiredV1, UploadAwaitedV1
from shared.jobs import next_page


def enrolment_requested(enrolment: Enrolment) -> EnrolmentRequestedV1:
    return EnrolmentRequestedV1(
        at=enrolment.requested_at,
        ordinal=enrolment.requests,
        learner_id=enrolment.learner_id,
        module_id=enrolment.module_id,
        edition=enrolment.edition,
    )


def retirement_reached(enrolment: Enrolment) -> RetirementReachedV1:
    """Of an enrolment that was told that its edition has ended."""
    if enrolment.edition_ended_at is None:
        raise ValueError(f"enrolment {enrolment.id} was not told of its edition's end")
    return RetirementReachedV1(
        at=enrolment.edition_ended_at,
        learner_id=enrolment.learner_id,
        module_id=enrolment.module_id,
        edition=enrolment.edition,
    )


def attempt_submitted(attempt: Attempt) -> AttemptSubmittedV1:
    if attempt.submitted_at is None or attempt.submitted_by is None:
        raise ValueError(f"attempt {attempt.id} was not submitted")
    return AttemptSubmittedV1(
        at=attempt.submitted_at,
        learner_id=attempt.learner_id,
        module_id=attempt.module_id,
        edition=attempt.edition,
        attempt=attempt.number,
        submitted_at=attempt.submitted_at,
        by=attempt.submitted_by,
    )


def attempt_graded(attempt: Attempt) -> AttemptPassedV1 | AttemptFailedV1:
    if attempt.score is None or attempt.graded_at is None or attempt.key_revision is None:
        raise ValueError(f"attempt {attempt.id} is not graded")
    outcome = AttemptPassedV1 if attempt.passed else AttemptFailedV1
    return outcome(
        at=attempt.graded_at,
        ordinal=attempt.key_revision,
        learner_id=attempt.learner_id,
        module_id=attempt.module_id,
        edition=attempt.edition,
        attempt=attempt.number,
        points=float(attempt.score.points),
        max_points=float(attempt.score.max_points),
        graded_at=attempt.graded_at,
        key_revision=attempt.key_revision,
    )


def regrade_requested(attempt: Attempt) -> AttemptRegradeRequestedV1:
    """Of an attempt that was asked to be graded anew."""
    asked_at, key_revision = attempt.regrade_asked_at, attempt.regrade_revision
    if asked_at is None or key_revision is None or attempt.submitted_at is None or attempt.submitted_by is None:
        raise ValueError(f"attempt {attempt.id} was not asked to be graded anew")
    return AttemptRegradeRequestedV1(
        at=asked_at,
        ordinal=key_revision,
        learner_id=attempt.learner_id,
        module_id=attempt.module_id,
        edition=attempt.edition,
        attempt=attempt.number,
        submitted_at=attempt.submitted_at,
        by=attempt.submitted_by,
        key_revision=key_revision,
    )


def credit_claimed(claim: Claim) -> CreditClaimedV1:
    return CreditClaimedV1(
        at=claim.content.issued_at,
        learner_id=claim.learner_id,
        module_id=claim.module_id,
        edition=claim.edition,
        certificate=claim.certificate,
        version=claim.content.version,
    )


def reissue_requested(reissue: Reissue) -> CertificateReissueRequestedV1:
    return CertificateReissueRequestedV1(
        at=reissue.content.issued_at,
        learner_id=reissue.learner_id,
        module_id=reissue.module_id,
        edition=reissue.edition,
        certificate=reissue.certificate,
        version=reissue.content.version,
    )


def module_retired(status: EditionStatus) -> ModuleRetiredV1:
    return ModuleRetiredV1(
        at=status.terminates_at,
        module_id=status.module_id,
        edition=status.edition,
        retired_at=status.terminates_at,
    )


def upload_awaited(job: Job) -> UploadAwaitedV1:
    """Of an import: the next look for its file."""
    return UploadAwaitedV1(at=job.started_at, ordinal=job.page + 1, job=job.job, page=job.page)


def _of_enrolment(enrolment: Enrolment) -> Event:
    if enrolment.state is EnrolmentState.REQUESTED:
        return enrolment_requested(enrolment)
    return retirement_reached(enrolment)


def _of_attempt(attempt: Attempt) -> Event:
    if attempt.state is AttemptState.SUBMITTED:
        return attempt_submitted(attempt)
    return regrade_requested(attempt) if attempt.settled else attempt_graded(attempt)


def _of_job(job: Job) -> Event:
    return upload_awaited(job) if job.kind is JobKind.IMPORT else next_page(job)


_AWAITED: Mapping[type[Any], Callable[[Any], Event]] = {
    Enrolment: _of_enrolment,
    Attempt: _of_attempt,
    Claim: credit_claimed,
    Reissue: reissue_requested,
    Job: _of_job,
    EditionStatus: module_retired,
}


def awaited_announcement(waiting: Enrolment | Attempt | Claim | Reissue | Job | EditionStatus) -> Event:
    """What has to reach its consumer before ``waiting`` can go on."""
    return _AWAITED[type(waiting)](waiting)
