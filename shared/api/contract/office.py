"""The office's operations: find a learner, see one page about them, and who is enrolled in an edition."""

from collections.abc import Mapping, Sequence
from datetime import date
from http import HTTPMethod, HTTPStatus
from typing import Annotated, Any, Self

from pydantic import Field

from shared.api.contract.assessment import OptionView
from shared.api.contract.certification import (
    CreditView,
    CycleTotalView,
    ProfileView,
    TranscriptEntryView,
    YearTotalView,
)
from shared.api.contract.enrolment import (
    ADMINS,
    AccommodationView,
    AttemptSummaryView,
    ByHandView,
    JoinedView,
    MembershipView,
)
from shared.api.contract.modules import EDITION, EditionQuery
from shared.api.operation import MAX_LIMIT, Operation, PageQuery, Query
from shared.api.shapes import Instant, View, number
from shared.domain.attempt import Attempt, Grade
from shared.domain.certificate import CertificateContent, CertificateHead, CertificateVersion
from shared.domain.claim import LedgerEntry
from shared.domain.enrolment import Enrolment
from shared.domain.ids import LearnerId
from shared.domain.learner import Person
from shared.domain.questions import Bank

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
    by_hand: ByHandView | None = None
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
            by_hand=ByHandView.of(enrolment.by_hand) if enrolment.by_hand else None,
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
    by_hand: ByHandView | None = None
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
            by_hand=ByHandView.of(enrolment.by_hand) if enrolment.by_hand else None,
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
    """One page about one learner; ``name`` and ``email`` as their id token said, where the profile has none.

    ``joined`` are the other identities of a person who has several; ``learner_id`` is the primary one.
    """

    learner_id: str
    joined: list[JoinedView] | None = None
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


class SampleQuery(Query):
    """How many participants, and the seed that draws the same ones again."""

    n: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 10
    seed: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class SampleView(View):
    """Participants drawn with ``seed`` from ``enrolled`` who are enrolled."""

    seed: str
    enrolled: int
    enrolments: list[EnrolledView]


class AuditedQuestionView(View):
    """A question as it was shown, with what was answered and what that earned; texts are those of the bank revision."""

    question_id: str
    kind: str
    stem: str
    options: list[OptionView]
    answered: list[str] | None
    points: float | None
    max_points: float | None


class GradeView(View):
    key_revision: int
    points: float
    max_points: float
    passed: bool
    graded_at: Instant

    @classmethod
    def of(cls, grade: Grade) -> Self:
        return cls(
            key_revision=grade.key_revision,
            points=number(grade.points),
            max_points=number(grade.max_points),
            passed=grade.passed,
            graded_at=grade.graded_at,
        )


class AuditedAttemptView(View):
    attempt: int
    state: str
    started_at: Instant
    deadline: Instant
    submitted_at: Instant | None
    submitted_by: str | None
    pass_mark: int
    bank_revision: int
    questions: list[AuditedQuestionView]
    grade: GradeView | None
    earlier_grades: list[GradeView]

    @classmethod
    def of(cls, attempt: Attempt, bank: Bank) -> Self:
        texts = {question.question_id: question for question in bank.questions}
        scores = {part.question_id: part for part in attempt.score.by_question} if attempt.score else {}
        questions = []
        for asked in attempt.form.questions:
            shown = {option.option_id: option.text for option in texts[asked.question_id].options}
            answered, scored = attempt.answers.get(asked.question_id), scores.get(asked.question_id)
            questions.append(
                AuditedQuestionView(
                    question_id=asked.question_id,
                    kind=asked.kind,
                    stem=texts[asked.question_id].stem,
                    options=[OptionView(option_id=option, text=shown[option]) for option in asked.option_ids],
                    answered=None if answered is None else list(answered),
                    points=number(scored.points) if scored else None,
                    max_points=number(scored.max_points) if scored else None,
                )
            )
        return cls(
            attempt=attempt.number,
            state=attempt.state,
            started_at=attempt.started_at,
            deadline=attempt.ends_at,
            submitted_at=attempt.submitted_at,
            submitted_by=attempt.submitted_by,
            pass_mark=attempt.pass_mark,
            bank_revision=attempt.form.bank_revision,
            questions=questions,
            grade=GradeView.of(attempt.grade) if attempt.grade else None,
            earlier_grades=[GradeView.of(grade) for grade in attempt.earlier_grades],
        )


class AcknowledgedView(View):
    """The information as the learner acknowledged it: ``information_hash`` is the SHA-256 of ``content``."""

    information_hash: str
    acknowledged_at: Instant | None
    content: dict[str, Any] | None


class StatementView(View):
    scheme: str
    category: str
    amount: str
    activity_id: str
    statement: str
    statement_version: str


class AuditedVersionView(View):
    """What one version of the certificate says; ``pdf_sha256`` is the hash of its PDF."""

    version: int
    status: str
    issued_at: Instant
    supersedes: int | None = None
    reason: str | None = None
    attested_name: str
    profession: str
    completed_at: Instant
    credits: list[StatementView]
    pdf_sha256: str | None

    @classmethod
    def of(cls, content: CertificateContent, head: CertificateHead, record: CertificateVersion | None) -> Self:
        return cls(
            version=content.version,
            status=head.status_of(content.version),
            issued_at=content.issued_at,
            supersedes=content.supersedes,
            reason=content.reason,
            attested_name=content.attested_name,
            profession=content.profession,
            completed_at=content.completed_at,
            credits=[
                StatementView(
                    scheme=line.scheme,
                    category=line.category,
                    amount=str(line.amount),
                    activity_id=line.activity_id,
                    statement=line.statement,
                    statement_version=line.statement_version,
                )
                for line in content.credits
            ],
            pdf_sha256=record.pdf_sha256 if record else None,
        )


class ViewedView(View):
    """What was watched, by the server's clock: segments and their union in seconds, and the slides shown."""

    seconds: int
    segments: list[tuple[int, int]]
    slides: list[int]


class EvidenceView(View):
    """One bundle for an auditor. ``terms`` are the rules frozen for this learner."""

    learner_id: str
    name: str | None
    module_id: str
    edition: int
    title: str
    enrolment: EnrolledView
    terms: dict[str, Any] | None
    information: AcknowledgedView | None
    viewed: ViewedView
    attempts: list[AuditedAttemptView]
    evaluation: dict[str, str] | None
    evaluated_at: Instant | None
    certificate: str | None
    versions: list[AuditedVersionView]
    entries: list[TranscriptEntryView]


SAMPLE_ENROLMENTS = Operation(
    id="sampleEnrolments",
    summary="Participants of an edition drawn at random, the same ones again with the same seed",
    method=HTTPMethod.GET,
    path=f"{EDITION}/enrolments/sample",
    query=SampleQuery,
    answers={HTTPStatus.OK: SampleView},
    problems=("not-found",),
    groups=ADMINS,
)
GET_EVIDENCE = Operation(
    id="getEvidence",
    summary="All evidence of one learner in one edition, for an auditor; without the answer key",
    method=HTTPMethod.GET,
    path=f"{LEARNER}/evidence/{{module_id}}",
    query=EditionQuery,
    answers={HTTPStatus.OK: EvidenceView},
    problems=("not-found",),
    groups=ADMINS,
)
OPERATIONS = (LIST_LEARNERS, GET_LEARNER, LIST_ENROLMENTS, SAMPLE_ENROLMENTS, GET_EVIDENCE)
