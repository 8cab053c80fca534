"""/modules/{module_id}/enrolment/attempts: the CME test -> attempt.submitted."""

from datetime import datetime
from http import HTTPStatus

from functions.assessment.attempt.use_case import save_answers, show_attempt, start_attempt, submit_attempt
from shared.api.contract import assessment as contract
from shared.api.contract.modules import EditionQuery
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps
from shared.domain.attempt import Attempt

lambda_handler = api = Api()


def _link(attempt: Attempt, at: datetime) -> contract.Link:
    return lambda name: deps().bank_images.address(attempt.enrolment.of_edition, name, at).url


@api.operation(contract.START_ATTEMPT)
def post_attempt(call: Call[None, EditionQuery]) -> Answer:
    attempt, bank, created = start_attempt(call.enrolment, deps(), at=call.at)
    status = HTTPStatus.CREATED if created else HTTPStatus.OK
    return Answer(status, contract.AttemptView.of_open(attempt, bank, _link(attempt, call.at)))


@api.operation(contract.GET_ATTEMPT)
def get_attempt(call: Call[None, EditionQuery]) -> Answer:
    attempt, bank = show_attempt(call.enrolment, call.attempt, deps(), at=call.at)
    return Answer(HTTPStatus.OK, contract.AttemptView.of(attempt, bank, _link(attempt, call.at)))


@api.operation(contract.SAVE_ANSWERS)
def patch_answers(call: Call[contract.SaveBody, EditionQuery]) -> Answer:
    save_answers(
        call.enrolment,
        call.attempt,
        call.body.chosen(),
        deps(),
        at=call.at,
    )
    return Answer(HTTPStatus.OK, contract.SavedView(saved_at=call.at))


@api.operation(contract.SUBMIT_ATTEMPT)
def post_submission(call: Call[contract.SubmissionBody, EditionQuery]) -> Answer:
    attempt, submitted = submit_attempt(
        call.enrolment,
        call.attempt,
        call.body.chosen(),
        deps(),
        at=call.at,
    )
    status = HTTPStatus.ACCEPTED if submitted else HTTPStatus.OK
    return Answer(status, contract.SubmissionView(attempt=attempt.number, state=attempt.state))
