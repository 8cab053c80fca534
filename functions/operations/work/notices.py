"""A page of a notice: everybody whose enrolment is still open is told that the edition is about to expire."""

from collections.abc import Sequence
from typing import Protocol

from shared.domain.ids import EnrolmentId
from shared.domain.job import Job
from shared.events.enrolment import EnrolmentExpiringV1
from shared.ports import Catalogue, Clock, Enrolments


class GivingNotice(Protocol):
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def clock(self) -> Clock: ...


def give_notice(page: Sequence[EnrolmentId], job: Job, deps: GivingNotice) -> None:
    """Tell each open enrolment once; retired meanwhile, the edition's end is told instead, by lapse."""
    status = deps.catalogue.status(job.of_edition)
    if status is None or job.days is None:
        raise LookupError(f"no edition or days for {job.job}")
    if deps.clock.now() >= status.terminates_at:
        return
    for enrolment_id in page:
        enrolment = deps.enrolments.find(enrolment_id)
        if enrolment and enrolment.is_open:
            expiring = EnrolmentExpiringV1(
                at=job.started_at,
                ordinal=job.days,
                learner_id=enrolment.learner_id,
                module_id=enrolment.module_id,
                edition=enrolment.edition,
                days=job.days,
            )
            deps.enrolments.save(enrolment, announcing=[expiring])
