"""submissions queue: attempt.submitted | attempt.regrade_requested -> attempt.passed | attempt.failed."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.assessment.grade.use_case import grade_attempt
from shared.bootstrap import consume, deps
from shared.events.assessment import AttemptRegradeRequestedV1, AttemptSubmittedV1
from shared.messaging.consumer import BatchAnswer
from shared.observability import logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    return consume(
        event,
        context,
        {
            AttemptSubmittedV1: lambda submitted: grade_attempt(submitted, deps()),
            AttemptRegradeRequestedV1: lambda requested: grade_attempt(requested, deps()),
        },
    )
