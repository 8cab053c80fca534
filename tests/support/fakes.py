"""The ports in memory. What is stored goes through the same facts as in the tables, and the same versions guard it."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Generic, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from shared.domain.accommodation import Accommodation
from shared.domain.attempt import Attempt
from shared.domain.audit import GENESIS, AuditEntry, ChainHead
from shared.domain.availability import EditionStatus
from shared.domain.certificate import (
    CertificateContent,
    CertificateHead,
    CertificateHistory,
    CertificateVersion,
    Order,
    Reissue,
)
from shared.domain.certificate_number import certificate_number
from shared.domain.claim import Claim, LedgerEntry
from shared.domain.edition import Draft, Edition, EditionContent, information_hash
from shared.domain.enrolment import Enrolment
from shared.domain.erasure import Erasure, Evidence, Identity, anonymous
from shared.domain.ids import (
    AttemptId,
    CertificateNumber,
    EditionId,
    EnrolmentId,
    LearnerId,
    ModuleId,
)
from shared.domain.issuer import IssuerKey
from shared.domain.job import Cursor, Job
from shared.domain.learner import Contact, Membership, Profile
from shared.domain.mail import Mail
from shared.domain.notice import Notice, NoticeState
from shared.domain.questions import AnswerKey, Bank, Image
from shared.domain.refusals import NotFound
from shared.domain.regrade import Proposal
from shared.domain.reporting import GrowingFile, LatestRun, Report, Reported, Skip, Terms
from shared.domain.schemes import Scheme
from shared.domain.shelf import Shelf
from shared.domain.status_list import StatusList, StatusListId, StatusPlace, encoded, status_place
from shared.domain.terms import words
from shared.domain.transcript import Transcript
from shared.events.event import Event
from shared.facts import dump, from_facts, load
from shared.mail.wording import word_letter
from shared.ports import (
    Backlog,
    ConcurrentChange,
    Credential,
    DeadLetter,
    DirectoryUnavailable,
    DocumentKind,
    Failure,
    Hit,
    Issue,
    Outgoing,
    Page,
    PresignedAddress,
    Redrive,
    SendUnanswered,
    Settlement,
    StatisticsPart,
    StatisticsReport,
    Wanted,
)
from tests.support.builders import MODULE_URL, NOW, PUBLIC_URL, PUBLISHED_AT, SCHEMES, an_edition, without_nulls

A = TypeVar("A", bound=Any)


class BrokenOff(Exception):
    """The process ended in the middle of a use case."""


class Records(Generic[A]):
    """Aggregates of one kind, by key: written if nobody else has since they were read.

    ``meanwhile`` is called once, just before the next write: what others do in between, or BrokenOff.
    """

    def __init__(self, kind: type[A], key: Callable[[A], object], announced: list[Event]) -> None:
        self._kind = kind
        self._key = key
        self._announced = announced
        self._stored: dict[object, tuple[str, list[Event]]] = {}
        self.meanwhile: Callable[[], object] | None = None
        self.writes = 0

    def find(self, key: object) -> A | None:
        return self.stored(key)

    def stored(self, key: object) -> A | None:
        """What is kept under ``key`` itself."""
        stored = self._stored.get(key)
        return load(stored[0], self._kind) if stored else None

    def all(self) -> list[A]:
        return [load(facts, self._kind) for facts, _ in self._stored.values()]

    def given(self, *aggregates: A) -> None:
        """Stored before the story begins, nothing announced."""
        for aggregate in aggregates:
            self._stored[self._key(aggregate)] = (dump(replace(aggregate, version=aggregate.version + 1)), [])

    def require_current(self, aggregate: A) -> None:
        """Raise ConcurrentChange unless ``aggregate`` was read at its current version."""
        if self.meanwhile:
            between, self.meanwhile = self.meanwhile, None
            between()
        stored = self.stored(self._key(aggregate))
        if (stored.version if stored else 0) != aggregate.version:
            raise ConcurrentChange(str(self._key(aggregate)))

    def remove(self, aggregate: A) -> None:
        self.require_current(aggregate)
        del self._stored[self._key(aggregate)]

    def save(self, aggregate: A, announcing: Sequence[Event] = ()) -> A:
        """As ``Store.save``: a write that was stored already, events and all, succeeds again."""
        key, written = self._key(aggregate), replace(aggregate, version=aggregate.version + 1)
        meant = (dump(written), list(announcing))
        try:
            self.require_current(aggregate)
        except ConcurrentChange:
            if self._stored.get(key) != meant:
                raise
            return written
        self._stored[key] = meant
        self._announced += announcing
        self.writes += 1
        return written


@dataclass
class FakeClock:
    """See ``ports.Clock``; the test moves it."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


class FakeCatalogue:
    """See ``ports.Catalogue``."""

    def __init__(self, announced: list[Event]) -> None:
        self.drafts: Records[Draft] = Records(Draft, lambda draft: draft.id, announced)
        self.statuses_kept: Records[EditionStatus] = Records(EditionStatus, lambda status: status.id, announced)
        self.notices_kept: Records[Notice] = Records(Notice, lambda notice: (notice.of_edition, notice.days), announced)
        self._published: dict[EditionId, Edition] = {}

    def given(self, *editions: Edition, **changes: Any) -> None:
        """Published editions; ``changes`` are of their statuses."""
        for edition in editions:
            self._published[edition.id] = edition
            self.statuses_kept.given(replace(edition.status(PUBLISHED_AT), **changes))

    def draft(self, edition: EditionId) -> Draft | None:
        return self.drafts.find(edition)

    def save_draft(self, draft: Draft) -> Draft:
        return self.drafts.save(draft)

    def complete(self, draft: Draft) -> Edition:
        if draft.bank is None:
            raise ValueError(f"{draft.id} has no question bank")
        return Edition(
            module_id=draft.module_id,
            edition=draft.edition,
            content=from_facts(without_nulls(draft.content), EditionContent),
            information_hash=information_hash(draft.edition, draft.content, draft.errata),
            bank_revision=draft.bank.revision,
            errata=draft.errata,
        )

    def publish(self, draft: Draft, status: EditionStatus, notices: Sequence[Notice]) -> None:
        self.drafts.require_current(draft)
        self.statuses_kept.require_current(status)
        self.drafts.save(draft)
        self.statuses_kept.save(status)
        for notice in notices:
            self.notices_kept.save(notice)
        self._published[draft.id] = self.complete(draft)

    def edition(self, edition: EditionId) -> Edition:
        if edition not in self._published:
            raise NotFound(f"There is no published edition {edition}.")
        return self._published[edition]

    def status(self, edition: EditionId) -> EditionStatus | None:
        return self.statuses_kept.find(edition)

    def statuses(self, module_id: ModuleId) -> Sequence[EditionStatus]:
        found = [status for status in self.statuses_kept.all() if status.module_id == module_id]
        return sorted(found, key=lambda status: status.edition, reverse=True)

    def save_status(self, status: EditionStatus, announcing: Sequence[Event]) -> EditionStatus:
        return self.statuses_kept.save(status, announcing)

    def withdraw(self, status: EditionStatus, announcing: Sequence[Event]) -> EditionStatus:
        return self.save_status(status, announcing)

    def shelf(self) -> Shelf:
        return Shelf(self.statuses_kept.all())

    def desk(self, limit: int, cursor: str | None) -> Page[tuple[Draft, EditionStatus | None]]:
        found = sorted(self.drafts.all(), key=lambda draft: draft.id)
        return _page([(draft, self.status(draft.id)) for draft in found], limit, cursor)

    def due_for_retirement(self, until: datetime) -> Iterator[EditionId]:
        for status in self.statuses_kept.all():
            if not status.retired_at and status.expires_at <= until:
                yield status.id

    def due_notices(self, until: datetime) -> Iterator[tuple[EditionId, int]]:
        for notice in self.notices_kept.all():
            if notice.state is NoticeState.PLANNED and notice.due_at <= until:
                yield notice.of_edition, notice.days

    def notice(self, edition: EditionId, days: int) -> Notice | None:
        return self.notices_kept.find((edition, days))

    def save_notice(self, notice: Notice) -> Notice:
        return self.notices_kept.save(notice)


def _page(found: Sequence[A], limit: int, cursor: str | None) -> Page[A]:
    start = int(cursor or 0)
    end = start + limit
    return Page(found[start:end], str(end) if end < len(found) else None)


class FakeQuestionBanks:
    """See ``ports.QuestionBanks``."""

    def __init__(self) -> None:
        self._banks: dict[tuple[EditionId, int], Bank] = {}

    def next_revision(self, edition: EditionId) -> int:
        return max((revision for of_edition, revision in self._banks if of_edition == edition), default=0) + 1

    def put(self, edition: EditionId, bank: Bank) -> None:
        if self._banks.setdefault((edition, bank.revision), bank) != bank:
            raise ConcurrentChange(f"bank {bank.revision} of {edition}")

    def get(self, edition: EditionId, revision: int) -> Bank:
        return self._banks[edition, revision]


class FakeAnswerKeys:
    """See ``ports.AnswerKeys``."""

    def __init__(self) -> None:
        self._keys: dict[tuple[EditionId, int], dict[int, AnswerKey]] = {}
        self.proposals: dict[str, Proposal] = {}

    def put(self, edition: EditionId, key: AnswerKey) -> None:
        revisions = self._keys.setdefault((edition, key.bank_revision), {})
        if revisions.setdefault(key.revision, key) != key:
            raise ConcurrentChange(f"key {key.revision} of {edition}")

    def of(self, edition: EditionId, bank_revision: int) -> AnswerKey:
        revisions = self._keys[edition, bank_revision]
        return revisions[max(revisions)]

    def propose(self, job: str, proposal: Proposal) -> None:
        self.proposals[job] = proposal

    def proposed(self, job: str) -> Proposal:
        return self.proposals[job]


class FakeEnrolments(Records[Enrolment]):
    """See ``ports.Enrolments``."""

    def __init__(self, announced: list[Event]) -> None:
        super().__init__(Enrolment, lambda enrolment: enrolment.id, announced)

    def of_module(self, learner_id: LearnerId, module_id: ModuleId) -> Sequence[Enrolment]:
        found = [one for one in self.all() if (one.learner_id, one.module_id) == (learner_id, module_id)]
        return sorted(found, key=lambda enrolment: enrolment.edition, reverse=True)

    def of_edition(self, edition: EditionId, cursor: Cursor, limit: int) -> tuple[Sequence[EnrolmentId], Cursor | None]:
        found = sorted(one.id for one in self.all() if one.id.of_edition == edition)
        start = int(cursor.after["pk"]) if cursor.after else 0
        end = start + limit
        return found[start:end], Cursor(after={"pk": str(end)}) if end < len(found) else None

    def page(self, edition: EditionId, limit: int, cursor: str | None) -> Page[Enrolment]:
        found = sorted((one for one in self.all() if one.id.of_edition == edition), key=lambda one: one.id)
        return _page(found, limit, cursor)

    def those(self, enrolments: Sequence[EnrolmentId]) -> Sequence[Enrolment]:
        return [one for each in enrolments if (one := self.find(each))]

    def of_learner(self, learner_id: LearnerId) -> Sequence[Enrolment]:
        return sorted((one for one in self.all() if one.learner_id == learner_id), key=lambda one: one.id)

    def due_for_claim_reminder(self, until: datetime) -> Iterator[EnrolmentId]:
        for one in self.all():
            if one.claim_reminder_at and one.claim_reminder_at <= until:
                yield one.id

    def count(self, edition: EditionId) -> int:
        return sum(one.id.of_edition == edition for one in self.all())


class FakeAttempts(Records[Attempt]):
    """See ``ports.Attempts``."""

    def __init__(self, announced: list[Event]) -> None:
        super().__init__(Attempt, lambda attempt: attempt.id, announced)

    def of(self, enrolment: EnrolmentId) -> Sequence[Attempt]:
        found = [attempt for attempt in self.all() if attempt.enrolment == enrolment]
        return sorted(found, key=lambda attempt: attempt.number)

    def of_learner(self, learner_id: LearnerId) -> Sequence[Attempt]:
        return sorted((one for one in self.all() if one.learner_id == learner_id), key=lambda one: one.id)

    def due_to_close(self, until: datetime) -> Iterator[AttemptId]:
        for attempt in self.all():
            if attempt.is_open and attempt.closes_at <= until:
                yield attempt.id


class FakeProfiles(Records[Profile]):
    """See ``ports.Profiles``."""

    def __init__(self, contacts: "FakeContacts", announced: list[Event]) -> None:
        super().__init__(Profile, lambda profile: profile.learner_id, announced)
        self._contacts = contacts

    def save(self, profile: Profile, contact: Contact | None = None) -> Profile:  # type: ignore[override]
        self.require_current(profile)
        if contact:
            self._contacts.save(contact)
        return super().save(profile)

    def find(self, key: object) -> Profile | None:
        own = self.stored(key)
        return self.stored(own.joined_to) if own and own.joined_to else own

    def those(self, learner_ids: Iterable[LearnerId]) -> Mapping[LearnerId, Profile]:
        return {learner_id: found for learner_id in learner_ids if (found := self.find(learner_id))}


class FakeIdentities:
    """See ``ports.Identities``; ``asked`` is of whom anyone wanted to know."""

    def __init__(self, profiles: FakeProfiles) -> None:
        self._profiles = profiles
        self.asked: list[LearnerId] = []

    def of(self, learner_id: LearnerId) -> Sequence[LearnerId]:
        self.asked.append(learner_id)
        primary = self._profiles.find(learner_id)
        return primary.identities if primary else (learner_id,)

    def own(self, learner_ids: Iterable[LearnerId]) -> Mapping[LearnerId, Profile]:
        return {each: found for each in learner_ids if (found := self._profiles.stored(each))}

    def save(self, *profiles: Profile) -> None:
        for profile in profiles:
            self._profiles.require_current(profile)
        for profile in profiles:
            self._profiles.save(profile)


class FakeContacts(Records[Contact]):
    """See ``ports.Contacts``."""

    def __init__(self, announced: list[Event]) -> None:
        super().__init__(Contact, lambda contact: contact.learner_id, announced)

    def those(self, learner_ids: Iterable[LearnerId]) -> Mapping[LearnerId, Contact]:
        return {learner_id: found for learner_id in learner_ids if (found := self.find(learner_id))}


class FakeMemberships(Records[Membership]):
    """See ``ports.Memberships``."""

    def __init__(self, announced: list[Event]) -> None:
        super().__init__(Membership, lambda membership: membership.learner_id, announced)

    def those(self, learner_ids: Iterable[LearnerId]) -> Mapping[LearnerId, Membership]:
        return {learner_id: found for learner_id in learner_ids if (found := self.find(learner_id))}

    def write_over(self, memberships: Sequence[Membership]) -> None:
        for membership in memberships:
            self.save(membership)


@dataclass
class FakeDirectory:
    """See ``ports.Directory``: always up to date; ``gone`` are entries of terms that profiles no longer have."""

    profiles: FakeProfiles
    contacts: FakeContacts
    memberships: FakeMemberships
    accommodations: "FakeAccommodations"
    gone: list[Hit] = field(default_factory=list)

    @property
    def _known(self) -> list[tuple[str, Profile | Contact]]:
        return [("profile", one) for one in self.profiles.all()] + [("contact", one) for one in self.contacts.all()]

    def learners(self, limit: int, cursor: str | None) -> Page[Hit]:
        by_name = sorted(self._known, key=lambda known: (words(known[1].name or ""), known[0]))
        return _page([Hit(learner_id=one.learner_id, source=source) for source, one in by_name], limit, cursor)

    def found_by(self, word: str, limit: int, cursor: str | None) -> Page[Hit]:
        current = [
            Hit(learner_id=one.learner_id, term=term, source=source)
            for source, one in self._known
            for term in one.terms
        ]
        hits = [hit for hit in (*current, *self.gone) if hit.term.startswith(word)]
        return _page(sorted(hits, key=lambda hit: (hit.term, hit.source, hit.learner_id)), limit, cursor)

    def members(self, limit: int, cursor: str | None) -> Page[LearnerId]:
        return _page(sorted(membership.learner_id for membership in self.memberships.all()), limit, cursor)

    def grants(self, limit: int, cursor: str | None) -> Page[tuple[LearnerId, ModuleId]]:
        found = sorted((one.module_id, one.learner_id) for one in self.accommodations.records.all())
        return _page([(learner_id, module_id) for module_id, learner_id in found], limit, cursor)


@dataclass
class FakeMembershipDirectory:
    """See ``ports.MembershipDirectory``; ``is_down`` it gives no answer."""

    members: dict[LearnerId, Membership] = field(default_factory=dict)
    is_down: bool = False
    asked: int = 0

    def find(self, learner_id: LearnerId) -> Membership | None:
        self.asked += 1
        if self.is_down:
            raise DirectoryUnavailable("down")
        return self.members.get(learner_id)


class FakeAccommodations:
    """See ``ports.Accommodations``."""

    def __init__(self, announced: list[Event]) -> None:
        self.records: Records[Accommodation] = Records(
            Accommodation, lambda granted: (granted.learner_id, granted.module_id), announced
        )

    def find(self, learner_id: LearnerId, module_id: ModuleId) -> Accommodation | None:
        return self.records.find((learner_id, module_id))

    def of_learner(self, learner_id: LearnerId) -> Sequence[Accommodation]:
        return [granted for granted in self.records.all() if granted.learner_id == learner_id]

    def those(self, grants: Sequence[tuple[LearnerId, ModuleId]]) -> Sequence[Accommodation]:
        return [granted for grant in grants if (granted := self.records.find(grant))]

    def save(self, accommodation: Accommodation) -> Accommodation:
        return self.records.save(accommodation)


class FakeClaims(Records[Claim]):
    """See ``ports.Claims``."""

    def __init__(self, announced: list[Event]) -> None:
        super().__init__(Claim, lambda claim: claim.enrolment, announced)

    def of_learner(self, learner_id: LearnerId, limit: int, cursor: str | None) -> Page[Claim]:
        found = [claim for claim in self.all() if claim.learner_id == learner_id]
        return _page(sorted(found, key=lambda claim: claim.enrolment), limit, cursor)


class FakeSettlements:
    """See ``ports.Settlements``: everything or nothing."""

    def __init__(self, attempts: FakeAttempts, enrolments: FakeEnrolments, claims: FakeClaims) -> None:
        self._attempts = attempts
        self._enrolments = enrolments
        self._claims = claims

    def enter(self, settlement: Settlement) -> None:
        self._attempts.require_current(settlement.attempt)
        self._enrolments.require_current(settlement.enrolment)
        if settlement.claim:
            self._claims.save(settlement.claim, settlement.claiming)
        self._enrolments.save(settlement.enrolment, settlement.announcing)
        self._attempts.save(settlement.attempt)


class FakeReissues:
    """See ``ports.Reissues``."""

    def __init__(self, announced: list[Event]) -> None:
        self.records: Records[Reissue] = Records(
            Reissue, lambda order: (order.learner_id, order.certificate, order.content.version), announced
        )

    def find(self, learner_id: LearnerId, number: CertificateNumber, version: int) -> Reissue | None:
        return self.records.find((learner_id, number, version))

    def of(self, learner_id: LearnerId, number: CertificateNumber) -> Sequence[Reissue]:
        found = [order for order in self.records.all() if (order.learner_id, order.certificate) == (learner_id, number)]
        return sorted(found, key=lambda order: order.content.version)

    def save(self, reissue: Reissue, announcing: Sequence[Event]) -> Reissue:
        return self.records.save(reissue, announcing)


@dataclass
class FakeOrders:
    """See ``ports.Orders``."""

    claims: FakeClaims
    reissues: FakeReissues

    def find(self, enrolment: EnrolmentId, number: CertificateNumber, version: int) -> Order | None:
        order = (
            self.reissues.find(enrolment.learner_id, number, version) if version > 1 else self.claims.find(enrolment)
        )
        return order.order if order else None


class FakeLedger(Records[LedgerEntry]):
    """See ``ports.Ledger``."""

    def __init__(self, announced: list[Event]) -> None:
        super().__init__(
            LedgerEntry,
            lambda entry: (
                entry.learner_id,
                entry.earned_on,
                entry.certificate or (entry.title, entry.amount, entry.provider),
                entry.scheme,
                entry.kind,
                entry.ordinal,
            ),
            announced,
        )

    def find(self, entry: object) -> LedgerEntry | None:
        return super().find(self._key(entry) if isinstance(entry, LedgerEntry) else entry)

    def of_learner(self, learner_id: LearnerId) -> Sequence[LedgerEntry]:
        found = [entry for entry in self.all() if entry.learner_id == learner_id]
        return sorted(found, key=lambda entry: entry.earned_on)


class FakeCertificates:
    """See ``ports.Certificates``: an issue is everything or nothing."""

    def __init__(
        self, claims: FakeClaims, enrolments: FakeEnrolments, ledger: FakeLedger, announced: list[Event]
    ) -> None:
        self.kept: Records[CertificateHead] = Records(CertificateHead, lambda head: head.number, announced)
        self.issued: Records[CertificateVersion] = Records(
            CertificateVersion, lambda version: (version.number, version.number_of_version), announced
        )
        self._claims = claims
        self._enrolments = enrolments
        self._ledger = ledger

    def head(self, number: CertificateNumber) -> CertificateHead | None:
        return self.kept.find(number)

    def heads(self, numbers: Sequence[CertificateNumber]) -> Mapping[CertificateNumber, CertificateHead]:
        found = {number: self.kept.find(number) for number in numbers}
        return {number: head for number, head in found.items() if head}

    def version(self, number: CertificateNumber, version: int) -> CertificateVersion | None:
        return self.issued.find((number, version))

    def versions(self, number: CertificateNumber) -> Sequence[CertificateVersion]:
        found = [version for version in self.issued.all() if version.number == number]
        return sorted(found, key=lambda version: version.number_of_version)

    def history(self, number: CertificateNumber) -> CertificateHistory | None:
        head = self.kept.find(number)
        return head and CertificateHistory(head, self.versions(number))

    def issue(self, issue: Issue, announcing: Sequence[Event]) -> None:
        writes: list[tuple[Records[Any], Any]] = [(self.issued, issue.version), (self.kept, issue.head)]
        writes += [(self._claims, issue.claim)] if issue.claim else []
        writes += [(self._enrolments, issue.enrolment)] if issue.enrolment else []
        writes += [(self._ledger, entry) for entry in issue.entries]
        for records, aggregate in writes:
            records.require_current(aggregate)
        for records, aggregate in writes:
            records.save(aggregate, announcing if records is self.issued else ())

    def correct(
        self, head: CertificateHead, entries: Sequence[LedgerEntry], announcing: Sequence[Event]
    ) -> CertificateHead:
        for entry in entries:
            self._ledger.require_current(entry)
        corrected = self.kept.save(head, announcing)
        for entry in entries:
            self._ledger.save(entry)
        return corrected

    def withhold_name(self, history: CertificateHistory) -> None:
        withheld = anonymous(history)
        for version, stored in zip(withheld.versions, history.versions, strict=True):
            if version != stored:
                self.issued.save(version)
        if withheld.head != history.head:
            self.kept.save(withheld.head)


class FakeErasures(Records[Erasure]):
    """See ``ports.Erasures``."""

    def __init__(self, announced: list[Event]) -> None:
        super().__init__(Erasure, lambda erasure: erasure.learner_id, announced)

    def due(self, until: datetime) -> Iterator[LearnerId]:
        for erasure in self.all():
            if erasure.destroys_at and erasure.destroys_at <= until:
                yield erasure.learner_id


@dataclass
class FakePersonalRecords:
    """See ``ports.PersonalRecords``: ``kinds`` are the stores of what a learner's partition holds."""

    kinds: Mapping[type[Any], Records[Any]]

    def all(self, learner_id: LearnerId) -> Sequence[object]:
        return [one for records in self.kinds.values() for one in records.all() if one.learner_id == learner_id]

    def save(self, record: object) -> None:
        self.kinds[type(record)].save(record)

    def remove(self, record: object) -> None:
        self.kinds[type(record)].remove(record)


@dataclass
class FakeEvidenceStore:
    """See ``ports.EvidenceStore``, of PDFs alone; ``meanwhile`` is called before anything else is done, each time."""

    documents: "FakeDocuments"
    identities: dict[LearnerId, Identity] = field(default_factory=dict)
    kept: dict[tuple[LearnerId, CertificateNumber, int], bytes] = field(default_factory=dict)
    meanwhile: Callable[[], object] = field(default=lambda: None)

    def keep_identity(self, identity: Identity) -> None:
        self.meanwhile()
        self.identities[identity.learner_id] = identity

    def keep_documents(
        self, learner_id: LearnerId, certificate: CertificateNumber, version: int, until: datetime
    ) -> Sequence[Evidence]:
        self.meanwhile()
        self.kept[learner_id, certificate, version] = self.documents.fetch(certificate, version, DocumentKind.PDF)
        return [Evidence(certificate=certificate, version=version, document="pdf", original="1", until=until)]

    def remove_original(self, evidence: Evidence) -> None:
        self.meanwhile()
        self.documents.stored.pop((evidence.certificate, evidence.version, DocumentKind.PDF), None)

    def destroy(self, learner_id: LearnerId, evidence: Evidence) -> None:
        self.meanwhile()
        self.kept.pop((learner_id, evidence.certificate, evidence.version), None)

    def destroy_identity(self, learner_id: LearnerId) -> None:
        self.meanwhile()
        self.identities.pop(learner_id, None)


@dataclass
class FakeAccounts:
    """See ``ports.Accounts``; ``gone`` are those removed."""

    gone: list[LearnerId] = field(default_factory=list)

    def remove(self, learner_id: LearnerId) -> None:
        self.gone.append(learner_id)


class FakeDocuments:
    """See ``ports.Documents``."""

    def __init__(self) -> None:
        self.stored: dict[tuple[CertificateNumber, int, DocumentKind], bytes] = {}

    def store_once(self, number: CertificateNumber, version: int, kind: DocumentKind, data: bytes) -> bytes:
        return self.stored.setdefault((number, version, kind), data)

    def fetch(self, number: CertificateNumber, version: int, kind: DocumentKind) -> bytes:
        return self.stored[number, version, kind]

    def address(self, number: CertificateNumber, version: int, now: datetime) -> PresignedAddress:
        return PresignedAddress(f"https://documents.example.org/{number}/v{version}", now + timedelta(minutes=5))


@dataclass
class FakeRender:
    """See ``ports.RenderCertificate``; like a signature, no two renderings of one content are alike."""

    times: int = 0

    def __call__(self, content: CertificateContent) -> bytes:
        self.times += 1
        return f"{content.number} v{content.version} for {content.attested_name}, rendering {self.times}".encode()


class FakeRenderTranscript:
    """See ``ports.RenderTranscript``; ``asked`` is what it was last asked to print."""

    asked: Any = None

    def __call__(self, transcript: Transcript, holder: Profile, **of: Any) -> bytes:
        self.asked = (transcript, holder, of)
        return b"%PDF-transcript"


class FakeSigner:
    """See ``ports.Signer``: a key of its own for each."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.signed: list[bytes] = []

    def public_key(self) -> IssuerKey:
        numbers = self._key.public_key().public_numbers()
        return IssuerKey.of_point(numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big"))

    def sign(self, message: bytes) -> bytes:
        self.signed.append(message)
        r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class FakeIssuerKeys:
    """See ``ports.IssuerKeys``."""

    def __init__(self) -> None:
        self.kept: dict[str, IssuerKey] = {}

    def keep(self, key: IssuerKey) -> None:
        self.kept.setdefault(key.thumbprint, key)

    def all(self) -> Sequence[IssuerKey]:
        return [self.kept[name] for name in sorted(self.kept)]


@dataclass
class FakeIssuer:
    """See ``ports.Issuer``; the documents say no more than what was asked for, and no two are alike."""

    times: int = 0

    def credential(self, order: Order, pdf_sha256: str) -> Credential:
        self.times += 1
        said = f"{order.content.number} v{order.content.version}, {pdf_sha256}, signature {self.times}"
        return Credential(json_ld=f"credential of {said}".encode(), jwt=f"JWT of {said}".encode())

    def status_list(self, list_id: StatusListId, set_bits: Iterable[int], at: datetime) -> StatusList:
        self.times += 1
        return StatusList(list_id=list_id, encoded=encoded(set_bits), document=f"{list_id}, signature {self.times}")


class FakeStatusLists:
    """See ``ports.StatusLists``."""

    def __init__(self, heads: Records[CertificateHead], announced: list[Event]) -> None:
        self.lists: Records[StatusList] = Records(StatusList, lambda one: one.list_id, announced)
        self.bits: dict[StatusPlace, bool] = {}
        self._heads = heads

    def mark(self, head: CertificateHead, bits: Mapping[StatusPlace, bool]) -> None:
        changed = {place: is_set for place, is_set in bits.items() if self.bits.get(place, False) is not is_set}
        if changed:
            self._heads.require_current(head)
            self.bits |= changed

    def set_bits(self, list_id: StatusListId) -> Sequence[int]:
        return [place.index for place, is_set in self.bits.items() if is_set and place.list_id == list_id]

    def is_out(self, list_id: StatusListId) -> bool:
        return self.find(list_id) is not None

    def find(self, list_id: StatusListId) -> StatusList | None:
        return self.lists.find(list_id)

    def save(self, published: StatusList) -> StatusList:
        return self.lists.save(published)


class FakeBankImages:
    """See ``ports.BankImages``."""

    def __init__(self) -> None:
        self.stored: dict[tuple[EditionId, str], Image] = {}

    def put(self, edition: EditionId, image: Image) -> None:
        self.stored[edition, image.name] = image

    def get(self, edition: EditionId, name: str) -> Image:
        return self.stored[edition, name]

    def address(self, edition: EditionId, name: str, now: datetime) -> PresignedAddress:
        return PresignedAddress(f"https://documents.example.org/{edition}/{name}", now + timedelta(minutes=5))


class FakeUploads:
    """See ``ports.Uploads``; ``files`` are what was uploaded, by job."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def address(self, job: Job, now: datetime) -> PresignedAddress:
        return PresignedAddress(f"https://documents.example.org/uploads/{job.job}", now + timedelta(minutes=15))

    def fetch(self, job: Job, limit: int) -> bytes | None:
        file = self.files.get(job.job)
        return file if file is None else file[: limit + 1]


class FakeStatisticsReports:
    """See ``ports.StatisticsReports``."""

    def __init__(self, announced: list[Event]) -> None:
        self.reports: Records[StatisticsReport] = Records(
            StatisticsReport, lambda report: EditionId(report.module_id, report.edition), announced
        )
        self.kept: dict[tuple[str, int], StatisticsPart] = {}

    def keep_part(self, job: str, page: int, part: StatisticsPart, until: datetime) -> None:
        self.kept[job, page] = load(dump(part), StatisticsPart)

    def parts(self, job: str, pages: int) -> Sequence[StatisticsPart]:
        return [self.kept[job, page] for page in range(pages)]

    def find(self, edition: EditionId) -> StatisticsReport | None:
        return self.reports.find(edition)

    def save(self, report: StatisticsReport) -> StatisticsReport:
        return self.reports.save(report)


class FakeJobs(Records[Job]):
    """See ``ports.Jobs``."""

    def __init__(self, announced: list[Event]) -> None:
        super().__init__(Job, lambda job: job.job, announced)


class FakeExportFiles:
    """See ``ports.ExportFiles``; ``files`` are the whole ones, by job."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, int], bytes] = {}
        self.files: dict[str, bytes] = {}

    def grow(self, job: Job, page: bytes, *, is_last: bool) -> GrowingFile:
        self._pages[job.job, job.page] = page
        if is_last:
            self.files[job.job] = b"".join(self._pages[job.job, number] for number in range(job.page + 1))
        return job.require_export().file

    def address(self, job: Job, now: datetime) -> PresignedAddress:
        return PresignedAddress(f"https://documents.example.org/exports/{job.job}", now + timedelta(minutes=5))


class FakeReportedRecords:
    """See ``ports.ReportedRecords``."""

    def __init__(self, announced: list[Event]) -> None:
        self.records: Records[Reported] = Records(
            Reported, lambda reported: (reported.enrolment, reported.report), announced
        )

    def find(self, enrolment: EnrolmentId, report: Report) -> Reported | None:
        return self.records.find((enrolment, report))

    def save(self, reported: Reported) -> Reported:
        return self.records.save(reported)


class FakeExportRuns:
    """See ``ports.ExportRuns``."""

    def __init__(self, announced: list[Event]) -> None:
        self.records: Records[LatestRun] = Records(LatestRun, lambda run: run.terms, announced)
        self._skips: dict[tuple[str, int], list[Skip]] = {}

    def latest(self, terms: Terms) -> LatestRun | None:
        return self.records.find(terms)

    def save(self, run: LatestRun) -> LatestRun:
        return self.records.save(run)

    def keep_skips(self, job: Job, skips: Sequence[Skip], until: datetime) -> None:
        self._skips[job.job, job.page] = list(skips)

    def skips(self, job: Job, limit: int) -> Sequence[Skip]:
        kept = [skip for (name, _), skips in sorted(self._skips.items()) if name == job.job for skip in skips]
        return kept[:limit]


class FakeAuditChain:
    """See ``ports.AuditChain``. ``meanwhile`` is called once, just before the next entry is added."""

    def __init__(self) -> None:
        self.chain: dict[int, AuditEntry] = {}
        self.last = ChainHead()
        self.meanwhile: Callable[[], object] | None = None

    def head(self) -> ChainHead:
        return self.last

    def has(self, event_id: str) -> bool:
        return any(entry.act.event_id == event_id for entry in self.chain.values())

    def append(self, entry: AuditEntry, head: ChainHead) -> None:
        if self.meanwhile:
            between, self.meanwhile = self.meanwhile, None
            between()
        if head != self.last or self.has(entry.act.event_id):
            raise ConcurrentChange(str(entry.sequence))
        self.chain[entry.sequence] = entry
        self.last = replace(head.moved_to(entry), version=head.version + 1)

    def entries(self, first: int, limit: int) -> Mapping[int, AuditEntry]:
        places = sorted(place for place in self.chain if place >= first)[:limit]
        return {place: self.chain[place] for place in places}

    def hash_before(self, first: int) -> str:
        return self.chain[first - 1].hash if first - 1 in self.chain else GENESIS


@dataclass
class FakeFailures:
    """See ``ports.Failures``."""

    kept: list[Failure] = field(default_factory=list)

    def keep(self, queue: str, message_id: str, body: str, cause: str, at: datetime) -> None:
        self.kept.append(Failure(queue=queue, message_id=message_id, body=body, cause=cause, failed_at=at))

    def of(self, queue: str) -> Sequence[Failure]:
        waiting = [failure for failure in self.kept if failure.queue == queue and failure.redriven_at is None]
        return sorted(waiting, key=lambda failure: failure.failed_at, reverse=True)

    def settle(self, failure: Failure, at: datetime) -> None:
        self.kept[self.kept.index(failure)] = replace(failure, redriven_at=at)


class FakeDeadLetters:
    """See ``ports.DeadLetters``: three at a time; ``lose_removal`` breaks off before the next removal."""

    AT_A_TIME = 3

    def __init__(self) -> None:
        self.held: dict[str, list[DeadLetter]] = {"grades": [], "certificates": []}
        self.lose_removal = False
        self._hidden: list[DeadLetter] = []

    def queues(self) -> Sequence[str]:
        return list(self.held)

    def backlog(self, queue: str) -> Backlog:
        dead_letters = len(self.held[queue])
        return Backlog(name=f"stack-{queue}", waiting=4, in_flight=1, delayed=0, dead_letters=dead_letters)

    def take(self, queue: str) -> Sequence[DeadLetter]:
        visible = [letter for letter in self.held[queue] if letter not in self._hidden][: self.AT_A_TIME]
        self._hidden += visible
        return visible

    def remove(self, queue: str, letters: Sequence[DeadLetter]) -> None:
        if self.lose_removal:
            self.lose_removal = False
            self._hidden.clear()
            raise BrokenOff
        self.held[queue] = [letter for letter in self.held[queue] if letter not in letters]


class FakeMails:
    """See ``ports.Mails``."""

    def __init__(self, announced: list[Event]) -> None:
        self.records: Records[Mail] = Records(Mail, lambda mail: (mail.event_id, mail.learner_id), announced)

    def find(self, event_id: str, learner_id: LearnerId) -> Mail | None:
        return self.records.find((event_id, learner_id))

    def save(self, mail: Mail) -> Mail:
        return self.records.save(mail)

    def of_learner(self, learner_id: LearnerId) -> Sequence[Mail]:
        return [mail for mail in self.records.all() if mail.learner_id == learner_id]


@dataclass
class FakeMailer:
    """See ``ports.Mailer``; ``sent`` is what went out.

    ``answers`` are what the next sends come to, None an id; an answer that gets lost is one after the mail went out.
    ``meanwhile`` is called once, during the next send.
    """

    sent: list[Outgoing] = field(default_factory=list)
    answers: list[Exception | None] = field(default_factory=list)
    meanwhile: Callable[[], object] | None = None

    def send(self, mail: Outgoing) -> str:
        if self.meanwhile:
            between, self.meanwhile = self.meanwhile, None
            between()
        answer = self.answers.pop(0) if self.answers else None
        if answer is None or isinstance(answer, AnswerLost):
            self.sent.append(mail)
        if answer:
            raise answer
        return f"message-{len(self.sent)}"


@dataclass
class FakeDeliveries:
    """See ``ports.Deliveries``."""

    named: int = 0

    def name(self) -> str:
        self.named += 1
        return f"delivery-{self.named}"


class AnswerLost(SendUnanswered):
    """The mail was sent, and nobody was told."""


@dataclass
class FakeSchemes:
    """See ``ports.Schemes``."""

    schemes: Mapping[str, Scheme] = field(default_factory=lambda: SCHEMES)

    def all(self) -> Mapping[str, Scheme]:
        return self.schemes


@dataclass
class FakeNumbers:
    """See ``ports.CertificateNumbers``: 1, 2, 3 as certificate numbers."""

    drawn: int = 0

    def draw(self) -> CertificateNumber:
        self.drawn += 1
        return certificate_number(self.drawn)


@dataclass
class FakeStatusPlaces:
    """See ``ports.StatusPlaces``: one after the other on the year's first list."""

    drawn: int = 0

    def draw(self, issued_at: datetime) -> StatusPlace:
        self.drawn += 1
        return status_place(issued_at.year, self.drawn)


class FakeRandomness:
    """See ``ports.Randomness``: the same draw each time."""

    def random(self) -> Random:
        return Random(1)


@dataclass
class FakeQueues:
    """See ``ports.Queues``; ``refuses`` are texts whose messages are not taken."""

    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refuses: tuple[str, ...] = ()

    def send(self, queue: str, messages: Sequence[str]) -> Sequence[int]:
        unsent = [place for place, message in enumerate(messages) if any(text in message for text in self.refuses)]
        self.sent += [(queue, json.loads(message)) for place, message in enumerate(messages) if place not in unsent]
        return unsent


class World:
    """Everything that a use case may ask for, in memory; ``announced`` is what was told to the queues, in order.

    Edition 1 of the module is published, its bank and key stored.
    """

    public_url = PUBLIC_URL
    pars_provider: str | None = "1234567"
    module_url = MODULE_URL
    word_letter = staticmethod(word_letter)

    def __init__(self) -> None:
        self.announced: list[Event] = []
        self.clock = FakeClock()
        self.catalogue = FakeCatalogue(self.announced)
        self.question_banks = FakeQuestionBanks()
        self.answer_keys = FakeAnswerKeys()
        self.enrolments = FakeEnrolments(self.announced)
        self.attempts = FakeAttempts(self.announced)
        self.contacts = FakeContacts(self.announced)
        self.profiles = FakeProfiles(self.contacts, self.announced)
        self.identities = FakeIdentities(self.profiles)
        self.memberships = FakeMemberships(self.announced)
        self.membership_directory = FakeMembershipDirectory()
        self.accommodations = FakeAccommodations(self.announced)
        self.directory = FakeDirectory(self.profiles, self.contacts, self.memberships, self.accommodations)
        self.bank_images = FakeBankImages()
        self.uploads = FakeUploads()
        self.statistics = FakeStatisticsReports(self.announced)
        self.claims = FakeClaims(self.announced)
        self.settlements = FakeSettlements(self.attempts, self.enrolments, self.claims)
        self.reissues = FakeReissues(self.announced)
        self.orders = FakeOrders(self.claims, self.reissues)
        self.ledger = FakeLedger(self.announced)
        self.certificates = FakeCertificates(self.claims, self.enrolments, self.ledger, self.announced)
        self.documents = FakeDocuments()
        self.render = FakeRender()
        self.render_transcript = FakeRenderTranscript()
        self.signer = FakeSigner()
        self.issuer_keys = FakeIssuerKeys()
        self.issuer = FakeIssuer()
        self.status_lists = FakeStatusLists(self.certificates.kept, self.announced)
        self.jobs = FakeJobs(self.announced)
        self.erasures = FakeErasures(self.announced)
        self.evidence = FakeEvidenceStore(self.documents)
        self.accounts = FakeAccounts()
        self.failures = FakeFailures()
        self.dead_letters = FakeDeadLetters()
        self.redrives: Records[Redrive] = Records(Redrive, lambda redrive: redrive.queue, self.announced)
        self.export_files = FakeExportFiles()
        self.reported = FakeReportedRecords(self.announced)
        self.personal_records = FakePersonalRecords(
            {
                Profile: self.profiles,
                Contact: self.contacts,
                Membership: self.memberships,
                Accommodation: self.accommodations.records,
                Enrolment: self.enrolments,
                Attempt: self.attempts,
                Claim: self.claims,
                Reissue: self.reissues.records,
                LedgerEntry: self.ledger,
                Reported: self.reported.records,
                Erasure: self.erasures,
            }
        )
        self.export_runs = FakeExportRuns(self.announced)
        self.mails = FakeMails(self.announced)
        self.mailer = FakeMailer()
        self.deliveries = FakeDeliveries()
        self.audit = FakeAuditChain()
        self.schemes = FakeSchemes()
        self.numbers = FakeNumbers()
        self.status_places = FakeStatusPlaces()
        self.randomness = FakeRandomness()
        self.queues = FakeQueues()

    def publish(self, edition: Edition | None = None, **changes: Any) -> None:
        """An edition is out (edition 1 unless another is given); ``changes`` are of its status."""
        self.catalogue.given(edition or an_edition(), **changes)

    def told(self, kind: type[Event]) -> list[Any]:
        """The events of one type that were announced."""
        return [event for event in self.announced if type(event) is kind]

    def read_together(self, *wanted: Wanted) -> AbstractContextManager[None]:
        """Memory answers each question by itself."""
        return nullcontext()

    @property
    def facts_told(self) -> list[str]:
        """The ids of all that was announced, in order."""
        return [event.id for event in self.announced]
