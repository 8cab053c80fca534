"""Nothing new begins for a learner who has asked for their erasure."""

from shared.domain.ids import LearnerId
from shared.domain.refusals import LearnerErased
from shared.ports import Erasures


def require_not_erased(learner_id: LearnerId, erasures: Erasures) -> None:
    """Raise LearnerErased from the moment on when the learner's erasure has begun."""
    if erasures.find(learner_id):
        raise LearnerErased()
