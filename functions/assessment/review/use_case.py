"""Review: the key and the rationales, where the module's policy allows it by now."""

from datetime import datetime
from typing import Protocol

from shared.domain.attempt import Attempt, AttemptState
from shared.domain.ids import AttemptId, EnrolmentReference
from shared.domain.questions import AnswerKey, Bank
from shared.domain.refusals import NotFound, ReviewClosed
from shared.identities import find_enrolment
from shared.ports import AnswerKeys, Attempts, Catalogue, Enrolments, Identities, QuestionBanks


class Reviewing(Protocol):
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def identities(self) -> Identities: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def question_banks(self) -> QuestionBanks: ...
    @property
    def answer_keys(self) -> AnswerKeys: ...


def review_attempt(
    reference: EnrolmentReference, number: int, deps: Reviewing, *, at: datetime
) -> tuple[Attempt, Bank, AnswerKey]:
    """A graded attempt with its bank and the latest key; raise NotFound or ReviewClosed.

    The key never leaves before the policy says so: with retakes, feedback on options is the key in a
    few rounds. After an expiry nobody may still hand in, in the grace or before it.
    """
    enrolment = find_enrolment(reference, deps)
    attempt = deps.attempts.find(AttemptId(enrolment.id, number)) if enrolment else None
    if enrolment is None or attempt is None:
        raise NotFound(f"There is no attempt {number}.")
    edition = deps.catalogue.edition(enrolment.id.of_edition).under(enrolment.terms)
    status = deps.catalogue.status(edition.id)
    test = edition.content.test
    policy = test.review
    is_open = (policy == "after_pass" and enrolment.has_passed) or (
        policy == "after_expiry" and status is not None and at > status.terminates_at + test.grace
    )
    if not is_open or attempt.state is not AttemptState.GRADED:
        raise ReviewClosed(policy=policy)
    bank = deps.question_banks.get(edition.id, attempt.form.bank_revision)
    return attempt, bank, deps.answer_keys.of(edition.id, attempt.form.bank_revision)
