"""Queues in SQS, sent to in batches."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.settings import QueueSettings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH = 10
TRIES = 3


class SqsQueues:
    """See ``ports.Queues``."""

    def __init__(self, client: "SQSClient", queues: QueueSettings) -> None:
        self._client = client
        self._queues = queues

    def send(self, queue: str, messages: Sequence[str]) -> Sequence[int]:
        unsent = list(range(len(messages)))
        for _ in range(TRIES):
            refused: list[int] = []
            for start in range(0, len(unsent), BATCH):
                refused += self._send(queue, messages, unsent[start : start + BATCH])
            unsent = refused
            if not unsent:
                break
        return unsent

    def _send(self, queue: str, messages: Sequence[str], places: Sequence[int]) -> list[int]:
        """Send one batch; return the places of the entries that SQS refused."""
        answer = self._client.send_message_batch(
            QueueUrl=self._queues.url(queue),
            Entries=[{"Id": str(place), "MessageBody": messages[place]} for place in places],
        )
        return [int(refused["Id"]) for refused in answer.get("Failed", [])]
