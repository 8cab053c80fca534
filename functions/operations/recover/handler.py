"""Every 5 minutes: what waits too long for its message -> the same event again."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.operations.recover.use_case import recover_overdue
from shared.bootstrap import deps
from shared.observability import count, logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    recovered = recover_overdue(deps())
    count("AnnouncedAgain", recovered.announced)
    count("UnissuedPasses", recovered.unissued)
    count("Stuck", recovered.stuck)
    figures = asdict(recovered)
    logger.info("recovered", extra=figures)
    return figures
