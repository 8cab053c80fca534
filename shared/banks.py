"""Attaching a question bank to a draft, whichever way it came in."""

from typing import Protocol

from shared.domain.edition import Draft
from shared.domain.ids import EditionId
from shared.domain.questions import AnswerKey, Bank
from shared.exchange.bank_file import BankFile
from shared.ports import AnswerKeys, BankImages, Catalogue, QuestionBanks


class Attaching(Protocol):
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def question_banks(self) -> QuestionBanks: ...
    @property
    def answer_keys(self) -> AnswerKeys: ...
    @property
    def bank_images(self) -> BankImages: ...


def attach_bank(draft: Draft, file: BankFile, deps: Attaching) -> Bank:
    """Store a bank under a new revision, then let the draft name it; raise AlreadyPublished."""
    draft.require_unpublished()
    bank = store_bank(draft.id, file, deps)
    deps.catalogue.save_draft(draft.with_bank(bank.summary()))
    return bank


def store_bank(edition: EditionId, file: BankFile, deps: Attaching) -> Bank:
    """Store a bank with its key under a new revision; nobody sees it before the draft names it.

    Pictures come first: nobody sees half a bank.
    """
    for image in file.images:
        deps.bank_images.put(edition, image)
    bank = Bank(revision=deps.question_banks.next_revision(edition), questions=file.questions)
    deps.question_banks.put(edition, bank)
    entries = {entry.question_id: entry for entry in file.key}
    deps.answer_keys.put(edition, AnswerKey(bank_revision=bank.revision, revision=1, entries=entries))
    return bank
