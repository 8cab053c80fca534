"""/admin/learners/{learner_id}/membership and /accommodations/{module_id}: for admins."""

from http import HTTPStatus

from functions.enrolment.admit.use_case import (
    grant_accommodation,
    set_membership,
    show_accommodation,
    show_membership,
)
from shared.api.contract import enrolment as contract
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps
from shared.domain.accommodation import Accommodation

lambda_handler = api = Api()


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
