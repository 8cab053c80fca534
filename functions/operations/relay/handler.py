"""Table streams: outbox -> queues."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.operations.relay.use_case import Announcement, relay
from shared.bootstrap import deps
from shared.observability import count, logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    announcements = [
        Announcement(
            sequence_number=record["dynamodb"]["SequenceNumber"],
            outbox=record["dynamodb"]["NewImage"]["outbox"]["S"],
        )
        for record in event["Records"]
    ]
    failed = relay(announcements, deps())
    logger.info("relayed", extra={"records": len(announcements), "failed_from": failed})
    count("Succeeded" if failed is None else "Failed")
    return {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}
