"""Authoring: drafts, question banks, publication with all its gaps, early retirement."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from shared.announcements import module_retired, upload_awaited
from shared.banks import Attaching, attach_bank
from shared.domain.availability import EditionStatus
from shared.domain.edition import Draft
from shared.domain.ids import EditionId
from shared.domain.job import Job, JobKind
from shared.domain.publication import gaps
from shared.domain.questions import AnswerKey, Bank, Image
from shared.domain.refusals import NotFound, NotPublishable, PreconditionFailed
from shared.exchange.bank_file import BankFile
from shared.ports import Jobs, PresignedAddress, Schemes, Uploads

# How long an import waits for its file.
UPLOAD_WINDOW = timedelta(hours=1)


class Authoring(Attaching, Protocol):
    @property
    def jobs(self) -> Jobs: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def schemes(self) -> Schemes: ...


def show_draft(edition: EditionId, deps: Authoring) -> Draft:
    """The edition as it was sent last; raise NotFound."""
    draft = deps.catalogue.draft(edition)
    if draft is None:
        raise NotFound(f"There is no edition {edition.edition} of {edition.module_id!r}.")
    return draft


def keep_draft(
    edition: EditionId, content: Mapping[str, Any], expected: int | None, deps: Authoring
) -> tuple[Draft, bool]:
    """Keep what the author sent, and whether it is new; raise AlreadyPublished or PreconditionFailed.

    ``expected`` is the version that the author has seen, None to write over any.
    """
    draft = deps.catalogue.draft(edition)
    if expected is not None and expected != (draft.version if draft else 0):
        raise PreconditionFailed("The draft was changed since it was read.", version=draft.version if draft else 0)
    if draft is None:
        new = Draft(module_id=edition.module_id, edition=edition.edition, content=content)
        return deps.catalogue.save_draft(new), True
    return deps.catalogue.save_draft(draft.rewritten(content)), False


def attach(edition: EditionId, file: BankFile, deps: Authoring) -> Bank:
    """Attach a bank to a draft; raise NotFound or AlreadyPublished."""
    return attach_bank(show_draft(edition, deps), file, deps)


def await_upload(edition: EditionId, media_type: str, deps: Authoring, *, at: datetime) -> tuple[Job, PresignedAddress]:
    """Open the import of a file that is still to be uploaded, and say where to; raise NotFound, AlreadyPublished.

    Asked again while it waits for the same kind of file, the same import is found.
    """
    show_draft(edition, deps).require_unpublished()
    fresh = Job.over(edition, JobKind.IMPORT, at)
    known = deps.jobs.find(fresh.job)
    if known and not known.finished_at and known.media_type == media_type:
        return known, deps.uploads.address(known, at)
    opened = (known.again(at) if known else fresh).awaiting(media_type, at + UPLOAD_WINDOW)
    job = deps.jobs.save(opened, announcing=[upload_awaited(opened)])
    return job, deps.uploads.address(job, at)


def show_bank(edition: EditionId, deps: Authoring) -> tuple[Bank, AnswerKey]:
    """The bank that the edition names, with its key; raise NotFound."""
    draft = show_draft(edition, deps)
    if draft.bank is None:
        raise NotFound(f"Edition {edition.edition} of {edition.module_id!r} has no question bank.")
    bank = deps.question_banks.get(edition, draft.bank.revision)
    return bank, deps.answer_keys.of(edition, bank.revision)


def bank_images(edition: EditionId, bank: Bank, key: AnswerKey, deps: Authoring) -> list[Image]:
    """The pictures that the bank shows."""
    rationales = (entry.rationale for entry in key.entries.values())
    return [deps.bank_images.get(edition, name) for name in sorted(bank.images(rationales))]


def publish(edition: EditionId, deps: Authoring, *, at: datetime) -> EditionStatus:
    """Publish a draft for good; raise NotPublishable with all gaps. Published already, it stays as it is."""
    draft = show_draft(edition, deps)
    published = deps.catalogue.status(edition)
    if published:
        return published
    found = gaps(draft.content, draft.bank, deps.schemes.all())
    if found:
        raise NotPublishable(gaps=[{"field": gap.field, "rule": gap.rule} for gap in found])
    complete = deps.catalogue.complete(draft)
    status = complete.status(at)
    deps.catalogue.publish(draft.published(at), status, complete.notices(at))
    return status


def retire_early(edition: EditionId, reason: str, deps: Authoring, *, at: datetime) -> EditionStatus:
    """Retire a published edition now; one that is retired already stays as it is. Raise NotFound."""
    status = deps.catalogue.status(edition)
    if status is None:
        raise NotFound(f"There is no published edition {edition.edition} of {edition.module_id!r}.")
    retired = status.retired_early(at, reason)
    if retired is status:
        return status
    return deps.catalogue.save_status(retired, announcing=[module_retired(retired)])
