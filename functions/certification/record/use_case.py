"""A learner's own record: profile, certificates, transcript."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, TypedDict

from shared.contacts import changed_contact
from shared.domain.certificate import CertificateContent, CertificateHead
from shared.domain.claim import Claim, LedgerEntry
from shared.domain.erasure import Erasure
from shared.domain.external import external_credit
from shared.domain.ids import CertificateNumber, LearnerId
from shared.domain.learner import Contact, Profile
from shared.domain.names import require_printable
from shared.domain.refusals import LearnerErased, NotFound, foreign_cursor
from shared.domain.transcript import Transcript, transcript
from shared.erasing import require_not_erased
from shared.identities import credit_of
from shared.ports import (
    Certificates,
    Claims,
    Contacts,
    DocumentKind,
    Documents,
    Erasures,
    Identities,
    Ledger,
    Orders,
    Page,
    PresignedAddress,
    Profiles,
    ReadTogether,
    RenderTranscript,
)


class Recording(Protocol):
    @property
    def read_together(self) -> ReadTogether: ...
    @property
    def profiles(self) -> Profiles: ...
    @property
    def identities(self) -> Identities: ...
    @property
    def contacts(self) -> Contacts: ...
    @property
    def claims(self) -> Claims: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def certificates(self) -> Certificates: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def documents(self) -> Documents: ...
    @property
    def render_transcript(self) -> RenderTranscript: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalCredit:
    """What the learner says they earned elsewhere."""

    earned_on: date
    title: str
    scheme: str
    amount: Decimal
    provider: str


class ProfileChanges(TypedDict, total=False):
    """What is absent is kept."""

    name: str | None
    given_name: str | None
    family_name: str | None
    profession: str | None
    language: str | None
    licence: str | None
    licence_state: str | None
    npi: str | None
    birth_month_day: str | None
    reporting_consent: bool | None


def show_profile(learner_id: LearnerId, deps: Recording) -> Profile:
    """The learner's profile, blank before anything was said."""
    return deps.profiles.find(learner_id) or Profile(learner_id=learner_id)


def change_profile(
    learner_id: LearnerId, changes: ProfileChanges, deps: Recording, *, contact: Contact | None = None
) -> Profile:
    """Change what is named in ``changes``. Issued certificates stay as they are.

    From now on the learner is written to at ``contact``. Raise NameNotPrintable or LearnerErased.
    """
    name = changes.get("name")
    if name is not None:
        require_printable(name)
    with deps.read_together((Erasure, learner_id), (Contact, learner_id), (Profile, learner_id)):
        require_not_erased(learner_id, deps.erasures)
        moved = changed_contact(contact, deps.contacts)
        known = show_profile(learner_id, deps)
    changed = replace(known, **changes)
    if changed != known:
        return deps.profiles.save(changed, moved)
    if moved:
        deps.contacts.save(moved)
    return known


def list_certificates(
    learner_id: LearnerId, limit: int, cursor: str | None, deps: Recording
) -> Page[tuple[CertificateContent, CertificateHead]]:
    """The learner's issued certificates, each in its current version; ``cursor`` gets the next page."""
    page = _claims(deps.identities.of(learner_id), limit, cursor, deps)
    heads = deps.certificates.heads([claim.certificate for claim in page.entries if claim.certified])
    found = []
    for claim in page.entries:
        head = heads.get(claim.certificate)
        if head is None:
            continue
        order = deps.orders.find(head.enrolment, head.number, head.current) if head.current > 1 else None
        found.append((order.content if order else claim.content, head))
    return Page(found, page.cursor)


def _claims(identities: Sequence[LearnerId], limit: int, cursor: str | None, deps: Recording) -> Page[Claim]:
    """A page of a person's claims, one identity after the other; the cursor says which, and after what in it."""
    number, mark, place = (cursor or "0/").partition("/")
    if not mark or number not in map(str, range(len(identities))):
        raise foreign_cursor()
    after = place or None
    found: list[Claim] = []
    for which in range(int(number), len(identities)):
        page = deps.claims.of_learner(identities[which], limit - len(found), after)
        found += page.entries
        if page.cursor:
            return Page(found, f"{which}/{page.cursor}")
        after = None
        if len(found) == limit and which + 1 < len(identities):
            return Page(found, f"{which + 1}/")
    return Page(found, None)


def show_certificate(
    learner_id: LearnerId, number: CertificateNumber, version: int | None, deps: Recording
) -> tuple[CertificateContent, CertificateHead]:
    """A version of the learner's own certificate, the current one unless another is named; raise NotFound."""
    head = deps.certificates.head(number)
    if head is None or not _is_of(head, learner_id, deps):
        raise NotFound(f"There is no certificate {number!r}.")
    wanted = version or head.current
    order = deps.orders.find(head.enrolment, number, wanted) if wanted <= head.current else None
    if order is None:
        raise NotFound(f"There is no version {wanted} of certificate {number!r}.")
    return order.content, head


def _is_of(head: CertificateHead, learner_id: LearnerId, deps: Recording) -> bool:
    return head.learner_id == learner_id or head.learner_id in deps.identities.of(learner_id)


def pdf_address(
    learner_id: LearnerId, number: CertificateNumber, version: int | None, deps: Recording, *, at: datetime
) -> PresignedAddress:
    """Where the PDF of a version can be fetched for five minutes; raise NotFound or LearnerErased."""
    content = _documented(learner_id, number, version, deps)
    return deps.documents.address(number, content.version, at)


def fetch_credential(
    learner_id: LearnerId, number: CertificateNumber, version: int | None, kind: DocumentKind, deps: Recording
) -> str:
    """The credential of a version, as it was signed; raise NotFound or LearnerErased."""
    content = _documented(learner_id, number, version, deps)
    return deps.documents.fetch(number, content.version, kind).decode()


def _documented(
    learner_id: LearnerId, number: CertificateNumber, version: int | None, deps: Recording
) -> CertificateContent:
    """What a version says whose documents are not gone into the evidence; raise NotFound or LearnerErased."""
    content, _ = show_certificate(learner_id, number, version, deps)
    if not content.attested_name:
        raise LearnerErased("The documents of this certificate are kept as evidence alone.")
    return content


def show_transcript(
    learner_id: LearnerId, year: int | None, scheme: str | None, deps: Recording, *, at: datetime
) -> Transcript:
    """The learner's credit, in all or of a year or scheme."""
    ledger = credit_of(deps.identities.of(learner_id), deps.ledger)
    return transcript(ledger, year=year, scheme=scheme, today=at.date())


def print_transcript(
    learner_id: LearnerId,
    year: int | None,
    scheme: str | None,
    accept_language: str | None,
    deps: Recording,
    *,
    at: datetime,
) -> bytes:
    """The same as PDF, in the language of the learner's profile, else in one that ``accept_language`` wishes for."""
    return deps.render_transcript(
        show_transcript(learner_id, year, scheme, deps, at=at),
        show_profile(learner_id, deps),
        year=year,
        scheme=scheme,
        made_at=at,
        accept_language=accept_language,
    )


def enter_external_credit(
    learner_id: LearnerId, credit: ExternalCredit, deps: Recording, *, at: datetime
) -> tuple[LedgerEntry, bool]:
    """Enter credit earned elsewhere, and whether this did: the same facts again find the first entry.

    Of those who enter the same facts at the same moment several may be told that they did. Raise InvalidRequest or
    LearnerErased.
    """
    require_not_erased(learner_id, deps.erasures)
    entry = external_credit(learner_id, **asdict(credit), at=at)
    known = deps.ledger.find(entry)
    if known is None:
        others = [each for each in deps.identities.of(learner_id) if each != learner_id]
        known = next(filter(None, (deps.ledger.find(replace(entry, learner_id=each)) for each in others)), None)
    return (known, False) if known else (deps.ledger.save(entry), True)
