"""Lapse: an enrolment left without a pass when its edition is retired."""

from typing import Protocol

from shared.domain.attempt import Attempt
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.ids import EnrolmentId, LearnerId, ModuleId
from shared.events.enrolment import EnrolmentLapsedV1, RetirementReachedV1
from shared.ports import Attempts, Catalogue, Enrolments


class Lapsing(Protocol):
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def attempts(self) -> Attempts: ...


def lapse_enrolment(reached: RetirementReachedV1, deps: Lapsing) -> None:
    """Lapse an enrolment of a retired edition, as of the edition's end; delivered again, it changes nothing.

    An attempt that is open or not settled yet comes first: it ends with the edition, is graded, and
    its settlement lapses the enrolment on a fail. A request comes first, too: confirm declines or lapses it.
    """
    enrolment = deps.enrolments.find(
        EnrolmentId(LearnerId(reached.learner_id), ModuleId(reached.module_id), reached.edition)
    )
    status = deps.catalogue.status(enrolment.id.of_edition) if enrolment else None
    if enrolment is None or status is None:
        raise LookupError(f"no enrolment or edition for {reached.id}")
    if enrolment.state is not EnrolmentState.CONFIRMED:
        return
    end = status.terminates_at
    attempts = deps.attempts.of(enrolment.id)
    for attempt in attempts:
        if attempt.is_open and attempt.ends_at > end:
            deps.attempts.save(attempt.ending(end))
    if any(attempt.is_open or _is_unsettled(attempt, enrolment) for attempt in attempts):
        return
    announced = EnrolmentLapsedV1(
        at=end, learner_id=enrolment.learner_id, module_id=enrolment.module_id, edition=enrolment.edition
    )
    deps.enrolments.save(enrolment.lapsed(end), announcing=[announced])


def _is_unsettled(attempt: Attempt, enrolment: Enrolment) -> bool:
    """Whether settlement is still to decide; broken off after the enrolment, it has decided."""
    return attempt.is_pending and not enrolment.has_taken_in(attempt.number, attempt.key_revision or 1)
