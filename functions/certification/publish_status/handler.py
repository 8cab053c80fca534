"""statuses queue: certificate.reissued | revoked | restored -> the signed status lists."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.certification.publish_status.use_case import StatusChanged, enter_status, publish_lists
from shared.bootstrap import consume, deps
from shared.domain.status_list import StatusPlace
from shared.events.certification import CertificateReissuedV1, CertificateRestoredV1, CertificateRevokedV1
from shared.messaging.consumer import BatchAnswer
from shared.observability import logger

KINDS = (CertificateReissuedV1, CertificateRevokedV1, CertificateRestoredV1)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    entered: dict[StatusPlace, bool] = {}

    def enter(changed: StatusChanged) -> None:
        entered.update(enter_status(changed, deps()))

    return consume(event, context, dict.fromkeys(KINDS, enter), afterwards=lambda: publish_lists(entered, deps()))
