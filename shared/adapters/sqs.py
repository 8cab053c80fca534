"""Queues in SQS, sent to in batches, and their dead letters."""

import json
import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.ports import Backlog, DeadLetter
from shared.settings import QueueSettings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH = 10
TRIES = 3
# Seconds, doubled each time, that a message which was refused waits at most.
PAUSE = 0.1


class SqsQueues:
    """See ``ports.Queues``."""

    def __init__(self, client: "SQSClient", queues: QueueSettings) -> None:
        self._client = client
        self._queues = queues

    def send(self, queue: str, messages: Sequence[str]) -> Sequence[int]:
        unsent = list(range(len(messages)))
        for run in range(TRIES):
            if run:
                time.sleep(random.uniform(0, PAUSE * 2**run))  # noqa: S311 - spreads, hides nothing
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


# Seconds: every one of SQS's servers is asked, and what was taken and not removed comes back.
WAIT = 1
HIDDEN = 60


class SqsDeadLetters:
    """See ``ports.DeadLetters``. A queue itself says where its dead letters go."""

    def __init__(self, client: "SQSClient", queues: QueueSettings) -> None:
        self._client = client
        self._queues = queues
        self._dead_letters: dict[str, str] = {}

    def queues(self) -> Sequence[str]:
        return self._queues.queues

    def backlog(self, queue: str) -> Backlog:
        url = self._queues.url(queue)
        waiting, in_flight, delayed = self._counts(url)
        return Backlog(
            name=url.rpartition("/")[2],
            waiting=waiting,
            in_flight=in_flight,
            delayed=delayed,
            dead_letters=sum(self._counts(self._dead_letters_of(queue))),
        )

    def take(self, queue: str) -> Sequence[DeadLetter]:
        answer = self._client.receive_message(
            QueueUrl=self._dead_letters_of(queue),
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=WAIT,
            VisibilityTimeout=HIDDEN,
        )
        return [
            DeadLetter(message_id=message["MessageId"], body=message["Body"], receipt=message["ReceiptHandle"])
            for message in answer.get("Messages", [])
        ]

    def remove(self, queue: str, letters: Sequence[DeadLetter]) -> None:
        url = self._dead_letters_of(queue)
        for letter in letters:
            self._client.delete_message(QueueUrl=url, ReceiptHandle=letter.receipt)

    def _counts(self, url: str) -> tuple[int, int, int]:
        """How many messages wait, are in flight, and are delayed."""
        found = self._client.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ],
        )["Attributes"]
        return (
            int(found["ApproximateNumberOfMessages"]),
            int(found["ApproximateNumberOfMessagesNotVisible"]),
            int(found["ApproximateNumberOfMessagesDelayed"]),
        )

    def _dead_letters_of(self, queue: str) -> str:
        if queue not in self._dead_letters:
            url = self._queues.url(queue)
            attributes = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]
            arn = json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"]
            self._dead_letters[queue] = self._client.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
        return self._dead_letters[queue]
