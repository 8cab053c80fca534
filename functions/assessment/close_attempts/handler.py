"""Every minute: attempts past their deadline -> attempt.submitted."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.assessment.close_attempts.use_case import close_overdue
from shared.bootstrap import deps
from shared.observability import count, logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    closed = close_overdue(deps())
    count("Closed", closed)
    logger.info("attempts_closed", extra={"closed": closed})
    return {"closed": closed}
