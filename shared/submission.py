"""Handing in an attempt: what a submission and the deadline have in common."""

from shared.domain.attempt import Attempt
from shared.events.assessment import AttemptSubmittedV1
from shared.ports import Attempts


def hand_in(submitted: Attempt, attempts: Attempts) -> Attempt:
    """Store an attempt that was submitted, and announce it, in one write; raise ConcurrentChange."""
    if submitted.submitted_at is None or submitted.submitted_by is None:
        raise ValueError(f"attempt {submitted.id} was not submitted")
    announced = AttemptSubmittedV1(
        at=submitted.submitted_at,
        learner_id=submitted.learner_id,
        module_id=submitted.module_id,
        edition=submitted.edition,
        attempt=submitted.number,
        submitted_at=submitted.submitted_at,
        by=submitted.submitted_by,
    )
    return attempts.save(submitted, announcing=[announced])
