"""What a learner is granted beyond a module's terms, and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.ids import LearnerId, ModuleId


@dataclass(frozen=True, slots=True, kw_only=True)
class Accommodation:
    """More time and more attempts in all editions of a module; ``granted_by`` says who answers for it."""

    learner_id: LearnerId
    module_id: ModuleId
    extra_minutes: int
    extra_attempts: int
    reason: str
    granted_by: LearnerId
    granted_at: datetime
    version: int = 0

    @property
    def extra_time(self) -> timedelta:
        return timedelta(minutes=self.extra_minutes)
