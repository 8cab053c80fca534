"""Attaching a question bank to a draft, whichever way it came in."""

from typing import Protocol

from shared.domain.edition import Draft
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
    """Store a bank under a new revision, then let the draft name it; raise AlreadyPublished.

    Pictures come first, the draft's word last: nobody sees half a bank.
    """
    draft.require_unpublished()
    for image in file.images:
        deps.bank_images.put(draft.id, image)
    bank = Bank(revision=deps.question_banks.next_revision(draft.id), questions=file.questions)
    deps.question_banks.put(draft.id, bank)
    entries = {entry.question_id: entry for entry in file.key}
    deps.answer_keys.put(draft.id, AnswerKey(bank_revision=bank.revision, revision=1, entries=entries))
    deps.catalogue.save_draft(draft.with_bank(bank.summary()))
    return bank
