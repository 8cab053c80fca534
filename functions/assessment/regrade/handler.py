"""/admin/modules/{module_id}/editions/{edition}/regrades and /statistics -> job.advanced: for authors."""

from dataclasses import asdict
from http import HTTPStatus

from functions.assessment.regrade.use_case import compute_statistics, regrade, show_statistics, try_regrade
from shared.api.contract import answer_key as contract
from shared.api.contract.operations import JobReceiptView
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps
from shared.domain.ids import OptionId, QuestionId
from shared.domain.regrade import Amendment, Effect

lambda_handler = api = Api()


@api.operation(contract.REGRADE)
def post_regrade(call: Call[contract.RegradeBody, None]) -> Answer:
    amendment = Amendment(
        question_id=QuestionId(call.body.question_id),
        correct=frozenset(OptionId(option) for option in call.body.key) if call.body.key else None,
        reason=call.body.reason,
    )
    ask = try_regrade if call.body.dry_run else regrade
    outcome = ask(call.edition_id, amendment, deps(), at=call.at)
    if isinstance(outcome, Effect):
        return Answer(HTTPStatus.OK, contract.RegradeEffectView(**asdict(outcome)))
    return Answer(HTTPStatus.ACCEPTED, JobReceiptView(job=outcome.job))


@api.operation(contract.GET_STATISTICS)
def get_statistics(call: Call[None, None]) -> Answer:
    return Answer(HTTPStatus.OK, contract.StatisticsView.of(show_statistics(call.edition_id, deps())))


@api.operation(contract.COMPUTE_STATISTICS)
def post_statistics(call: Call[None, None]) -> Answer:
    job = compute_statistics(call.edition_id, deps(), at=call.at)
    return Answer(HTTPStatus.ACCEPTED, JobReceiptView(job=job.job))
