"""Every hour: notices before an expiry -> job.advanced; claim windows about to close -> enrolment.claim_closing."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.modules.remind.use_case import remind
from shared.bootstrap import deps
from shared.observability import count, logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    reminders = remind(deps())
    count("NoticesBegun", reminders.notices)
    count("ClaimReminders", reminders.claims)
    figures = {"notices": reminders.notices, "dropped": reminders.dropped, "claims": reminders.claims}
    logger.info("reminded", extra=figures)
    return figures
