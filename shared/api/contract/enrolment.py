"""The operations of the enrolment room: a learner's own enrolment, and memberships for admins."""

from datetime import date
from http import HTTPMethod, HTTPStatus
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, Field

from shared.api.contract.modules import MODULE, EditionQuery
from shared.api.operation import KIB, Operation, PageQuery
from shared.api.shapes import Body, Identifier, Instant, View, number
from shared.domain.accommodation import Accommodation
from shared.domain.attempt import Attempt, AttemptHistory
from shared.domain.availability import EditionStatus
from shared.domain.edition import Edition
from shared.domain.enrolment import ByHand, DeclineReason, Enrolment, EnrolmentState, WaitingFor
from shared.domain.learner import Joined, Membership, Profile

ADMINS = frozenset({"admin"})
ENROLMENT = f"{MODULE}/enrolment"
MEMBERSHIP = "/admin/learners/{learner_id}/membership"
MEMBERSHIPS = "/admin/memberships"
CSV = "text/csv"
MAX_MEMBERSHIP_BYTES = 4 * 1024 * KIB
ACCOMMODATIONS = "/admin/learners/{learner_id}/accommodations"
ACCOMMODATION = "/admin/learners/{learner_id}/accommodations/{module_id}"
IDENTITIES = "/admin/learners/{learner_id}/identities"

WHAT_TO_DO = {
    DeclineReason.NOT_A_MEMBER: "This module is for members. Ask the society's office to join, then enrol anew.",
    DeclineReason.PREREQUISITE_MISSING: "Pass the modules that this one builds on, then enrol anew.",
    DeclineReason.PROFESSION_NOT_ADMITTED: (
        "This module is for other professions than the one in your profile. Correct your profile, then enrol anew."
    ),
    DeclineReason.MODULE_CLOSED: "This edition is closed. Look for a newer edition in the catalogue.",
}


WHAT_HAPPENS = {
    WaitingFor.MEMBERSHIP_DIRECTORY: (
        "The society's directory of members does not answer. Your request is kept and tried again by itself."
    ),
}


class EnrolmentRequestView(View):
    module_id: str
    edition: int
    state: str

    @classmethod
    def of(cls, enrolment: Enrolment, history: AttemptHistory | None = None) -> Self:
        """``history`` is of what was enrolled in before: attempts may be used up."""
        return cls(module_id=enrolment.module_id, edition=enrolment.edition, state=_state(enrolment, history))


def _state(enrolment: Enrolment, history: AttemptHistory | None) -> str:
    exhausted = enrolment.state is EnrolmentState.CONFIRMED and history is not None and history.is_exhausted
    return "exhausted" if exhausted else enrolment.state


class AttemptSummaryView(View):
    attempt: int
    state: str
    started_at: Instant
    deadline: Instant
    submitted_at: Instant | None
    points: float | None
    max_points: float | None
    passed: bool | None

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        score = attempt.score
        return cls(
            attempt=attempt.number,
            state=attempt.state,
            started_at=attempt.started_at,
            deadline=attempt.ends_at,
            submitted_at=attempt.submitted_at,
            points=number(score.points) if score else None,
            max_points=number(score.max_points) if score else None,
            passed=attempt.passed,
        )


class EnrolmentView(View):
    """``what_to_do`` comes with a reason, and with what a request is ``waiting_for``; ``claim_until`` after a pass;
    ``certificate`` once it has a number.

    ``zone`` is the IANA name of the provider's zone, in which instants are best shown; ``expires_at`` is when the
    edition closes.
    """

    module_id: str
    edition: int
    state: str
    reason: str | None = None
    waiting_for: str | None = None
    what_to_do: str | None = None
    acknowledged: bool
    viewed_seconds: int
    viewed_slides: int
    zone: str
    expires_at: Instant
    attempts: list[AttemptSummaryView]
    attempts_left: int
    next_attempt_at: Instant | None
    claim_until: Instant | None = None
    certificate: str | None = None

    @classmethod
    def of(cls, enrolment: Enrolment, history: AttemptHistory, edition: Edition, status: EditionStatus) -> Self:
        return cls(
            module_id=enrolment.module_id,
            edition=enrolment.edition,
            state=_state(enrolment, history),
            reason=enrolment.reason,
            waiting_for=enrolment.waiting_for,
            what_to_do=_what_to_do(enrolment),
            acknowledged=enrolment.acknowledged_hash == edition.information_hash,
            viewed_seconds=enrolment.viewing.seconds,
            viewed_slides=len(enrolment.viewing.slides),
            zone=edition.content.zone,
            expires_at=status.terminates_at,
            attempts=[AttemptSummaryView.of(attempt) for attempt in history.attempts],
            attempts_left=history.left,
            next_attempt_at=history.next_attempt_at,
            claim_until=enrolment.claim_until(edition.content.claim_window),
            certificate=enrolment.certificate,
        )


def _what_to_do(enrolment: Enrolment) -> str | None:
    if enrolment.reason:
        return WHAT_TO_DO[enrolment.reason]
    return WHAT_HAPPENS[enrolment.waiting_for] if enrolment.waiting_for else None


class AcknowledgementBody(Body):
    information_hash: Annotated[str, Field(max_length=200)]


class AcknowledgementView(View):
    acknowledged: bool
    acknowledged_at: Instant


def _forwards(segment: list[int]) -> list[int]:
    if segment[0] > segment[1]:
        raise ValueError("A segment runs from its first second to its last.")
    return segment


SegmentBody = Annotated[
    list[Annotated[int, Field(ge=0, le=1_000_000)]], Field(min_length=2, max_length=2), AfterValidator(_forwards)
]


class ViewsBody(Body):
    """Watched parts of the presentation as ``[from, to]`` in whole seconds, and slides shown, numbered from 1."""

    segments: Annotated[list[SegmentBody], Field(max_length=1000)]
    slides: Annotated[list[Annotated[int, Field(ge=1, le=10_000)]], Field(max_length=10_000)] = Field(
        default_factory=list
    )


class ViewsView(View):
    viewed_seconds: int
    viewed_slides: int


PUT_ENROLMENT = Operation(
    id="requestEnrolment",
    summary="Ask to enrol, in the open edition unless another is named",
    method=HTTPMethod.PUT,
    path=ENROLMENT,
    query=EditionQuery,
    answers={HTTPStatus.ACCEPTED: EnrolmentRequestView, HTTPStatus.OK: EnrolmentRequestView},
    problems=("not-found", "module-closed", "learner-erased"),
)
GET_ENROLMENT = Operation(
    id="getEnrolment",
    summary="How far the learner is",
    method=HTTPMethod.GET,
    path=ENROLMENT,
    query=EditionQuery,
    answers={HTTPStatus.OK: EnrolmentView},
    problems=("not-found",),
)
DELETE_ENROLMENT = Operation(
    id="withdrawEnrolment",
    summary="Withdraw; an open attempt is closed ungraded",
    method=HTTPMethod.DELETE,
    path=ENROLMENT,
    query=EditionQuery,
    answers={HTTPStatus.OK: EnrolmentRequestView},
    problems=("not-found", "not-enrolled", "already-passed"),
)
PUT_ACKNOWLEDGEMENT = Operation(
    id="acknowledgeInformation",
    summary="Acknowledge the information about the module by its hash",
    method=HTTPMethod.PUT,
    path=f"{ENROLMENT}/acknowledgement",
    query=EditionQuery,
    body=AcknowledgementBody,
    answers={HTTPStatus.OK: AcknowledgementView},
    problems=(
        "not-found", "not-enrolled", "not-confirmed",
        "information-changed",
    ),
)  # fmt: skip
POST_VIEWS = Operation(
    id="recordViews",
    summary="Record watched parts of the presentation",
    method=HTTPMethod.POST,
    path=f"{ENROLMENT}/views",
    query=EditionQuery,
    body=ViewsBody,
    answers={HTTPStatus.OK: ViewsView},
    problems=("not-found", "not-enrolled", "not-confirmed"),
)


class MembershipBody(Body):
    """``until`` is the last day of the membership; without it there is no end."""

    member: bool
    until: date | None = None


class MembershipView(View):
    learner_id: str
    member: bool
    until: date | None

    @classmethod
    def of(cls, membership: Membership) -> Self:
        return cls(learner_id=membership.learner_id, member=membership.member, until=membership.until)


class MembershipRow(Body):
    """What is said about one learner; see ``MembershipBody``."""

    learner_id: Identifier
    member: bool
    until: date | None = None


class MembershipsBody(Body):
    """Also taken as CSV, with these three columns: ``member`` is true or false, ``until`` a date or nothing."""

    memberships: Annotated[list[MembershipRow], Field(min_length=1)]


class MembershipsReceiptView(View):
    """How many memberships the file has, and how many of them were news."""

    memberships: int
    changed: int


class MembershipsView(View):
    memberships: list[MembershipView]
    next: str | None


PUT_MEMBERSHIPS = Operation(
    id="importMemberships",
    summary="Say of many learners at once whether they are members; a file with an error is refused whole",
    method=HTTPMethod.POST,
    path=MEMBERSHIPS,
    body=MembershipsBody,
    answers={HTTPStatus.OK: MembershipsReceiptView},
    problems=("import-failed",),
    groups=ADMINS,
    max_bytes=MAX_MEMBERSHIP_BYTES,
    files=(CSV,),
)
LIST_MEMBERSHIPS = Operation(
    id="listMemberships",
    summary="Everyone of whose membership anything was said",
    method=HTTPMethod.GET,
    path=MEMBERSHIPS,
    query=PageQuery,
    answers={HTTPStatus.OK: MembershipsView},
    groups=ADMINS,
)
PUT_MEMBERSHIP = Operation(
    id="putMembership",
    summary="Say whether a learner is a member, and until when",
    method=HTTPMethod.PUT,
    path=MEMBERSHIP,
    body=MembershipBody,
    answers={HTTPStatus.OK: MembershipView},
    problems=("not-found",),
    groups=ADMINS,
)
GET_MEMBERSHIP = Operation(
    id="getMembership",
    summary="Whether a learner is a member",
    method=HTTPMethod.GET,
    path=MEMBERSHIP,
    answers={HTTPStatus.OK: MembershipView},
    problems=("not-found",),
    groups=ADMINS,
)


class AccommodationBody(Body):
    """What the learner is granted on top of the module's terms, and why."""

    extra_minutes: Annotated[int, Field(ge=0, le=10_000)] = 0
    extra_attempts: Annotated[int, Field(ge=0, le=99)] = 0
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class AccommodationView(View):
    learner_id: str
    module_id: str
    extra_minutes: int
    extra_attempts: int
    reason: str
    granted_by: str
    granted_at: Instant

    @classmethod
    def of(cls, granted: Accommodation) -> Self:
        return cls(
            learner_id=granted.learner_id,
            module_id=granted.module_id,
            extra_minutes=granted.extra_minutes,
            extra_attempts=granted.extra_attempts,
            reason=granted.reason,
            granted_by=granted.granted_by,
            granted_at=granted.granted_at,
        )


class GrantsView(View):
    accommodations: list[AccommodationView]


class AccommodationsView(GrantsView):
    next: str | None


PUT_ACCOMMODATION = Operation(
    id="putAccommodation",
    summary="Grant a learner more time or attempts in a module; an open attempt's deadline moves with it",
    method=HTTPMethod.PUT,
    path=ACCOMMODATION,
    body=AccommodationBody,
    answers={HTTPStatus.OK: AccommodationView},
    problems=("not-found", "learner-erased"),
    groups=ADMINS,
)
GET_ACCOMMODATION = Operation(
    id="getAccommodation",
    summary="What a learner is granted in a module",
    method=HTTPMethod.GET,
    path=ACCOMMODATION,
    answers={HTTPStatus.OK: AccommodationView},
    problems=("not-found",),
    groups=ADMINS,
)
LIST_ACCOMMODATIONS = Operation(
    id="listAccommodations",
    summary="What a learner is granted, in all modules",
    method=HTTPMethod.GET,
    path=ACCOMMODATIONS,
    answers={HTTPStatus.OK: GrantsView},
    problems=("not-found",),
    groups=ADMINS,
)
LIST_ALL_ACCOMMODATIONS = Operation(
    id="listAllAccommodations",
    summary="Who is granted more time or attempts, by module",
    method=HTTPMethod.GET,
    path="/admin/accommodations",
    query=PageQuery,
    answers={HTTPStatus.OK: AccommodationsView},
    groups=ADMINS,
)


class AwardBody(Body):
    """A test passed elsewhere: when, and why that is believed."""

    module_id: Identifier
    edition: Annotated[int, Field(ge=1, le=9999)]
    passed_at: AwareDatetime
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class ByHandView(View):
    """A pass that the office entered, and why."""

    reason: str
    by: str
    at: Instant

    @classmethod
    def of(cls, entered: ByHand) -> Self:
        return cls(reason=entered.reason, by=entered.by, at=entered.at)


class AwardView(View):
    learner_id: str
    module_id: str
    edition: int
    state: str
    passed_at: Instant | None
    by_hand: ByHandView | None

    @classmethod
    def of(cls, enrolment: Enrolment) -> Self:
        return cls(
            learner_id=enrolment.learner_id,
            module_id=enrolment.module_id,
            edition=enrolment.edition,
            state=enrolment.state,
            passed_at=enrolment.passed_at,
            by_hand=ByHandView.of(enrolment.by_hand) if enrolment.by_hand else None,
        )


POST_AWARD = Operation(
    id="awardByHand",
    summary="Enter a pass for a test that was sat on site; it goes on to its certificate like any other",
    method=HTTPMethod.POST,
    path="/admin/learners/{learner_id}/awards",
    body=AwardBody,
    answers={HTTPStatus.CREATED: AwardView, HTTPStatus.OK: AwardView},
    problems=("not-found", "module-closed", "already-passed", "profile-incomplete", "learner-erased"),
    groups=ADMINS,
)


class JoiningBody(Body):
    """Which other identity is the same person, and why that is believed."""

    learner_id: Identifier
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class JoinedView(View):
    """Another identity of a person, and who said so."""

    learner_id: str
    reason: str
    by: str
    at: Instant

    @classmethod
    def of(cls, joined: Joined) -> Self:
        return cls(learner_id=joined.learner_id, reason=joined.reason, by=joined.by, at=joined.at)


class IdentitiesView(View):
    """A person: ``learner_id`` is the primary identity, under which they are shown; ``joined`` are the others."""

    learner_id: str
    joined: list[JoinedView]

    @classmethod
    def of(cls, primary: Profile) -> Self:
        return cls(learner_id=primary.learner_id, joined=[JoinedView.of(other) for other in primary.joined])


POST_IDENTITY = Operation(
    id="joinIdentities",
    summary="Let another identity be the same person; from then on there is one record, whichever is signed in with",
    method=HTTPMethod.POST,
    path=IDENTITIES,
    body=JoiningBody,
    answers={HTTPStatus.CREATED: IdentitiesView, HTTPStatus.OK: IdentitiesView},
    problems=("not-found", "already-joined", "identities-conflict", "learner-erased"),
    groups=ADMINS,
)
GET_IDENTITIES = Operation(
    id="getIdentities",
    summary="All identities of a person",
    method=HTTPMethod.GET,
    path=IDENTITIES,
    answers={HTTPStatus.OK: IdentitiesView},
    problems=("not-found",),
    groups=ADMINS,
)
DELETE_IDENTITY = Operation(
    id="separateIdentities",
    summary="Let another identity be another person again, with what is under it",
    method=HTTPMethod.DELETE,
    path=f"{IDENTITIES}/{{identity}}",
    answers={HTTPStatus.OK: IdentitiesView},
    problems=("not-found", "learner-erased"),
    groups=ADMINS,
)
OPERATIONS = (
    PUT_ENROLMENT,
    GET_ENROLMENT,
    DELETE_ENROLMENT,
    PUT_ACKNOWLEDGEMENT,
    POST_VIEWS,
    PUT_MEMBERSHIPS,
    LIST_MEMBERSHIPS,
    PUT_MEMBERSHIP,
    GET_MEMBERSHIP,
    PUT_ACCOMMODATION,
    GET_ACCOMMODATION,
    LIST_ACCOMMODATIONS,
    LIST_ALL_ACCOMMODATIONS,
    POST_AWARD,
    POST_IDENTITY,
    GET_IDENTITIES,
    DELETE_IDENTITY,
)
