"""certificates queue: credit.claimed | certificate.reissue_requested -> certificate.issued | reissued."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.certification.certify.use_case import issue_version
from shared.bootstrap import consume, deps
from shared.events.certification import CertificateReissueRequestedV1, CreditClaimedV1
from shared.messaging.consumer import BatchAnswer
from shared.observability import logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    return consume(
        event,
        context,
        {
            CreditClaimedV1: lambda claimed: issue_version(claimed, deps()),
            CertificateReissueRequestedV1: lambda requested: issue_version(requested, deps()),
        },
    )
