"""retirements queue: enrolment.retirement_reached -> enrolment.lapsed."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.enrolment.lapse.use_case import lapse_enrolment
from shared.bootstrap import consume, deps
from shared.events.enrolment import RetirementReachedV1
from shared.messaging.consumer import BatchAnswer
from shared.observability import logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    return consume(event, context, {RetirementReachedV1: lambda reached: lapse_enrolment(reached, deps())})
