"""The office's operations: find a learner, see one page about them, and who is enrolled in an edition."""

from collections.abc import Mapping, Sequence
from datetime import date
from http import HTTPMethod, HTTPStatus
from typing import Annotated, Self

from pydantic import Field

from shared.api.contract.certification import CreditView, CycleTotalView, ProfileView, YearTotalView
from shared.api.contract.enrolment import ADMINS, AccommodationView, AttemptSummaryView, MembershipView
from shared.api.contract.modules import EDITION
from shared.api.operation import Operation, PageQuery
from shared.api.shapes import Instant, View
from shared.domain.attempt import Attempt
from shared.domain.certificate import CertificateHead
from shared.domain.claim import LedgerEntry
from shared.domain.enrolment import Enrolment
from shared.domain.ids import LearnerId
from shared.domain.learner import Person

LEARNERS = "/admin/learners"
LEARNER = f"{LEARNERS}/{{learner_id}}"


class LearnersQuery(PageQuery):
    """``q``: beginnings of words of name, licence and e-mail address, in any order, accents and capitals aside."""

    q: Annotated[str, Field(max_length=200)] | None = None


class FoundLearnerView(View):
    learner_id: str
    name: str | None
    profession: str | None
    licence: str | None
    email: str | None

    @classmethod
    def of(cls, person: Person) -> Self:
        return cls(
            learner_id=person.learner_id,
            name=person.name,
            profession=person.profile.profession if person.profile else None,
            licence=person.profile.licence if person.profile else None,
            email=person.contact.email if person.contact else None,
        )


class LearnersView(View):
    learners: list[FoundLearnerView]
    next: str | None


class EnrolledView(View):
    """How far someone is in an edition: ``attempts`` counts the graded ones."""

    learner_id: str
    name: str | None
    module_id: str
    edition: int
    state: str
    reason: str | None = None
    waiting_for: str | None = None
    requested_at: Instant
    confirmed_at: Instant | None
    acknowledged_at: Instant | None
    viewed_seconds: int
    attempts: int
    passed_at: Instant | None
    ended_at: Instant | None = None
    certificate: str | None = None

    @classmethod
    def of(cls, enrolment: Enrolment, name: str | None) -> Self:
        return cls(
            learner_id=enrolment.learner_id,
            name=name,
            module_id=enrolment.module_id,
            edition=enrolment.edition,
            state=enrolment.state,
            reason=enrolment.reason,
            waiting_for=enrolment.waiting_for,
            requested_at=enrolment.requested_at,
            confirmed_at=enrolment.confirmed_at,
            acknowledged_at=enrolment.acknowledged_at,
            viewed_seconds=enrolment.viewing.seconds,
            attempts=len(enrolment.settled),
            passed_at=enrolment.passed_at,
            ended_at=enrolment.ended_at,
            certificate=enrolment.certificate,
        )


class EnrolledListView(View):
    enrolments: list[EnrolledView]
    next: str | None

    @classmethod
    def of(cls, enrolments: Sequence[Enrolment], people: Mapping[LearnerId, Person], cursor: str | None) -> Self:
        views = [EnrolledView.of(enrolment, people[enrolment.learner_id].name) for enrolment in enrolments]
        return cls(enrolments=views, next=cursor)


class LearnersEnrolmentView(View):
    """``waiting_for`` is why a request is not decided yet, and ``next_try_at`` when it is tried again."""

    module_id: str
    edition: int
    state: str
    reason: str | None = None
    waiting_for: str | None = None
    next_try_at: Instant | None = None
    requested_at: Instant
    passed_at: Instant | None
    ended_at: Instant | None = None
    viewed_seconds: int
    attempts: list[AttemptSummaryView]
    certificate: str | None = None

    @classmethod
    def of(cls, enrolment: Enrolment, attempts: list[Attempt]) -> Self:
        return cls(
            module_id=enrolment.module_id,
            edition=enrolment.edition,
            state=enrolment.state,
            reason=enrolment.reason,
            waiting_for=enrolment.waiting_for,
            next_try_at=enrolment.next_try_at,
            requested_at=enrolment.requested_at,
            passed_at=enrolment.passed_at,
            ended_at=enrolment.ended_at,
            viewed_seconds=enrolment.viewing.seconds,
            attempts=[AttemptSummaryView.of(attempt) for attempt in attempts],
            certificate=enrolment.certificate,
        )


class LearnersCertificateView(View):
    """A certificate in its current version; ``credits`` is what the ledger has of it."""

    number: str
    version: int
    status: str
    module_id: str
    edition: int
    title: str | None
    earned_on: date | None
    credits: list[CreditView]

    @classmethod
    def of(cls, head: CertificateHead, entries: list[LedgerEntry]) -> Self:
        return cls(
            number=head.number,
            version=head.current,
            status=head.status_of(head.current),
            module_id=head.module_id,
            edition=head.edition,
            title=entries[0].title if entries else None,
            earned_on=date.fromisoformat(entries[0].earned_on) if entries else None,
            credits=[
                CreditView(scheme=entry.scheme, category=entry.category, amount=str(entry.amount)) for entry in entries
            ],
        )


class LearnerView(View):
    """One page about one learner; ``name`` and ``email`` as their id token said, where the profile has none."""

    learner_id: str
    name: str | None
    email: str | None
    profile: ProfileView | None
    membership: MembershipView | None
    enrolments: list[LearnersEnrolmentView]
    certificates: list[LearnersCertificateView]
    accommodations: list[AccommodationView]
    totals: list[YearTotalView]
    cycle: list[CycleTotalView]


LIST_LEARNERS = Operation(
    id="listLearners",
    summary="Find learners by name, e-mail address or licence; without a query, all in the order of their names",
    method=HTTPMethod.GET,
    path=LEARNERS,
    query=LearnersQuery,
    answers={HTTPStatus.OK: LearnersView},
    groups=ADMINS,
)
GET_LEARNER = Operation(
    id="getLearner",
    summary="All about one learner",
    method=HTTPMethod.GET,
    path=LEARNER,
    answers={HTTPStatus.OK: LearnerView},
    problems=("not-found",),
    groups=ADMINS,
)
LIST_ENROLMENTS = Operation(
    id="listEnrolments",
    summary="Who is enrolled in an edition, and how far they are",
    method=HTTPMethod.GET,
    path=f"{EDITION}/enrolments",
    query=PageQuery,
    answers={HTTPStatus.OK: EnrolledListView},
    problems=("not-found",),
    groups=ADMINS,
)
OPERATIONS = (LIST_LEARNERS, GET_LEARNER, LIST_ENROLMENTS)
