"""Many at once is a job: one page at a time, each page's end saved with what comes next."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from shared.domain.ids import EditionId, ModuleId


class JobKind(StrEnum):
    LAPSES = "lapses"  # tell every enrolment of a retired edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a walk over an edition's enrolments stands: the shard, and the last key read in it."""

    shard: int = 0
    after: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """``page`` counts the pages done; ``cursor`` is where the next one starts, None when all are done."""

    job: str
    kind: JobKind
    module_id: ModuleId
    edition: int
    started_at: datetime
    cursor: Cursor | None
    page: int = 0
    done: int = 0
    finished_at: datetime | None = None
    version: int = 0

    @property
    def of_edition(self) -> EditionId:
        return EditionId(self.module_id, self.edition)

    @classmethod
    def of_retirement(cls, edition: EditionId, at: datetime) -> Self:
        """The one job that tells the enrolments of a retired edition; its name is its natural key."""
        return cls(
            job=f"lapses-{edition.module_id}-{edition.edition}",
            kind=JobKind.LAPSES,
            module_id=edition.module_id,
            edition=edition.edition,
            started_at=at,
            cursor=Cursor(),
        )

    def advanced(self, handled: int, cursor: Cursor | None, at: datetime) -> Self:
        """One page further; finished when there is no next page."""
        return replace(
            self,
            page=self.page + 1,
            done=self.done + handled,
            cursor=cursor,
            finished_at=None if cursor else at,
        )
