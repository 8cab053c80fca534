"""imports queue: bank.upload_awaited -> the bank of a draft, or bank.upload_awaited again."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.modules.import_bank.use_case import import_upload
from shared.bootstrap import consume, deps
from shared.events.modules import UploadAwaitedV1
from shared.exchange.bank_file import BankFile
from shared.messaging.consumer import BatchAnswer
from shared.observability import logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    return consume(event, context, {UploadAwaitedV1: lambda awaited: import_upload(awaited, _read_bank, deps())})


def _read_bank(media_type: str, data: bytes) -> BankFile:
    from shared.api.bank import read_bank  # noqa: PLC0415 - a look that finds no file needs no reader

    return read_bank(media_type, data)
