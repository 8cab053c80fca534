"""enrolments queue: enrolment.requested -> enrolment.confirmed | declined | lapsed."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.enrolment.confirm.use_case import confirm_enrolment
from shared.bootstrap import consume, deps
from shared.events.enrolment import EnrolmentRequestedV1
from shared.messaging.consumer import BatchAnswer
from shared.observability import logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    return consume(event, context, {EnrolmentRequestedV1: lambda requested: confirm_enrolment(requested, deps())})
