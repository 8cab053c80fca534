"""Handing in an attempt: what a submission and the deadline have in common."""

from shared.announcements import attempt_submitted
from shared.domain.attempt import Attempt
from shared.ports import Attempts


def hand_in(submitted: Attempt, attempts: Attempts) -> Attempt:
    """Store an attempt that was submitted, and announce it, in one write; raise ConcurrentChange."""
    return attempts.save(submitted, announcing=[attempt_submitted(submitted)])
