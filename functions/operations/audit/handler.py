"""audit queue: admin.acted -> the audit chain."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.operations.audit.use_case import enter_act
from shared.bootstrap import consume, deps
from shared.events.operations import AdminActedV1
from shared.messaging.consumer import BatchAnswer
from shared.observability import logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    return consume(event, context, {AdminActedV1: lambda acted: enter_act(acted, deps())})
