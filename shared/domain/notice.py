"""Notices before an edition's expiry: each is planned with the publication and given once, while it makes sense."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from shared.domain.availability import EditionStatus
from shared.domain.ids import EditionId, ModuleId

# Source: enrolled learners are told 30, 7 and 1 days before.
NOTICE_DAYS = (30, 7, 1)


class NoticeState(StrEnum):
    PLANNED = "planned"
    GIVEN = "given"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """``days`` before its expiry, from ``due_at`` on, the enrolled are told; from ``overtaken_at`` on no more.

    It is overtaken by the next nearer notice, the last one by the expiry itself: after an outage nobody is told
    of thirty days when seven are left.
    """

    module_id: ModuleId
    edition: int
    days: int
    due_at: datetime
    overtaken_at: datetime
    state: NoticeState = NoticeState.PLANNED
    version: int = 0

    @property
    def of_edition(self) -> EditionId:
        return EditionId(self.module_id, self.edition)

    def makes_sense(self, status: EditionStatus, at: datetime) -> bool:
        """Whether it is still to be given at ``at``: not overtaken, and the edition not retired early."""
        return self.due_at <= at < min(self.overtaken_at, status.terminates_at)

    def given(self) -> Self:
        return replace(self, state=NoticeState.GIVEN)

    def dropped(self) -> Self:
        return replace(self, state=NoticeState.DROPPED)
