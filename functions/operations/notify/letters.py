"""What each event is told as: one function for each mail, from the event and from what holds when it is told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from shared.domain.attempt import AttemptHistory
from shared.domain.availability import EditionStatus
from shared.domain.certificate import CertificateContent, CertificateHead, Reissue
from shared.domain.edition import Edition, EditionContent
from shared.domain.enrolment import DeclineReason, Enrolment, EnrolmentState
from shared.domain.ids import CertificateNumber, EnrolmentId, LearnerId, ModuleId
from shared.domain.mail import Letter, NotSent
from shared.events.certification import (
    CertificateIssuedV1,
    CertificateReissuedV1,
    CertificateRestoredV1,
    CertificateRevokedV1,
    CertificateVersionEvent,
)
from shared.events.enrolment import (
    EnrolmentAttemptFailedV1,
    EnrolmentClaimClosingV1,
    EnrolmentConfirmedV1,
    EnrolmentDeclinedV1,
    EnrolmentEvent,
    EnrolmentExpiringV1,
    EnrolmentLapsedV1,
    EnrolmentPassedV1,
)
from shared.ports import (
    Accommodations,
    Attempts,
    Catalogue,
    Certificates,
    Claims,
    Clock,
    Enrolments,
    Orders,
    Reissues,
    Wanted,
)

Tellable = EnrolmentEvent | CertificateVersionEvent


class Telling(Protocol):
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def accommodations(self) -> Accommodations: ...
    @property
    def claims(self) -> Claims: ...
    @property
    def certificates(self) -> Certificates: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def reissues(self) -> Reissues: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def module_url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Told:
    """What the mails about an enrolment have in common; the content's rules are those that hold for this learner."""

    enrolment: Enrolment
    content: EditionContent
    status: EditionStatus
    link: str

    @property
    def last_day(self) -> date:
        """The last day on which the module is open, in the provider's zone."""
        return (self.status.terminates_at - timedelta(milliseconds=1)).astimezone(ZoneInfo(self.content.zone)).date()

    def letter(self, kind: str, *paragraphs: str, **facts: object) -> Letter:
        return Letter(
            kind=kind,
            paragraphs=paragraphs,
            link=self.link,
            provider=self.content.provider.name,
            zone=self.content.zone,
            facts={"title": self.content.title, "last_day": self.last_day, **facts},
        )


def recipient(event: Tellable, deps: Telling) -> LearnerId:
    """Whom an event is about; raise LookupError where its certificate is not there."""
    if isinstance(event, CertificateVersionEvent):
        return _head(event, deps).learner_id
    return LearnerId(event.learner_id)


def told_from(event: Tellable, learner_id: LearnerId) -> Sequence[Wanted]:
    """What every letter about an enrolment, or about a certificate, is made of."""
    if isinstance(event, CertificateVersionEvent):
        number = CertificateNumber(event.certificate)
        reissue = [(Reissue, (learner_id, number, event.version))] if event.version > 1 else []
        return [(CertificateHead, number), *reissue]
    enrolment_id = EnrolmentId(learner_id, ModuleId(event.module_id), event.edition)
    return [
        (Enrolment, enrolment_id),
        (Edition, enrolment_id.of_edition),
        (EditionStatus, enrolment_id.of_edition),
    ]


def confirmed(event: EnrolmentConfirmedV1, deps: Telling) -> Letter | NotSent:
    told = _told(event, deps)
    is_current = told.enrolment.has_passed or told.enrolment.state is EnrolmentState.CONFIRMED
    if told.enrolment.requests != event.ordinal or not is_current:
        return NotSent.MOVED_ON
    test = told.content.test
    return told.letter(
        "enrolment_confirmed",
        "enrolled",
        "test",
        "open_until",
        edition=event.edition,
        pass_mark=test.pass_mark,
        attempts=test.attempts,
    )


def declined(event: EnrolmentDeclinedV1, deps: Telling) -> Letter | NotSent:
    """With the reason, and what to do about it."""
    told = _told(event, deps)
    if told.enrolment.requests != event.ordinal or told.enrolment.state is not EnrolmentState.DECLINED:
        return NotSent.MOVED_ON
    return told.letter("enrolment_declined", "declined", DeclineReason(event.reason))


def lapsed(event: EnrolmentLapsedV1, deps: Telling) -> Letter | NotSent:
    """Only to those whose request was never answered: the others were told of the end three times before it came."""
    told = _told(event, deps)
    confirmed_at = told.enrolment.confirmed_at
    if told.enrolment.state is not EnrolmentState.LAPSED:
        return NotSent.MOVED_ON
    if confirmed_at and confirmed_at >= told.enrolment.requested_at:
        return NotSent.NOTHING_NEW
    return told.letter("enrolment_lapsed", "too_late", "newer_edition")


def attempt_failed(event: EnrolmentAttemptFailedV1, deps: Telling) -> Letter | NotSent:
    """With what is left as it was when the attempt failed, and from when on it can be used."""
    told = _told(event, deps)
    if told.enrolment.has_passed or told.enrolment.state is EnrolmentState.WITHDRAWN:
        return NotSent.MOVED_ON
    next_attempt_at = event.at + told.content.test.cooldown
    if not event.attempts_left:
        what_next = "no_attempts_left"
    elif next_attempt_at >= told.status.terminates_at:
        what_next = "closes_first"
    else:
        what_next = "try_again"
    return told.letter(
        "attempt_failed",
        "failed",
        what_next,
        attempt=event.ordinal,
        attempts_left=event.attempts_left,
        next_attempt_at=next_attempt_at,
    )


def passed(event: EnrolmentPassedV1, deps: Telling) -> Letter | NotSent:
    """With what comes next: the certificate by itself, or the claim while it is possible and to be made."""
    told = _told(event, deps)
    claim_until = told.enrolment.claim_until(told.content.claim_window)
    if told.content.is_automatic:
        what_next = [] if told.enrolment.certificate else ["certificate_follows"]
    elif claim_until and deps.clock.now() < claim_until and deps.claims.find(told.enrolment.id) is None:
        what_next = [_how_to_claim(told)]
    else:
        what_next = []
    return told.letter("enrolment_passed", "passed", *what_next, claim_until=claim_until)


def expiring(event: EnrolmentExpiringV1, deps: Telling) -> Letter | NotSent:
    """To those who can still pass."""
    told = _told(event, deps)
    now, end = deps.clock.now(), told.status.terminates_at
    if told.enrolment.state is not EnrolmentState.CONFIRMED or now >= end:
        return NotSent.MOVED_ON
    accommodation = deps.accommodations.find(told.enrolment.learner_id, told.enrolment.module_id)
    history = AttemptHistory(told.content.test, deps.attempts.of(told.enrolment.id), accommodation)
    if history.open:
        return told.letter("enrolment_expiring", "closes", "attempt_open")
    next_attempt_at = history.next_attempt_at or now
    if not history.left or next_attempt_at >= end:
        return NotSent.MOVED_ON
    waiting = ["next_attempt"] if next_attempt_at > now else []
    return told.letter(
        "enrolment_expiring",
        "closes",
        "attempts_left",
        *waiting,
        attempts_left=history.left,
        next_attempt_at=next_attempt_at,
    )


def claim_closing(event: EnrolmentClaimClosingV1, deps: Telling) -> Letter | NotSent:
    """To those who can still claim."""
    told = _told(event, deps)
    is_over = deps.clock.now() >= event.claim_until
    if is_over or not told.enrolment.has_passed or deps.claims.find(told.enrolment.id):
        return NotSent.MOVED_ON
    return told.letter(
        "enrolment_claim_closing",
        "not_claimed",
        _how_to_claim(told),
        claim_until=event.claim_until,
        claim_day=event.claim_until.astimezone(ZoneInfo(told.content.zone)).date(),
    )


def issued(event: CertificateIssuedV1, deps: Telling) -> Letter | NotSent:
    head, content = _certificate(event, deps)
    if head.revoked_for:
        return NotSent.MOVED_ON
    what_for = "credit" if content.credits else "participation"
    return _certificate_letter("certificate_issued", content, "issued", what_for, "where", credits=content.credits)


def reissued(event: CertificateReissuedV1, deps: Telling) -> Letter | NotSent:
    """With the version and its reason; not where the office reissued an edition without telling the holders."""
    head, content = _certificate(event, deps)
    reissue = deps.reissues.find(head.learner_id, head.number, event.version)
    if reissue and not reissue.notify:
        return NotSent.NOT_WANTED
    if head.revoked_for:
        return NotSent.MOVED_ON
    return _certificate_letter(
        "certificate_reissued",
        content,
        "reissued",
        "reason",
        "where",
        version=content.version,
        supersedes=content.supersedes,
        reason=content.reason,
    )


def revoked(event: CertificateRevokedV1, deps: Telling) -> Letter | NotSent:
    """With the public reason; the office's note is its own."""
    head, content = _certificate(event, deps)
    if head.revocations != event.ordinal or not head.revoked_for:
        return NotSent.MOVED_ON
    revoked_on = event.at.astimezone(ZoneInfo(content.zone)).date()
    return _certificate_letter(
        "certificate_revoked", content, "revoked", head.revoked_for, "contact", revoked_on=revoked_on
    )


def restored(event: CertificateRestoredV1, deps: Telling) -> Letter | NotSent:
    head, content = _certificate(event, deps)
    if head.revocations != event.ordinal or head.revoked_for:
        return NotSent.MOVED_ON
    return _certificate_letter("certificate_restored", content, "restored")


LETTERS: Mapping[type[Tellable], Callable[[Any, Telling], Letter | NotSent]] = {
    EnrolmentConfirmedV1: confirmed,
    EnrolmentDeclinedV1: declined,
    EnrolmentLapsedV1: lapsed,
    EnrolmentAttemptFailedV1: attempt_failed,
    EnrolmentPassedV1: passed,
    EnrolmentExpiringV1: expiring,
    EnrolmentClaimClosingV1: claim_closing,
    CertificateIssuedV1: issued,
    CertificateReissuedV1: reissued,
    CertificateRevokedV1: revoked,
    CertificateRestoredV1: restored,
}


def _told(event: EnrolmentEvent, deps: Telling) -> Told:
    enrolment_id = EnrolmentId(LearnerId(event.learner_id), ModuleId(event.module_id), event.edition)
    enrolment = deps.enrolments.find(enrolment_id)
    status = deps.catalogue.status(enrolment_id.of_edition)
    if enrolment is None or status is None:
        raise LookupError(f"no enrolment or edition for {event.id}")
    link = deps.module_url.replace("{module_id}", event.module_id).replace("{edition}", str(event.edition))
    edition = deps.catalogue.edition(enrolment_id.of_edition).under(enrolment.terms)
    return Told(enrolment, edition.content, status, link)


def _how_to_claim(told: Told) -> str:
    asked = told.content.evaluation.required and told.enrolment.evaluation is None
    return "evaluate_and_claim" if asked else "claim"


def _head(event: CertificateVersionEvent, deps: Telling) -> CertificateHead:
    head = deps.certificates.head(CertificateNumber(event.certificate))
    if head is None:
        raise LookupError(f"no certificate for {event.id}")
    return head


def _certificate(event: CertificateVersionEvent, deps: Telling) -> tuple[CertificateHead, CertificateContent]:
    head = _head(event, deps)
    order = deps.orders.find(head.enrolment, head.number, event.version)
    if order is None:
        raise LookupError(f"no order for {event.id}")
    return head, order.content


def _certificate_letter(kind: str, content: CertificateContent, *paragraphs: str, **facts: object) -> Letter:
    """Its link is where anyone verifies the version: the file itself is for its holder alone."""
    return Letter(
        kind=kind,
        paragraphs=paragraphs,
        link=content.verification_url,
        provider=content.provider,
        zone=content.zone,
        facts={"title": content.title, "number": content.number, **facts},
    )
