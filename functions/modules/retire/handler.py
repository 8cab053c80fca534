"""Every 15 minutes: editions past their expiry -> module.retired."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.modules.retire.use_case import retire_expired
from shared.bootstrap import deps
from shared.observability import count, logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    retirement = retire_expired(deps())
    count("Retired", retirement.retired)
    count("RetirementLag", retirement.lag_seconds, MetricUnit.Seconds)
    logger.info("retired", extra={"retired": retirement.retired, "lag_seconds": retirement.lag_seconds})
    return {"retired": retirement.retired}
