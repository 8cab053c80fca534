"""Attempts past their deadline are handed in with what was saved until then."""

from typing import Protocol

from shared.ports import Attempts, Catalogue, Clock, ConcurrentChange
from shared.submission import hand_in


class Closing(Protocol):
    @property
    def attempts(self) -> Attempts: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def clock(self) -> Clock: ...


def close_overdue(deps: Closing) -> int:
    """Hand in every overdue attempt, finished at its end, and count them; cost follows what is due.

    The result is the same however late or often this runs: the rule decides, not the run.
    """
    now = deps.clock.now()
    closed = 0
    for due in deps.attempts.due_to_close(now):
        attempt = deps.attempts.find(due)
        status = deps.catalogue.status(due.enrolment.of_edition)
        if attempt is None or status is None or not attempt.is_open:
            continue
        ending = attempt.ending(status.terminates_at)
        if not ending.is_overdue(now):
            continue
        try:
            hand_in(ending.ended(), deps.attempts)
        except ConcurrentChange:
            continue  # the learner or another run came first; what is still due is found again
        closed += 1
    return closed
