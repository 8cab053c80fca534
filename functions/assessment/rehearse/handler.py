"""rehearsals queue: rehearsal.advanced -> rehearsal.advanced, until all attempts are looked at."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.assessment.rehearse.use_case import rehearse_page
from shared.bootstrap import consume, deps
from shared.events.operations import RehearsalAdvancedV1
from shared.messaging.consumer import BatchAnswer
from shared.observability import logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    return consume(event, context, {RehearsalAdvancedV1: lambda advanced: rehearse_page(advanced, deps())})
