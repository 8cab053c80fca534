"""Authoring: drafts, question banks, publication with all its gaps, early retirement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from shared.domain.availability import EditionStatus
from shared.domain.edition import Draft
from shared.domain.ids import EditionId
from shared.domain.publication import gaps
from shared.domain.questions import AnswerKey, Bank, KeyEntry, Question, bank_errors
from shared.domain.refusals import ImportFailed, NotFound, NotPublishable, PreconditionFailed
from shared.events.modules import ModuleRetiredV1
from shared.ports import AnswerKeys, Catalogue, QuestionBanks, Schemes


class Authoring(Protocol):
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def question_banks(self) -> QuestionBanks: ...
    @property
    def answer_keys(self) -> AnswerKeys: ...
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


def attach_bank(edition: EditionId, questions: Sequence[Question], key: Sequence[KeyEntry], deps: Authoring) -> Bank:
    """Store a bank under a new revision, then let the draft name it; raise ImportFailed, AlreadyPublished."""
    draft = show_draft(edition, deps)
    draft.require_unpublished()
    errors = bank_errors(questions, key)
    if errors:
        raise ImportFailed(errors=[{"question": place, "msg": message} for place, message in errors])
    bank = Bank(revision=deps.question_banks.next_revision(edition), questions=tuple(questions))
    deps.question_banks.put(edition, bank)
    entries = {entry.question_id: entry for entry in key}
    deps.answer_keys.put(edition, AnswerKey(bank_revision=bank.revision, revision=1, entries=entries))
    deps.catalogue.save_draft(draft.with_bank(bank.summary()))
    return bank


def show_bank(edition: EditionId, deps: Authoring) -> tuple[Bank, AnswerKey]:
    """The bank that the edition names, with its key; raise NotFound."""
    draft = show_draft(edition, deps)
    if draft.bank is None:
        raise NotFound(f"Edition {edition.edition} of {edition.module_id!r} has no question bank.")
    bank = deps.question_banks.get(edition, draft.bank.revision)
    return bank, deps.answer_keys.of(edition, bank.revision)


def publish(edition: EditionId, deps: Authoring, *, at: datetime) -> EditionStatus:
    """Publish a draft for good; raise NotPublishable with all gaps. Published already, it stays as it is."""
    draft = show_draft(edition, deps)
    published = deps.catalogue.status(edition)
    if published:
        return published
    found = gaps(draft.content, draft.bank, deps.schemes.all())
    if found:
        raise NotPublishable(gaps=[{"field": gap.field, "rule": gap.rule} for gap in found])
    status = deps.catalogue.complete(draft).status(at)
    deps.catalogue.publish(draft.published(at), status)
    return status


def retire_early(edition: EditionId, reason: str, deps: Authoring, *, at: datetime) -> EditionStatus:
    """Retire a published edition now; one that is retired already stays as it is. Raise NotFound."""
    status = deps.catalogue.status(edition)
    if status is None:
        raise NotFound(f"There is no published edition {edition.edition} of {edition.module_id!r}.")
    retired = status.retired_early(at, reason)
    if retired is status:
        return status
    announced = ModuleRetiredV1(
        at=at, module_id=edition.module_id, edition=edition.edition, retired_at=retired.terminates_at
    )
    return deps.catalogue.save_status(retired, announcing=[announced])
