"""What a learner is granted beyond a module's terms, and why."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
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

    @property
    def extra(self) -> tuple[int, int]:
        return self.extra_minutes, self.extra_attempts


def shared_grants(grants: Sequence[Accommodation], identities: Sequence[LearnerId]) -> Sequence[Accommodation]:
    """What is to be granted, so that each identity of a person has in each module the most that any of them has.

    Whose need it was, and who answered for it, is said as by the first of the grants.
    """
    by_module: defaultdict[ModuleId, list[Accommodation]] = defaultdict(list)
    for grant in grants:
        by_module[grant.module_id].append(grant)
    found = []
    for of_module in by_module.values():
        extra = (max(one.extra_minutes for one in of_module), max(one.extra_attempts for one in of_module))
        enough = {one.learner_id for one in of_module if one.extra == extra}
        found += [
            replace(of_module[0], learner_id=each, extra_minutes=extra[0], extra_attempts=extra[1], version=0)
            for each in identities
            if each not in enough
        ]
    return found
