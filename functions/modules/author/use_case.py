"""Authoring: drafts, question banks, publication with all its gaps, early retirement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from shared.announcements import module_retired, upload_awaited
from shared.banks import Attaching, attach_bank, store_bank
from shared.domain.availability import EditionStatus
from shared.domain.edition import BankSummary, Draft, Edition, Erratum, PoolDraw
from shared.domain.form import Form, draw_form
from shared.domain.ids import EditionId
from shared.domain.job import Job, JobKind
from shared.domain.publication import Gap, gaps
from shared.domain.questions import AnswerKey, Bank, Image, KeyEntry
from shared.domain.refusals import InvalidRequest, NotFound, NotPublishable, PreconditionFailed
from shared.exchange.bank_file import BankFile
from shared.ports import Jobs, Page, PresignedAddress, Randomness, Schemes, Uploads

# How long an import waits for its file.
UPLOAD_WINDOW = timedelta(hours=1)


class Authoring(Attaching, Protocol):
    @property
    def jobs(self) -> Jobs: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def schemes(self) -> Schemes: ...
    @property
    def randomness(self) -> Randomness: ...


def show_draft(edition: EditionId, deps: Authoring) -> Draft:
    """The edition as it was sent last; raise NotFound."""
    draft = deps.catalogue.draft(edition)
    if draft is None:
        raise NotFound(f"There is no edition {edition.edition} of {edition.module_id!r}.")
    return draft


def list_editions(limit: int, cursor: str | None, deps: Authoring) -> Page[tuple[Draft, EditionStatus | None]]:
    """All editions, drafts too, by module; each with its status once it is published."""
    return deps.catalogue.desk(limit, cursor)


def keep_draft(
    edition: EditionId, content: Mapping[str, Any], expected: int | None, deps: Authoring, *, source: int | None = None
) -> tuple[Draft, bool]:
    """Keep what the author sent, and whether it is new; with ``source``, a copy of that edition with these changes.

    ``expected`` is the version that the author has seen, None to write over any. Raise AlreadyPublished,
    PreconditionFailed, and of a copy NotFound, or InvalidRequest where it is to be one of itself.
    """
    known = _seen(edition, expected, deps)
    draft = known or Draft(module_id=edition.module_id, edition=edition.edition, content={})
    kept = _copy(draft, source, content, deps) if source else draft.rewritten(content)
    return deps.catalogue.save_draft(kept), known is None


def _copy(draft: Draft, source: int, changes: Mapping[str, Any], deps: Authoring) -> Draft:
    """``draft`` as a copy of another edition and of its bank: without its dates, and what a regrade voided."""
    if source == draft.edition:
        errors = [{"loc": ["query", "from"], "msg": "Must be another edition."}]
        raise InvalidRequest("An edition is no copy of itself.", errors=errors)
    original = show_draft(EditionId(draft.module_id, source), deps)
    copied = draft.rewritten({**original.copied(), **changes})
    return copied.with_bank(_copied_bank(original, copied, deps)) if original.bank else copied


def _seen(edition: EditionId, expected: int | None, deps: Authoring) -> Draft | None:
    """The draft that is there, if any; raise PreconditionFailed unless it is the version ``expected``."""
    draft = deps.catalogue.draft(edition)
    if expected is not None and expected != (draft.version if draft else 0):
        raise PreconditionFailed("The draft was changed since it was read.", version=draft.version if draft else 0)
    return draft


def _copied_bank(original: Draft, copy: Draft, deps: Authoring) -> BankSummary:
    """The bank of ``original`` as one of ``copy``; copied already, it is found there."""
    bank, key = show_bank(original.id, deps)
    questions = tuple(one for one in bank.questions if not key.entries[one.question_id].voided)
    entries = tuple(replace(key.entries[one.question_id], amended_for=None) for one in questions)
    if copy.bank:
        held, key_to_held = show_bank(copy.id, deps)
        if (held.questions, tuple(key_to_held.entries.values())) == (questions, entries):
            return copy.bank
    kept = Bank(revision=bank.revision, questions=questions)
    images = tuple(bank_images(original.id, kept, entries, deps))
    return store_bank(copy.id, BankFile(questions=questions, key=entries, images=images), deps).summary()


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


def bank_images(edition: EditionId, bank: Bank, key: Iterable[KeyEntry], deps: Authoring) -> list[Image]:
    """The pictures that the bank and its rationales show."""
    rationales = (entry.rationale for entry in key)
    return [deps.bank_images.get(edition, name) for name in sorted(bank.images(rationales))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a learner will see: ``edition`` and ``status`` once there are no ``gaps``, and a form, stored nowhere."""

    gaps: Sequence[Gap]
    edition: Edition | None
    status: EditionStatus | None
    form: Form | None
    bank: Bank | None


def preview(edition: EditionId, deps: Authoring, *, at: datetime) -> Preview:
    """Show an edition, draft or published, as a learner will see it, with a form drawn for the author.

    As far as a draft has come; raise NotFound.
    """
    draft = show_draft(edition, deps)
    found = gaps(draft.content, draft.bank, deps.schemes.all())
    complete = None if found else deps.catalogue.complete(draft)
    bank = deps.question_banks.get(edition, draft.bank.revision) if draft.bank else None
    status = deps.catalogue.status(edition) or (complete.status(at) if complete else None)
    form = draw_form(bank, _pools(draft), deps.randomness.random()) if bank else None
    return Preview(gaps=found, edition=complete, status=status, form=form, bank=bank)


def _pools(draft: Draft) -> list[PoolDraw]:
    """What the test draws, as far as the bank has it."""
    held = draft.bank.pools if draft.bank else {}
    pools = (draft.content.get("test") or {}).get("pools") or []
    return [PoolDraw(pool=pool["pool"], draw=min(pool["draw"], held.get(pool["pool"], 0))) for pool in pools]


def correct(edition: EditionId, erratum: Erratum, deps: Authoring) -> tuple[Edition, bool]:
    """Publish an erratum to an edition's information, and whether it is new; learners acknowledge it anew.

    Raise NotFound where the edition is not published, InvalidRequest where ``name`` is none of its faculty
    or the disclosure could not have been published.
    """
    draft = show_draft(edition, deps)
    if draft.published_at is None:
        raise NotFound(f"There is no published edition {edition.edition} of {edition.module_id!r}.")
    _require_correct(erratum, deps.catalogue.complete(draft))
    corrected = draft.corrected(erratum)
    if corrected is draft:
        return deps.catalogue.complete(draft), False
    return deps.catalogue.complete(deps.catalogue.save_draft(corrected)), True


def show_published(edition: EditionId, deps: Authoring) -> Edition:
    """A published edition with its errata; raise NotFound."""
    return deps.catalogue.edition(edition)


def _require_correct(erratum: Erratum, edition: Edition) -> None:
    errors: list[dict[str, object]] = []
    if (erratum.name is None) is not (erratum.disclosure is None):
        errors.append({"loc": ["body", "disclosure"], "msg": "A disclosure and the name it is of come together."})
    if erratum.name is not None and erratum.name not in (member.name for member in edition.content.faculty):
        errors.append({"loc": ["body", "name"], "msg": "Must be one of the faculty."})
    disclosure = erratum.disclosure
    if disclosure and disclosure.relationships and not disclosure.mitigated:
        errors.append({"loc": ["body", "disclosure", "mitigated"], "msg": "Relevant relationships must be mitigated."})
    if disclosure and disclosure.declared_on > erratum.published_at.date():
        errors.append({"loc": ["body", "disclosure", "declared_on"], "msg": "Must not be in the future."})
    if errors:
        raise InvalidRequest("The erratum is not as expected.", errors=errors)


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
    return deps.catalogue.withdraw(retired, announcing=[module_retired(retired)])
