"""What a use case may ask of the world. Adapters keep these promises; tests fake them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from random import Random
from typing import Any, Generic, Protocol, TypeVar

from shared.domain.accommodation import Accommodation
from shared.domain.attempt import Attempt
from shared.domain.audit import AuditEntry, ChainHead
from shared.domain.availability import EditionStatus
from shared.domain.certificate import (
    CertificateContent,
    CertificateHead,
    CertificateHistory,
    CertificateVersion,
    Order,
    Reissue,
)
from shared.domain.claim import Claim, LedgerEntry
from shared.domain.edition import Draft, Edition
from shared.domain.enrolment import Enrolment
from shared.domain.erasure import Erasure, Evidence, Identity
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
from shared.domain.mail import Letter, Mail
from shared.domain.notice import Notice
from shared.domain.questions import AnswerKey, Bank, Image
from shared.domain.regrade import Proposal
from shared.domain.reporting import GrowingFile, LatestRun, Report, Reported, Skip, Terms
from shared.domain.schemes import Scheme
from shared.domain.shelf import Shelf
from shared.domain.statistics import ItemStatistic, Tallies
from shared.domain.status_list import StatusList, StatusListId, StatusPlace
from shared.domain.transcript import Transcript
from shared.events.event import Event

T = TypeVar("T")


class ConcurrentChange(Exception):
    """What was to be changed has changed since it was read: run again from a fresh read."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list; ``cursor`` gets the next ones, None when there are none."""

    entries: Sequence[T]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Someone on a list of the office, by what ``source`` (profile or contact) says of them.

    ``term`` is what they were found by, if they were looked for.
    """

    learner_id: LearnerId
    source: str
    term: str = ""


class Clock(Protocol):
    def now(self) -> datetime:
        """The instant, aware and in UTC."""
        ...


Wanted = tuple[type[Any], Any]
"""A kind of thing, and the natural key of the one that is meant."""


class ReadTogether(Protocol):
    """Reads in one call what is about to be asked for.

    Within it, whoever asks for one of ``wanted`` is answered from there, the first time; what it does not name, or is
    asked for again, is read as ever. All of it is as last written, each by itself: the whole is no snapshot.
    """

    def __call__(self, *wanted: Wanted) -> AbstractContextManager[None]: ...


class Catalogue(Protocol):
    """Drafts, published editions, and their status. All reads but ``shelf`` and ``desk`` see the last write."""

    def draft(self, edition: EditionId) -> Draft | None: ...

    def save_draft(self, draft: Draft) -> Draft:
        """Store and return the next version; raise ConcurrentChange."""
        ...

    def complete(self, draft: Draft) -> Edition:
        """The edition that a draft without gaps makes."""
        ...

    def publish(self, draft: Draft, status: EditionStatus, notices: Sequence[Notice]) -> None:
        """Freeze the draft, open its status and plan its notices in one transaction; raise ConcurrentChange."""
        ...

    def edition(self, edition: EditionId) -> Edition:
        """A published edition; raise NotFound."""
        ...

    def status(self, edition: EditionId) -> EditionStatus | None: ...

    def statuses(self, module_id: ModuleId) -> Sequence[EditionStatus]:
        """All published editions of a module, the newest first."""
        ...

    def save_status(self, status: EditionStatus, announcing: Sequence[Event]) -> EditionStatus:
        """State and events in one write; raise ConcurrentChange."""
        ...

    def withdraw(self, status: EditionStatus, announcing: Sequence[Event]) -> EditionStatus:
        """Save the status of an edition retired early, and let the shelf show it; raise ConcurrentChange."""
        ...

    def shelf(self) -> Shelf:
        """All published editions, as of the last publication or early retirement.

        One read where nothing has changed since it was asked for in this process.
        """
        ...

    def desk(self, limit: int, cursor: str | None) -> Page[tuple[Draft, EditionStatus | None]]:
        """All editions, drafts too, by module and edition, each with its status once it is published."""
        ...

    def due_for_retirement(self, until: datetime) -> Iterator[EditionId]:
        """Editions whose expiry is not after ``until`` and that are not retired yet."""
        ...

    def due_notices(self, until: datetime) -> Iterator[tuple[EditionId, int]]:
        """Edition and days of the planned notices that are due by ``until``."""
        ...

    def notice(self, edition: EditionId, days: int) -> Notice | None: ...

    def save_notice(self, notice: Notice) -> Notice:
        """Raise ConcurrentChange."""
        ...


class QuestionBanks(Protocol):
    def next_revision(self, edition: EditionId) -> int:
        """One more than the last revision stored, whether or not the edition came to name it."""
        ...

    def put(self, edition: EditionId, bank: Bank) -> None:
        """Store a new revision, once; nobody sees it before the edition names it. Raise ConcurrentChange."""
        ...

    def get(self, edition: EditionId, revision: int) -> Bank: ...


class AnswerKeys(Protocol):
    def put(self, edition: EditionId, key: AnswerKey) -> None:
        """Store a new key revision, once; raise ConcurrentChange."""
        ...

    def of(self, edition: EditionId, bank_revision: int) -> AnswerKey:
        """The latest key revision of a bank revision, as of a read that is made now or together with others."""
        ...

    def propose(self, job: str, proposal: Proposal) -> None:
        """Keep what a rehearsal is of; no grade comes of it."""
        ...

    def proposed(self, job: str) -> Proposal:
        """What a rehearsal is of."""
        ...


@dataclass(frozen=True, slots=True)
class PresignedAddress:
    """An address that needs no token and is good until ``expires_at``."""

    url: str
    expires_at: datetime


class BankImages(Protocol):
    """The pictures of question banks, named by their content: a name never shows anything else."""

    def put(self, edition: EditionId, image: Image) -> None: ...

    def get(self, edition: EditionId, name: str) -> Image: ...

    def address(self, edition: EditionId, name: str, now: datetime) -> PresignedAddress: ...


class Enrolments(Protocol):
    def find(self, enrolment: EnrolmentId) -> Enrolment | None: ...

    def of_module(self, learner_id: LearnerId, module_id: ModuleId) -> Sequence[Enrolment]:
        """The learner's enrolments in all editions of a module, the newest edition first."""
        ...

    def save(self, enrolment: Enrolment, announcing: Sequence[Event] = ()) -> Enrolment:
        """State and events in one write; raise ConcurrentChange."""
        ...

    def of_edition(self, edition: EditionId, cursor: Cursor, limit: int) -> tuple[Sequence[EnrolmentId], Cursor | None]:
        """At most ``limit`` enrolments of an edition, and where to go on; eventually consistent."""
        ...

    def page(self, edition: EditionId, limit: int, cursor: str | None) -> Page[Enrolment]:
        """Who is enrolled in an edition, in the same order each time; who comes and goes shifts nobody."""
        ...

    def those(self, enrolments: Sequence[EnrolmentId]) -> Sequence[Enrolment]:
        """The enrolments named, in the order named; who is not there is left out."""
        ...

    def of_learner(self, learner_id: LearnerId) -> Sequence[Enrolment]:
        """All enrolments of a learner, by module and edition."""
        ...

    def due_for_claim_reminder(self, until: datetime) -> Iterator[EnrolmentId]:
        """Enrolments passed and not certified whose learner is to be reminded by ``until`` to claim credit."""
        ...

    def count(self, edition: EditionId) -> int:
        """How many enrolments an edition has; eventually consistent, reads keys only."""
        ...


class Attempts(Protocol):
    def find(self, attempt: AttemptId) -> Attempt | None: ...

    def of(self, enrolment: EnrolmentId) -> Sequence[Attempt]:
        """All attempts of an enrolment, in order."""
        ...

    def of_learner(self, learner_id: LearnerId) -> Sequence[Attempt]:
        """All attempts of a learner, by module, edition and number."""
        ...

    def save(self, attempt: Attempt, announcing: Sequence[Event] = ()) -> Attempt:
        """State and events in one write; raise ConcurrentChange."""
        ...

    def due_to_close(self, until: datetime) -> Iterator[AttemptId]:
        """Attempts in progress whose end, grace and a minute more are not after ``until``."""
        ...


class Profiles(Protocol):
    """A person says who they are once: under whichever identity it is asked for, the primary's profile is found."""

    def find(self, learner_id: LearnerId) -> Profile | None: ...

    def those(self, learner_ids: Iterable[LearnerId]) -> Mapping[LearnerId, Profile]:
        """The profiles of those of ``learner_ids`` who have one."""
        ...

    def save(self, profile: Profile, contact: Contact | None = None) -> Profile:
        """The profile, a contact that has changed with it, and what they are found by; all in one write.

        Raise ConcurrentChange.
        """
        ...


class Identities(Protocol):
    """Who is one person. Each identity's own profile item says so, so that who reads a profile reads nothing more."""

    def of(self, learner_id: LearnerId) -> Sequence[LearnerId]:
        """All identities of the person, the primary first; of most the one asked about alone."""
        ...

    def own(self, learner_ids: Iterable[LearnerId]) -> Mapping[LearnerId, Profile]:
        """What each of these identities says itself, of those that say anything."""
        ...

    def save(self, *profiles: Profile) -> None:
        """What changes of several identities' own profiles: all or nothing. Raise ConcurrentChange.

        What they are found by stays as it is.
        """
        ...


class Contacts(Protocol):
    def find(self, learner_id: LearnerId) -> Contact | None: ...

    def those(self, learner_ids: Iterable[LearnerId]) -> Mapping[LearnerId, Contact]:
        """The contacts of those of ``learner_ids`` who have one."""
        ...

    def save(self, contact: Contact) -> Contact:
        """The contact, and what it is found by, in one write; raise ConcurrentChange."""
        ...


class DirectoryUnavailable(Exception):
    """The society's directory gives no answer now, or none that can be understood."""


class MembershipDirectory(Protocol):
    """The society's own directory of members, which somebody else runs."""

    def find(self, learner_id: LearnerId) -> Membership | None:
        """What it says of a learner now, None where it does not know them; raise DirectoryUnavailable."""
        ...


class Memberships(Protocol):
    def find(self, learner_id: LearnerId) -> Membership | None: ...

    def those(self, learner_ids: Iterable[LearnerId]) -> Mapping[LearnerId, Membership]:
        """The memberships of those of ``learner_ids`` of whom one is known."""
        ...

    def save(self, membership: Membership) -> Membership: ...

    def write_over(self, memberships: Sequence[Membership]) -> None:
        """Write thousands, whatever was stored: the last word counts.

        Broken off, some are written. Raise ConcurrentChange where the store did not take all.
        """
        ...


class Accommodations(Protocol):
    def find(self, learner_id: LearnerId, module_id: ModuleId) -> Accommodation | None: ...

    def of_learner(self, learner_id: LearnerId) -> Sequence[Accommodation]:
        """All that a learner is granted, by module."""
        ...

    def those(self, grants: Sequence[tuple[LearnerId, ModuleId]]) -> Sequence[Accommodation]:
        """What is granted to these learners in these modules, by module."""
        ...

    def save(self, accommodation: Accommodation) -> Accommodation: ...


class Directory(Protocol):
    """The office's lists; eventually consistent, so whoever is found on one is read again."""

    def learners(self, limit: int, cursor: str | None) -> Page[Hit]:
        """Everyone with a profile or a contact, once for each, in the order of the names there."""
        ...

    def found_by(self, word: str, limit: int, cursor: str | None) -> Page[Hit]:
        """Everyone who has, or had a moment ago, a term that begins with ``word``; once for each such term."""
        ...

    def members(self, limit: int, cursor: str | None) -> Page[LearnerId]:
        """Everyone of whose membership anything was said, in the same order each time."""
        ...

    def grants(self, limit: int, cursor: str | None) -> Page[tuple[LearnerId, ModuleId]]:
        """Who is granted something, by module."""
        ...


class Claims(Protocol):
    def find(self, enrolment: EnrolmentId) -> Claim | None: ...

    def save(self, claim: Claim, announcing: Sequence[Event] = ()) -> Claim:
        """State and events in one write; raise ConcurrentChange, of a new claim also where its place is taken."""
        ...

    def of_learner(self, learner_id: LearnerId, limit: int, cursor: str | None) -> Page[Claim]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """All that changes when a grade is taken in: with it go the events of the enrolment, and those of a new claim."""

    attempt: Attempt
    enrolment: Enrolment
    announcing: Sequence[Event]
    claim: Claim | None = None
    claiming: Sequence[Event] = ()


class Settlements(Protocol):
    def enter(self, settlement: Settlement) -> None:
        """All of it or nothing, in one write; raise ConcurrentChange, also where the place of a claim is taken."""
        ...


class Orders(Protocol):
    def find(self, enrolment: EnrolmentId, number: CertificateNumber, version: int) -> Order | None:
        """What a version is to say, as fixed by the claim (version 1) or by a reissue."""
        ...


class Reissues(Protocol):
    def find(self, learner_id: LearnerId, number: CertificateNumber, version: int) -> Reissue | None: ...

    def of(self, learner_id: LearnerId, number: CertificateNumber) -> Sequence[Reissue]:
        """All orders for versions of a certificate after its first, in order."""
        ...

    def save(self, reissue: Reissue, announcing: Sequence[Event]) -> Reissue:
        """State and events in one write: of an order that is new, its version is the lock.

        Raise ConcurrentChange, of an order that is new also where the place of its status is taken.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """All that changes when a version is issued. Of a reissue, claim, enrolment and ledger stay as they are."""

    version: CertificateVersion
    head: CertificateHead
    claim: Claim | None
    enrolment: Enrolment | None
    entries: Sequence[LedgerEntry]
    reissue: Reissue | None = None


class Certificates(Protocol):
    def head(self, number: CertificateNumber) -> CertificateHead | None: ...

    def heads(self, numbers: Sequence[CertificateNumber]) -> Mapping[CertificateNumber, CertificateHead]: ...

    def version(self, number: CertificateNumber, version: int) -> CertificateVersion | None: ...

    def versions(self, number: CertificateNumber) -> Sequence[CertificateVersion]:
        """All issued versions, in order."""
        ...

    def history(self, number: CertificateNumber) -> CertificateHistory | None:
        """Head and versions, in one read; a version that is being issued at that moment is seen whole or not at all."""
        ...

    def issue(self, issue: Issue, announcing: Sequence[Event]) -> None:
        """Everything or nothing, once; raise ConcurrentChange where one part has changed since it was read."""
        ...

    def withhold_name(self, history: CertificateHistory) -> None:
        """Let nobody learn the holder's name from the public record any more.

        Broken off, some versions are written. Raise ConcurrentChange.
        """
        ...

    def correct(
        self, head: CertificateHead, entries: Sequence[LedgerEntry], announcing: Sequence[Event]
    ) -> CertificateHead:
        """Head, ledger entries and events: everything or nothing, once; raise ConcurrentChange."""
        ...


class Ledger(Protocol):
    def of_learner(self, learner_id: LearnerId) -> Sequence[LedgerEntry]:
        """All entries, the earliest first."""
        ...

    def find(self, entry: LedgerEntry) -> LedgerEntry | None:
        """What is entered under the key of ``entry``: of an external credit, the same facts."""
        ...

    def save(self, entry: LedgerEntry) -> LedgerEntry:
        """Enter an external credit, once; raise ConcurrentChange."""
        ...


class DocumentKind(Enum):
    """The documents of one version: their media type, and the end of their name."""

    PDF = ("application/pdf", "pdf")
    CREDENTIAL = ("application/vc+ld+json", "json")
    CREDENTIAL_JWT = ("application/vc+jwt", "jwt")

    def __init__(self, media_type: str, suffix: str) -> None:
        self.media_type = media_type
        self.suffix = suffix


class Documents(Protocol):
    def store_once(self, number: CertificateNumber, version: int, kind: DocumentKind, data: bytes) -> bytes:
        """Store a document of a version unless there is one; return what is stored: its bytes are the truth."""
        ...

    def fetch(self, number: CertificateNumber, version: int, kind: DocumentKind) -> bytes:
        """A document that was stored."""
        ...

    def address(self, number: CertificateNumber, version: int, now: datetime) -> PresignedAddress:
        """Where the PDF of a version is."""
        ...


class RenderCertificate(Protocol):
    def __call__(self, content: CertificateContent) -> bytes:
        """The PDF; raise CertificateIncomplete where a field is blank."""
        ...


class RenderTranscript(Protocol):
    def __call__(
        self,
        transcript: Transcript,
        holder: Profile,
        *,
        year: int | None,
        scheme: str | None,
        made_at: datetime,
        accept_language: str | None,
    ) -> bytes:
        """The PDF, in the language of the holder's profile, else in one wished for, else in English."""
        ...


class Signer(Protocol):
    """The key that signs now, on P-256."""

    def public_key(self) -> IssuerKey: ...

    def sign(self, message: bytes) -> bytes:
        """The message's ECDSA signature with SHA-256: r and s, of 32 bytes each."""
        ...


class IssuerKeys(Protocol):
    """The public halves of all keys that ever signed: what they signed keeps verifying."""

    def keep(self, key: IssuerKey) -> None:
        """Keep a key for good; one that is kept already changes nothing."""
        ...

    def all(self) -> Sequence[IssuerKey]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One credential, secured in two ways."""

    json_ld: bytes
    jwt: bytes


class Issuer(Protocol):
    """Signs what the society says. No two signatures of one thing are alike."""

    def credential(self, order: Order, pdf_sha256: str) -> Credential:
        """The Open Badge of a version; ``pdf_sha256``, in hexadecimal, is of its PDF."""
        ...

    def status_list(self, list_id: StatusListId, set_bits: Iterable[int], at: datetime) -> StatusList:
        """A list on which the bits of these indices are set."""
        ...


class StatusLists(Protocol):
    """The bits of certificates' versions, and the signed lists made of them. All reads see the last write."""

    def mark(self, head: CertificateHead, bits: Mapping[StatusPlace, bool]) -> None:
        """Set and clear bits, if ``head`` is still as it was read: else raise ConcurrentChange."""
        ...

    def set_bits(self, list_id: StatusListId) -> Sequence[int]:
        """The indices of a list whose bits are set."""
        ...

    def is_out(self, list_id: StatusListId) -> bool:
        """Whether a list was ever published."""
        ...

    def find(self, list_id: StatusListId) -> StatusList | None:
        """A list as it is out."""
        ...

    def save(self, published: StatusList) -> StatusList:
        """Put a list out in place of the version that it was read at; raise ConcurrentChange."""
        ...


class Jobs(Protocol):
    def find(self, job: str) -> Job | None: ...

    def save(self, job: Job, announcing: Sequence[Event]) -> Job:
        """State and events in one write; raise ConcurrentChange."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsReport:
    """Item statistics of an edition over ``attempts`` graded attempts, scored with one key revision."""

    module_id: ModuleId
    edition: int
    computed_at: datetime
    key_revision: int
    attempts: int
    items: Sequence[ItemStatistic]
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsPart:
    """What one page of the job that computes statistics found."""

    attempts: int
    key_revision: int
    tallies: Tallies


class StatisticsReports(Protocol):
    def keep_part(self, job: str, page: int, part: StatisticsPart, until: datetime) -> None:
        """Keep a page's part until ``until``; the same page done again takes its place."""
        ...

    def parts(self, job: str, pages: int) -> Sequence[StatisticsPart]:
        """The parts of the first ``pages`` pages."""
        ...

    def find(self, edition: EditionId) -> StatisticsReport | None: ...

    def save(self, report: StatisticsReport) -> StatisticsReport:
        """Raise ConcurrentChange."""
        ...


class Uploads(Protocol):
    """Files that are too large for a request: uploaded to an address, one for each run of an import."""

    def address(self, job: Job, now: datetime) -> PresignedAddress:
        """Where the file can be PUT without a token."""
        ...

    def fetch(self, job: Job, limit: int) -> bytes | None:
        """The file, at most ``limit`` bytes and one more of it; None before it has come."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """What has waited too long for somebody to take up what it announced.

    ``announced_again`` counts how often that was announced again since; ``outbox`` is what its last write announced.
    """

    waiting: Enrolment | Attempt | Claim | Reissue | Job | EditionStatus
    announced_again: int
    outbox: str | None


class Recovery(Protocol):
    """What waits, in all tables; whoever writes it meanwhile takes it out of here."""

    def overdue(self, until: datetime) -> Iterator[Overdue]:
        """What is due for recovery by ``until``, as last written; cost follows what is due."""
        ...

    def announce_again(self, overdue: Overdue, event: Event, look_at: datetime) -> None:
        """Write it as it is, with ``event`` and one more announcement, due again at ``look_at``.

        Raise ConcurrentChange where it moved on.
        """
        ...

    def give_up(self, overdue: Overdue, at: datetime) -> None:
        """Stuck from ``at`` on, until somebody writes it: due no more. Raise ConcurrentChange where it moved on."""
        ...

    def stuck(self) -> int:
        """How much is stuck now; reads keys of what is stuck alone, eventually consistent."""
        ...


class ExportFiles(Protocol):
    """Files of exports, written page by page in flat memory; they are deleted 30 days after."""

    def grow(self, job: Job, page: bytes, *, is_last: bool) -> GrowingFile:
        """The job's file with its next page; the same page again takes its place. After the last the file is whole."""
        ...

    def address(self, job: Job, now: datetime) -> PresignedAddress: ...


class ReportedRecords(Protocol):
    def find(self, enrolment: EnrolmentId, report: Report) -> Reported | None: ...

    def save(self, reported: Reported) -> Reported:
        """Raise ConcurrentChange."""
        ...


class ExportRuns(Protocol):
    def latest(self, terms: Terms) -> LatestRun | None: ...

    def save(self, run: LatestRun) -> LatestRun:
        """Raise ConcurrentChange."""
        ...

    def keep_skips(self, job: Job, skips: Sequence[Skip], until: datetime) -> None:
        """Keep whom the job's page left out until ``until``; the same page again takes its place."""
        ...

    def skips(self, job: Job, limit: int) -> Sequence[Skip]:
        """At most ``limit`` of those whom the job left out."""
        ...


class PersonalRecords(Protocol):
    """All that is held about a learner in their own partition, of whatever kind."""

    def all(self, learner_id: LearnerId) -> Sequence[object]:
        """Aggregates of the domain; raise KeyError for a kind that is not known here."""
        ...

    def save(self, record: object) -> None:
        """Raise ConcurrentChange."""
        ...

    def remove(self, record: object) -> None:
        """For good; one that is gone stays gone. Raise ConcurrentChange where it was changed since it was read."""
        ...


class Erasures(Protocol):
    def find(self, learner_id: LearnerId) -> Erasure | None: ...

    def save(self, erasure: Erasure) -> Erasure:
        """Raise ConcurrentChange."""
        ...

    def due(self, until: datetime) -> Iterator[LearnerId]:
        """Whose evidence is to be destroyed by ``until``, at least in part."""
        ...


class EvidenceStore(Protocol):
    """What accreditors require of those who are erased: written by one role, read by one, destroyed by one."""

    def keep_identity(self, identity: Identity) -> None:
        """Write who the learner is; written again, it takes the place of the first."""
        ...

    def keep_documents(
        self, learner_id: LearnerId, certificate: CertificateNumber, version: int, until: datetime
    ) -> Sequence[Evidence]:
        """Copy the documents of a version byte by byte; the originals stay, until they are removed."""
        ...

    def remove_original(self, evidence: Evidence) -> None:
        """Remove the document that a copy was made of, for good; removed again, it stays removed."""
        ...

    def destroy(self, learner_id: LearnerId, evidence: Evidence) -> None:
        """Destroy a copy for good; destroyed again, it stays destroyed."""
        ...

    def destroy_identity(self, learner_id: LearnerId) -> None:
        """The same for who the learner was."""
        ...


class Accounts(Protocol):
    """Where learners sign in."""

    def remove(self, learner_id: LearnerId) -> None:
        """Remove the account; one that is gone stays gone. Tokens that are out stay good until they expire."""
        ...


class Mails(Protocol):
    """How far each mail is: kept for longer than its event can be delivered again, then forgotten."""

    def find(self, event_id: str, learner_id: LearnerId) -> Mail | None: ...

    def save(self, mail: Mail) -> Mail:
        """Raise ConcurrentChange."""
        ...

    def of_learner(self, learner_id: LearnerId) -> Sequence[Mail]:
        """All mails to a learner that are not forgotten yet."""
        ...


@dataclass(frozen=True, slots=True)
class Wording:
    """A letter in words: the subject on one line, and the whole of it twice."""

    subject: str
    text: str
    html: str


class WordLetter(Protocol):
    def __call__(self, letter: Letter, name: str | None, *languages: str | None) -> Wording:
        """The letter to ``name`` in the first of ``languages`` that is one of ours, else in English."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A mail as it is handed over; ``reference`` is the same each time that the same mail is."""

    to: str
    provider: str
    wording: Wording
    kind: str
    reference: str


class SendRefused(Exception):
    """The mail can't be sent to this address, now or later."""


class SendPutOff(Exception):
    """The mail was certainly not sent, and may be later: too many at once, or something must be set right first."""


class SendUnanswered(Exception):
    """Nobody knows whether the mail was sent."""


class Mailer(Protocol):
    def send(self, mail: Outgoing) -> str:
        """Send it in its turn, trying once; return the mail service's id of it.

        Raise SendRefused, SendPutOff or SendUnanswered.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A message that failed on its last try; ``queue`` is its queue's name in SQS, or the step that parked it."""

    queue: str
    message_id: str
    body: str
    cause: str
    failed_at: datetime
    redriven_at: datetime | None = None


class Failures(Protocol):
    """Kept for 14 days."""

    def keep(self, queue: str, message_id: str, body: str, cause: str, at: datetime) -> None:
        """Keep why a message failed on its last try."""
        ...

    def of(self, queue: str) -> Sequence[Failure]:
        """What failed and was not sent again since, the latest first; of 1,000 kept at most."""
        ...

    def settle(self, failure: Failure, at: datetime) -> None:
        """Note that the message was sent again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    """The last time that the dead letters of a queue were asked to be sent again."""

    queue: str
    asked_at: datetime
    version: int = 0


class Redrives(Protocol):
    def find(self, queue: str) -> Redrive | None: ...

    def save(self, redrive: Redrive) -> Redrive:
        """Raise ConcurrentChange."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What is in a queue and in its dead letters, approximately; ``name`` is the queue's name in SQS."""

    name: str
    waiting: int
    in_flight: int
    delayed: int
    dead_letters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message taken from the dead letters; ``receipt`` removes it."""

    message_id: str
    body: str
    receipt: str


class DeadLetters(Protocol):
    """The queues as operators see them. Queues have the names of ``messaging.routing``."""

    def queues(self) -> Sequence[str]: ...

    def backlog(self, queue: str) -> Backlog: ...

    def take(self, queue: str) -> Sequence[DeadLetter]:
        """Some dead letters, none when there are none; what is not removed within a minute is there again."""
        ...

    def remove(self, queue: str, letters: Sequence[DeadLetter]) -> None: ...


class AuditChain(Protocol):
    """What authors and admins did, in a chain that only grows. All reads see the last write."""

    def head(self) -> ChainHead: ...

    def has(self, event_id: str) -> bool:
        """Whether the act that this event told of has its entry."""
        ...

    def append(self, entry: AuditEntry, head: ChainHead) -> None:
        """Add the entry after ``head``; raise ConcurrentChange where the head has moved or the act has its entry."""
        ...

    def entries(self, first: int, limit: int) -> Mapping[int, AuditEntry]:
        """At most ``limit`` entries from place ``first`` on, in order, by the place that each is found at."""
        ...

    def hash_before(self, first: int) -> str:
        """The hash of the entry before place ``first``, GENESIS where there is none."""
        ...


class Schemes(Protocol):
    def all(self) -> Mapping[str, Scheme]: ...


class CertificateNumbers(Protocol):
    def draw(self) -> CertificateNumber:
        """A number nobody can guess."""
        ...


class StatusPlaces(Protocol):
    def draw(self, issued_at: datetime) -> StatusPlace:
        """A place that tells nothing of what was issued before; now and then one that is taken."""
        ...


class Randomness(Protocol):
    def random(self) -> Random:
        """Where forms are drawn from."""
        ...


class Deliveries(Protocol):
    def name(self) -> str:
        """A name that no other delivery of any message has."""
        ...


class Queues(Protocol):
    def send(self, queue: str, messages: Sequence[str]) -> Sequence[int]:
        """Send all messages in batches, trying again what is refused; return the places of those not sent."""
        ...
