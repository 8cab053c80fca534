"""The engine's queues, and their event source mappings: messages reach functions at least once."""

from typing import TYPE_CHECKING, Any

from infra.local.failures import reported_failures
from infra.local.lambdas import Lambdas
from infra.local.resources import REGION

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_HOLD_SECONDS = 43200  # SQS's longest visibility timeout


class Queue:
    """One queue of the engine."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self.url = url

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]

    def receive(self, most: int, visibility: int | None = None) -> list[dict[str, Any]]:
        """At most `most` (1 to 10) messages that are visible now, hidden for `visibility` seconds or, without
        it, the queue's own time."""
        hidden = {} if visibility is None else {"VisibilityTimeout": visibility}
        answer = self._sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=most,
            WaitTimeSeconds=0,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
            **hidden,  # type: ignore[arg-type]
        )
        return [dict(message) for message in answer.get("Messages", [])]

    def receive_all(self) -> list[dict[str, Any]]:
        """Every visible message; each stays hidden until it is deleted or released."""
        received: list[dict[str, Any]] = []
        while batch := self.receive(10, _HOLD_SECONDS):
            received += batch
        return received

    def delete(self, message: dict[str, Any]) -> None:
        self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def release(self, message: dict[str, Any]) -> None:
        """Make it visible again at once; the engine moves it to the dead letters when it was its last try."""
        self._sqs.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )


class QueueMapping:
    """Brings one queue's messages to one function; a message is deleted when the function did not fail it."""

    def __init__(self, queue: Queue, function: str, properties: dict[str, Any], lambdas: Lambdas) -> None:
        self.queue = queue
        self.source = queue.name
        self.batch_size = int(properties.get("BatchSize", 10))
        self._function = function
        self._arn = str(properties["Queue"])
        self._properties = properties
        self._lambdas = lambdas

    def once(self) -> int:
        """Deliver one batch; the number of its messages. A failed one is visible again after the queue's time."""
        batch = self.queue.receive(min(self.batch_size, 10))
        failed = self.failures(batch) if batch else set()
        for message in batch:
            if message["MessageId"] not in failed:
                self.queue.delete(message)
        return len(batch)

    def failures(self, batch: list[dict[str, Any]]) -> set[str]:
        """Call the function with the batch; the ids of the messages that it failed."""
        event = {"Records": [_queue_record(message, self._arn) for message in batch]}
        everything = {str(message["MessageId"]) for message in batch}
        try:
            result = self._lambdas.invoke(self._function, "queue", event)
        except Exception:  # logged by Lambdas; the whole batch comes again
            return everything
        failed = reported_failures(self._properties, result)
        return failed if failed <= everything else everything  # an id it was not given fails the whole batch


def _queue_record(message: dict[str, Any], arn: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: {
                "dataType": value["DataType"],
                "stringValue": value.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
            }
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": REGION,
    }
