"""GET /modules/{module_id}/enrolment/attempts/{attempt}/review."""

from http import HTTPStatus

from functions.assessment.review.use_case import review_attempt
from shared.api.contract import answer_key as contract
from shared.api.contract.modules import EditionQuery
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps

lambda_handler = api = Api()


@api.operation(contract.GET_REVIEW)
def get_review(call: Call[None, EditionQuery]) -> Answer:
    attempt, bank, key = review_attempt(call.enrolment, call.attempt, deps(), at=call.at)
    edition = attempt.enrolment.of_edition
    view = contract.ReviewView.of(
        attempt, bank, key, link=lambda name: deps().bank_images.address(edition, name, call.at).url
    )
    return Answer(HTTPStatus.OK, view)
