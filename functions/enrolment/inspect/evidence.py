"""Evidence for auditors: what a learner was told, shown, answered and awarded in one edition, and whom to look at."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from functions.enrolment.inspect.use_case import Inspecting, people
from shared.domain.attempt import Attempt
from shared.domain.certificate import CertificateHead, CertificateVersion, Order
from shared.domain.claim import LedgerEntry
from shared.domain.edition import Edition
from shared.domain.enrolment import Enrolment, Joint
from shared.domain.ids import EditionId, EnrolmentId, EnrolmentReference, LearnerId
from shared.domain.job import Cursor
from shared.domain.learner import Person
from shared.domain.questions import Bank
from shared.domain.refusals import NotFound
from shared.identities import find_enrolment
from shared.ports import Orders, QuestionBanks, Randomness

READ_AT_ONCE = 1000


class Auditing(Inspecting, Protocol):
    @property
    def question_banks(self) -> QuestionBanks: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def randomness(self) -> Randomness: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedVersion:
    """One version of a certificate: what it says, and the public record with the hash of its PDF once it is issued."""

    order: Order
    record: CertificateVersion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """``information`` is what the learner acknowledged, word for word; ``banks`` are by revision."""

    person: Person
    edition: Edition
    enrolment: Enrolment
    information: Mapping[str, Any] | None
    attempts: Sequence[Attempt]
    banks: Mapping[int, Bank]
    head: CertificateHead | None
    versions: Sequence[IssuedVersion]
    entries: Sequence[LedgerEntry]


def gather_evidence(reference: EnrolmentReference, deps: Auditing) -> Evidence:
    """All that an auditor asks about one learner in one edition; raise NotFound.

    The answer key is no part of it: an attempt names the revision it was graded with.
    """
    enrolment = find_enrolment(reference, deps)
    if enrolment is None:
        raise NotFound(f"{reference.learner_id!r} is not enrolled in {reference.module_id!r}.")
    edition_id = enrolment.id.of_edition
    draft = deps.catalogue.draft(edition_id)
    acknowledged = enrolment.acknowledged_hash
    attempts = deps.attempts.of(enrolment.id)
    revisions = {attempt.form.bank_revision for attempt in attempts}
    head = deps.certificates.head(enrolment.certificate) if enrolment.certificate else None
    ledger = deps.ledger.of_learner(enrolment.learner_id)
    return Evidence(
        person=people([enrolment.learner_id], deps)[enrolment.learner_id],
        edition=deps.catalogue.edition(edition_id),
        enrolment=enrolment,
        information=draft.information(acknowledged) if draft and acknowledged else None,
        attempts=attempts,
        banks={revision: deps.question_banks.get(edition_id, revision) for revision in revisions},
        head=head,
        versions=list(_versions(head, deps)) if head else [],
        entries=[entry for entry in ledger if entry.of_edition == edition_id],
    )


def _versions(head: CertificateHead, deps: Auditing) -> Iterator[IssuedVersion]:
    for version in range(1, head.current + 1):
        order = deps.orders.find(head.enrolment, head.number, version)
        if order:
            yield IssuedVersion(order=order, record=deps.certificates.version(head.number, version))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Some participants of an edition, drawn with ``seed`` from ``enrolled`` who are enrolled."""

    seed: str
    enrolled: int
    enrolments: Sequence[Enrolment]
    people: Mapping[LearnerId, Person]


def draw_sample(edition: EditionId, size: int, seed: str | None, deps: Auditing) -> Sample:
    """Draw ``size`` participants (who were admitted, or passed) at random; raise NotFound.

    The same seed draws the same, as long as nobody enrols: each learner's place is a hash of seed and id, so who
    enrols later takes one place at most and moves nobody else. Reads the keys of all who are enrolled.
    """
    if deps.catalogue.status(edition) is None:
        raise NotFound(f"There is no published edition {edition.edition} of {edition.module_id!r}.")
    drawn_with = seed or f"{deps.randomness.random().getrandbits(64):016x}"
    everyone = sorted(_enrolled(edition, deps), key=lambda one: _place(drawn_with, one.learner_id))
    found: list[Enrolment] = []
    for start in range(0, len(everyone), size):
        if len(found) >= size:
            break
        read = deps.enrolments.those(everyone[start : start + size])
        found += [one for one in read if _took_part(one)]
    sample = found[:size]
    known = people([enrolment.learner_id for enrolment in sample], deps)
    return Sample(seed=drawn_with, enrolled=len(everyone), enrolments=sample, people=known)


def _took_part(enrolment: Enrolment) -> bool:
    """Whether they were admitted, or passed: a person once, whatever identities they have."""
    admitted = enrolment.confirmed_at is not None or enrolment.has_passed
    return admitted and enrolment.joint is not Joint.SET_ASIDE


def _place(seed: str, learner_id: LearnerId) -> str:
    return hashlib.sha256(f"{seed}/{learner_id}".encode()).hexdigest()


def _enrolled(edition: EditionId, deps: Auditing) -> Iterator[EnrolmentId]:
    cursor: Cursor | None = Cursor()
    while cursor:
        page, cursor = deps.enrolments.of_edition(edition, cursor, READ_AT_ONCE)
        yield from page
