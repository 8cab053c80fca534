"""/admin/learners/{learner_id}/membership: for admins."""

from http import HTTPStatus

from functions.enrolment.admit.use_case import set_membership, show_membership
from shared.api.contract import enrolment as contract
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps

lambda_handler = api = Api()


@api.operation(contract.PUT_MEMBERSHIP)
def put_membership(call: Call[contract.MembershipBody, None]) -> Answer:
    membership = set_membership(call.learner_id, call.body.member, call.body.until, deps())
    return Answer(HTTPStatus.OK, contract.MembershipView.of(membership))


@api.operation(contract.GET_MEMBERSHIP)
def get_membership(call: Call[None, None]) -> Answer:
    return Answer(HTTPStatus.OK, contract.MembershipView.of(show_membership(call.learner_id, deps())))
