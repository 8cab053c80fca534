"""/modules/{module_id}/enrolment: the learner's own enrolment -> enrolment.requested."""

from http import HTTPStatus

from functions.enrolment.enrol.use_case import (
    acknowledge,
    record_views,
    request_enrolment,
    show_attempts,
    show_enrolment,
    withdraw,
)
from shared.api.contract import enrolment as contract
from shared.api.contract.modules import EditionQuery
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps

lambda_handler = api = Api()


@api.operation(contract.PUT_ENROLMENT)
def put_enrolment(call: Call[None, EditionQuery]) -> Answer:
    enrolment, created = request_enrolment(call.enrolment, deps(), at=call.at, contact=call.caller.contact)
    if created:
        return Answer(HTTPStatus.ACCEPTED, contract.EnrolmentRequestView.of(enrolment))
    return Answer(HTTPStatus.OK, contract.EnrolmentRequestView.of(enrolment, show_attempts(enrolment, deps())))


@api.operation(contract.GET_ENROLMENT)
def get_enrolment(call: Call[None, EditionQuery]) -> Answer:
    return Answer(HTTPStatus.OK, contract.EnrolmentView.of(*show_enrolment(call.enrolment, deps())))


@api.operation(contract.DELETE_ENROLMENT)
def delete_enrolment(call: Call[None, EditionQuery]) -> Answer:
    enrolment = withdraw(call.enrolment, deps(), at=call.at)
    return Answer(HTTPStatus.OK, contract.EnrolmentRequestView.of(enrolment))


@api.operation(contract.PUT_ACKNOWLEDGEMENT)
def put_acknowledgement(call: Call[contract.AcknowledgementBody, EditionQuery]) -> Answer:
    enrolment = acknowledge(
        call.enrolment,
        call.body.information_hash,
        deps(),
        at=call.at,
    )
    acknowledged_at = enrolment.acknowledged_at or call.at
    return Answer(HTTPStatus.OK, contract.AcknowledgementView(acknowledged=True, acknowledged_at=acknowledged_at))


@api.operation(contract.POST_VIEWS)
def post_views(call: Call[contract.ViewsBody, EditionQuery]) -> Answer:
    segments = [(start, end) for start, end in call.body.segments]
    enrolment = record_views(call.enrolment, segments, deps(), at=call.at, slides=call.body.slides)
    viewing = enrolment.viewing
    view = contract.ViewsView(viewed_seconds=viewing.seconds, viewed_slides=len(viewing.slides))
    return Answer(HTTPStatus.OK, view)
