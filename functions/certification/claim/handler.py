"""/modules/{module_id}/enrolment/evaluation and /claim -> credit.claimed."""

from http import HTTPStatus

from functions.certification.claim.use_case import ClaimRequest, claim_credit, evaluate
from shared.api.contract import certification as contract
from shared.api.contract.modules import EditionQuery
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps

lambda_handler = api = Api()


@api.operation(contract.PUT_EVALUATION)
def put_evaluation(call: Call[contract.EvaluationBody, EditionQuery]) -> Answer:
    evaluate(call.enrolment, call.body.answers, deps(), at=call.at)
    return Answer(HTTPStatus.OK, contract.EvaluationReceiptView(evaluated_at=call.at))


@api.operation(contract.PUT_CLAIM)
def put_claim(call: Call[contract.ClaimBody, EditionQuery]) -> Answer:
    request = ClaimRequest(
        attested_name=call.body.attested_name,
        profession=call.body.profession,
        credits=tuple(credit.claimed() for credit in call.body.credits),
        show_name=call.body.show_name,
    )
    number, claimed = claim_credit(call.enrolment, request, deps(), at=call.at)
    return Answer(HTTPStatus.ACCEPTED if claimed else HTTPStatus.OK, contract.ClaimView(certificate=number))
