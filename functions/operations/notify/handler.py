"""notifications queue: what happened to an enrolment or a certificate -> mail."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.operations.notify.letters import LETTERS, Tellable
from functions.operations.notify.use_case import notify
from shared.bootstrap import consume, deps
from shared.domain.mail import NotSent
from shared.messaging.consumer import BatchAnswer
from shared.observability import count, logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    return consume(event, context, dict.fromkeys(LETTERS, _tell))


def _tell(event: Tellable) -> None:
    mail = notify(event, deps())
    facts = {"event_id": mail.event_id, "state": mail.state, "reason": mail.reason, "doubts": mail.doubts}
    logger.info("notified", extra={**facts, "mail": mail.reference})
    if mail.reason is NotSent.ADDRESS_REFUSED:
        count("AddressRefused")
