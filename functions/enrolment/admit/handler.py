"""/admin/memberships, and of a learner the membership, accommodations, awards by hand and identities: for admins."""

from http import HTTPStatus

from functions.enrolment.admit.award import Award, award_by_hand
from functions.enrolment.admit.joining import join_identities, separate_identities, show_identities
from functions.enrolment.admit.use_case import (
    accommodations_of,
    grant_accommodation,
    list_accommodations,
    list_memberships,
    set_membership,
    set_memberships,
    show_accommodation,
    show_membership,
)
from shared.api.contract import enrolment as contract
from shared.api.cursor import decode_cursor, encode_cursor
from shared.api.memberships import memberships_in, read_memberships
from shared.api.operation import PageQuery
from shared.api.resolver import Answer, Api, Call, File
from shared.bootstrap import deps
from shared.domain.accommodation import Accommodation
from shared.domain.ids import EnrolmentId, LearnerId, ModuleId

lambda_handler = api = Api()


@api.operation(contract.PUT_MEMBERSHIPS)
def post_memberships(call: Call[contract.MembershipsBody | File, None]) -> Answer:
    told = read_memberships(call.body.data) if isinstance(call.body, File) else memberships_in(call.body)
    changed = set_memberships(told, deps())
    return Answer(HTTPStatus.OK, contract.MembershipsReceiptView(memberships=len(told), changed=changed))


@api.operation(contract.LIST_MEMBERSHIPS)
def get_memberships(call: Call[None, PageQuery]) -> Answer:
    page = list_memberships(call.query.limit, decode_cursor(call.query.cursor), deps())
    views = [contract.MembershipView.of(membership) for membership in page.entries]
    return Answer(HTTPStatus.OK, contract.MembershipsView(memberships=views, next=encode_cursor(page.cursor)))


@api.operation(contract.PUT_MEMBERSHIP)
def put_membership(call: Call[contract.MembershipBody, None]) -> Answer:
    membership = set_membership(call.learner_id, call.body.member, call.body.until, deps())
    return Answer(HTTPStatus.OK, contract.MembershipView.of(membership))


@api.operation(contract.GET_MEMBERSHIP)
def get_membership(call: Call[None, None]) -> Answer:
    return Answer(HTTPStatus.OK, contract.MembershipView.of(show_membership(call.learner_id, deps())))


@api.operation(contract.PUT_ACCOMMODATION)
def put_accommodation(call: Call[contract.AccommodationBody, None]) -> Answer:
    accommodation = Accommodation(
        learner_id=call.learner_id,
        module_id=call.module_id,
        extra_minutes=call.body.extra_minutes,
        extra_attempts=call.body.extra_attempts,
        reason=call.body.reason,
        granted_by=call.caller.learner_id,
        granted_at=call.at,
    )
    return Answer(HTTPStatus.OK, contract.AccommodationView.of(grant_accommodation(accommodation, deps())))


@api.operation(contract.GET_ACCOMMODATION)
def get_accommodation(call: Call[None, None]) -> Answer:
    granted = show_accommodation(call.learner_id, call.module_id, deps())
    return Answer(HTTPStatus.OK, contract.AccommodationView.of(granted))


@api.operation(contract.LIST_ACCOMMODATIONS)
def get_accommodations(call: Call[None, None]) -> Answer:
    views = [contract.AccommodationView.of(granted) for granted in accommodations_of(call.learner_id, deps())]
    return Answer(HTTPStatus.OK, contract.GrantsView(accommodations=views))


@api.operation(contract.LIST_ALL_ACCOMMODATIONS)
def get_all_accommodations(call: Call[None, PageQuery]) -> Answer:
    page = list_accommodations(call.query.limit, decode_cursor(call.query.cursor), deps())
    views = [contract.AccommodationView.of(granted) for granted in page.entries]
    return Answer(HTTPStatus.OK, contract.AccommodationsView(accommodations=views, next=encode_cursor(page.cursor)))


@api.operation(contract.POST_AWARD)
def post_award(call: Call[contract.AwardBody, None]) -> Answer:
    award = Award(
        enrolment=EnrolmentId(call.learner_id, ModuleId(call.body.module_id), call.body.edition),
        passed_at=call.body.passed_at,
        reason=call.body.reason,
    )
    enrolment, is_new = award_by_hand(award, call.caller.learner_id, deps(), at=call.at)
    return Answer(HTTPStatus.CREATED if is_new else HTTPStatus.OK, contract.AwardView.of(enrolment))


@api.operation(contract.POST_IDENTITY)
def post_identity(call: Call[contract.JoiningBody, None]) -> Answer:
    other, admin = LearnerId(call.body.learner_id), call.caller.learner_id
    primary, is_new = join_identities(call.learner_id, other, call.body.reason, admin, deps(), at=call.at)
    return Answer(HTTPStatus.CREATED if is_new else HTTPStatus.OK, contract.IdentitiesView.of(primary))


@api.operation(contract.GET_IDENTITIES)
def get_identities(call: Call[None, None]) -> Answer:
    return Answer(HTTPStatus.OK, contract.IdentitiesView.of(show_identities(call.learner_id, deps())))


@api.operation(contract.DELETE_IDENTITY)
def delete_identity(call: Call[None, None]) -> Answer:
    primary = separate_identities(call.learner_id, call.other_identity, deps())
    return Answer(HTTPStatus.OK, contract.IdentitiesView.of(primary))
