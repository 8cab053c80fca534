"""Every day: evidence about those who are erased that was kept for its six years -> nothing."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.operations.destroy.use_case import destroy_outdated
from shared.bootstrap import deps
from shared.observability import count, logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    destroyed = destroy_outdated(deps())
    count("Destroyed", destroyed)
    logger.info("destroyed", extra={"destroyed": destroyed})
    return {"destroyed": destroyed}
