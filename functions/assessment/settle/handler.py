"""grades queue: attempt.passed | attempt.failed -> enrolment.passed | attempt_failed, credit.claimed."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.assessment.settle.use_case import settle_grade
from shared.bootstrap import consume, deps
from shared.events.assessment import AttemptFailedV1, AttemptPassedV1
from shared.messaging.consumer import BatchAnswer
from shared.observability import logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    return consume(
        event,
        context,
        {
            AttemptPassedV1: lambda passed: settle_grade(passed, deps()),
            AttemptFailedV1: lambda failed: settle_grade(failed, deps()),
        },
    )
