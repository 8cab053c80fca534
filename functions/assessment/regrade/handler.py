"""/admin/modules/{module_id}/editions/{edition}/regrades and /statistics -> job.advanced: for authors."""

from http import HTTPStatus

from functions.assessment.regrade.use_case import (
    Amendment,
    compute_statistics,
    regrade,
    show_statistics,
    try_regrade,
)
from shared.api.contract import answer_key as contract
from shared.api.contract.operations import JobReceiptView
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps
from shared.domain.ids import OptionId, QuestionId

lambda_handler = api = Api()


@api.operation(contract.REGRADE)
def post_regrade(call: Call[contract.RegradeBody, None]) -> Answer:
    amendment = Amendment(
        question_id=QuestionId(call.body.question_id),
        correct=frozenset(OptionId(option) for option in call.body.key) if call.body.key else None,
        reason=call.body.reason,
    )
    if call.body.dry_run:
        effect = try_regrade(call.edition_id, amendment, deps())
        view = contract.RegradeEffectView(
            attempts=effect.attempts, newly_passed=effect.newly_passed, points_changed=effect.points_changed
        )
        return Answer(HTTPStatus.OK, view)
    job = regrade(call.edition_id, amendment, deps(), at=call.at)
    return Answer(HTTPStatus.ACCEPTED, JobReceiptView(job=job.job))


@api.operation(contract.GET_STATISTICS)
def get_statistics(call: Call[None, None]) -> Answer:
    return Answer(HTTPStatus.OK, contract.StatisticsView.of(show_statistics(call.edition_id, deps())))


@api.operation(contract.COMPUTE_STATISTICS)
def post_statistics(call: Call[None, None]) -> Answer:
    job = compute_statistics(call.edition_id, deps(), at=call.at)
    return Answer(HTTPStatus.ACCEPTED, JobReceiptView(job=job.job))
