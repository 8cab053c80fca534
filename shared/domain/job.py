"""Many at once is a job: one page at a time, each page's end saved with what comes next."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from shared.domain.ids import EditionId, LearnerId, ModuleId
from shared.domain.regrade import Effect
from shared.domain.reporting import Export, GrowingFile, LatestRun


class JobKind(StrEnum):
    NOTICES = "notices"  # tell every open enrolment that its edition is about to expire
    LAPSES = "lapses"  # tell every open enrolment of a retired edition
    REGRADE = "regrade"  # grade every attempt of an edition with the latest key
    STATISTICS = "statistics"  # compute the item statistics of an edition
    IMPORT = "import"  # attach an uploaded question bank to a draft
    REISSUE = "reissue"  # order the next version of every certificate of an edition
    EXPORT = "export"  # write a report to an accreditor, of one edition or of all
    REHEARSAL = "rehearsal"  # say whom a regrade of a large edition would change
    ERASURE = "erasure"  # pseudonymise one learner, once nothing of theirs is under way


# While a regrade walks, attempts may still be graded with the key before it: a second walk finds them, and asks again.
ASKING_WALKS = 2
# So many walks in a row that find no attempt graded since, each after a pause: by then what failed is a dead letter.
PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Remark:
    """What was wrong with, or left out of, an uploaded file, at a 1-based line."""

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a walk over an edition's enrolments stands: the shard, and the last key read in it."""

    shard: int = 0
    after: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionReissue:
    """An admin's order to reissue all certificates of an edition; ``notify``: whether the holders are written to."""

    reason: str
    notify: bool
    requested_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A walk, or several, over an edition's enrolments; the wait for an upload and its import; or that for what is
    under way of a learner, and their erasure.

    ``page`` counts the pages done, ``done`` the enrolments that nothing is left to do for, ``total``
    those there were at the start; ``cursor`` is where the next page starts, None when all are done.
    Of a regrade, the current walk has ``handled`` so many and found so many of them ``lagging``: with an
    attempt not graded with ``key_revision`` yet. The walk before found ``lagging_before``, the last
    ``idle`` walks none fewer; ``left_behind`` are those that it gave up. ``effect`` is what a rehearsal
    has found so far. Of an import, ``media_type`` is the file's, due by ``expires_at``; ``errors`` are why it failed,
    ``skipped`` is what of the file a bank can't hold. Of a reissue, ``order`` is what was ordered.
    Of a notice, ``days`` is how long before the expiry. ``advanced_at`` is when the last page was done.
    Of an erasure, ``learner_id`` is whose; it ``waits_for`` what is under way, and is looked at again at ``looks_at``.
    Of an ``export``, the edition is the one that it has come to; 0 before the first of all.
    """

    job: str
    kind: JobKind
    module_id: ModuleId
    edition: int
    started_at: datetime
    cursor: Cursor | None
    total: int | None = None
    key_revision: int | None = None
    media_type: str | None = None
    expires_at: datetime | None = None
    errors: tuple[Remark, ...] = ()
    skipped: tuple[Remark, ...] = ()
    order: EditionReissue | None = None
    export: Export | None = None
    days: int | None = None
    effect: Effect | None = None
    learner_id: LearnerId | None = None
    waits_for: tuple[str, ...] = ()
    looks_at: datetime | None = None
    walk: int = 1
    page: int = 0
    done: int = 0
    advanced_at: datetime | None = None
    handled: int = 0
    lagging: int = 0
    lagging_before: int = 0
    idle: int = 0
    left_behind: int = 0
    finished_at: datetime | None = None
    version: int = 0

    @property
    def of_edition(self) -> EditionId:
        return EditionId(self.module_id, self.edition)

    @property
    def rests(self) -> bool:
        """Whether there is to be a pause before the next page: what lags behind needs time, not another look."""
        return self.cursor == Cursor() and self.lagging_before > 0

    @property
    def asks(self) -> bool:
        """Whether this walk asks for what lags behind; later ones only look."""
        return self.walk <= ASKING_WALKS

    @classmethod
    def over(
        cls,
        edition: EditionId,
        kind: JobKind,
        at: datetime,
        *,
        key_revision: int | None = None,
        days: int | None = None,
        of: str = "",
    ) -> Self:
        """The one job of its kind for an edition: a regrade's for a key revision, a notice's for its days, a
        rehearsal's for what it is of.
        """
        key = f"{kind}/{edition}/{of or key_revision}" + (f"/{days}" if days else "")
        return cls(
            job=f"{kind}-{hashlib.sha256(key.encode()).hexdigest()[:24]}",
            kind=kind,
            module_id=edition.module_id,
            edition=edition.edition,
            started_at=at,
            cursor=Cursor(),
            key_revision=key_revision,
            days=days,
        )

    @classmethod
    def named(cls, edition: EditionId, key: str, order: EditionReissue, at: datetime) -> Self:
        """The one reissue of an edition's certificates under a key that the caller chose."""
        digest = hashlib.sha256(f"{JobKind.REISSUE}/{edition}/{key}".encode()).hexdigest()[:24]
        return cls(
            job=f"{JobKind.REISSUE}-{digest}",
            kind=JobKind.REISSUE,
            module_id=edition.module_id,
            edition=edition.edition,
            started_at=at,
            cursor=Cursor(),
            order=order,
        )

    @classmethod
    def exporting(cls, run: LatestRun, at: datetime) -> Self:
        """The job of one run of an export."""
        terms = run.terms
        key = (
            f"{terms.kind}/{terms.first}/{terms.last}/{terms.everything}/{terms.module_id}/{terms.edition}/{run.number}"
        )
        return cls(
            job=f"{JobKind.EXPORT}-{hashlib.sha256(key.encode()).hexdigest()[:24]}",
            kind=JobKind.EXPORT,
            module_id=terms.module_id or ModuleId(""),
            edition=terms.edition or 0,
            started_at=at,
            cursor=Cursor(),
            export=Export(terms=terms),
        )

    @classmethod
    def erasing(cls, learner_id: LearnerId, at: datetime) -> Self:
        """The one erasure of a learner."""
        return cls(
            job=f"{JobKind.ERASURE}-{hashlib.sha256(learner_id.encode()).hexdigest()[:24]}",
            kind=JobKind.ERASURE,
            module_id=ModuleId(""),
            edition=0,
            started_at=at,
            cursor=Cursor(),
            learner_id=learner_id,
        )

    def waiting(self, reasons: Sequence[str], until: datetime, at: datetime) -> Self:
        """Looked at, and to be looked at again."""
        return replace(self, page=self.page + 1, advanced_at=at, waits_for=tuple(reasons), looks_at=until)

    def erased(self, at: datetime) -> Self:
        """The one learner is erased."""
        return replace(self.advanced(1, None, at), total=1, waits_for=(), looks_at=None)

    def entering(self, edition: EditionId, shelf: str | None, enrolments: int) -> Self:
        """An export at the first enrolment of its next edition; ``shelf`` is where the one after it is found."""
        return replace(
            self,
            module_id=edition.module_id,
            edition=edition.edition,
            cursor=Cursor(),
            total=(self.total or 0) + enrolments,
            export=replace(self.require_export(), shelf=shelf),
        )

    def standing(self, cursor: Cursor | None) -> Self:
        return replace(self, cursor=cursor)

    def exported(self, handled: int, reported: int, file: GrowingFile, at: datetime) -> Self:
        """One page of a report further, from where the walk stands now."""
        export = self.require_export()
        export = replace(export, reported=export.reported + reported, file=file)
        return replace(self.advanced(handled, self.cursor, at), total=self.total or 0, export=export)

    def require_export(self) -> Export:
        if self.export is None:
            raise ValueError(f"{self.job} is no export")
        return self.export

    def again(self, at: datetime) -> Self:
        """A finished job from the start."""
        return replace(
            self,
            started_at=at,
            cursor=Cursor(),
            total=None,
            errors=(),
            skipped=(),
            effect=None,
            walk=1,
            page=0,
            done=0,
            advanced_at=None,
            handled=0,
            lagging=0,
            lagging_before=0,
            idle=0,
            left_behind=0,
            finished_at=None,
        )

    def awaiting(self, media_type: str, expires_at: datetime) -> Self:
        """An import whose file is due by ``expires_at``."""
        return replace(self, media_type=media_type, expires_at=expires_at)

    def waited(self, at: datetime) -> Self:
        """The file has not come yet."""
        return replace(self, page=self.page + 1, advanced_at=at)

    def imported(self, questions: int, skipped: tuple[Remark, ...], at: datetime) -> Self:
        return replace(self, total=questions, done=questions, skipped=skipped, cursor=None, finished_at=at)

    def failed(self, errors: tuple[Remark, ...], at: datetime) -> Self:
        return replace(self, errors=errors, cursor=None, finished_at=at)

    def counted(self, total: int) -> Self:
        return replace(self, total=total)

    def advanced(self, handled: int, cursor: Cursor | None, at: datetime, *, lagging: int = 0) -> Self:
        """One page further, ``lagging`` of it not done yet: on to the next page, to the next walk, or finished."""
        here = replace(
            self,
            page=self.page + 1,
            cursor=cursor,
            handled=self.handled + handled,
            lagging=self.lagging + lagging,
            advanced_at=at,
        )
        here = replace(here, done=max(here.done, here.handled - here.lagging))
        return here if cursor else here._walked(at)

    def _walked(self, at: datetime) -> Self:
        """The end of a walk. A regrade walks until nothing lags behind, or has not caught up for long."""
        if self.kind is not JobKind.REGRADE or (not self.lagging and self.walk >= ASKING_WALKS):
            return replace(self, finished_at=at)
        is_idle = self.walk >= ASKING_WALKS and self.lagging >= self.lagging_before
        idle = self.idle + 1 if is_idle else 0
        if idle >= PATIENCE:
            return replace(self, finished_at=at, left_behind=self.lagging)
        return replace(
            self,
            cursor=Cursor(),
            walk=self.walk + 1,
            handled=0,
            lagging=0,
            lagging_before=self.lagging,
            idle=idle,
        )

    def rehearsed(self, handled: int, effect: Effect, cursor: Cursor | None, at: datetime) -> Self:
        """One page of a rehearsal further."""
        return replace(self.advanced(handled, cursor, at), effect=(self.effect or Effect()) + effect)
