"""The edge of every queue consumer: decode, hand over, report what failed."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict, TypeVar

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.deadline import until_the_end_of
from shared.events.event import Event
from shared.faults import is_passing_fault
from shared.messaging.codec import UnreadableEvent, decode
from shared.messaging.trace import tracing
from shared.observability import count, logger
from shared.ports import Clock, ConcurrentChange, Failures

E = TypeVar("E", bound=Event)
Handler = Callable[[Any], None]
Record = Mapping[str, Any]
"""A message as Lambda hands it over."""

# A lost race is run again from a fresh read this often before the message goes back to the queue.
RUNS = 3


class ItemFailure(TypedDict):
    itemIdentifier: str


class BatchAnswer(TypedDict):
    """Which messages of a batch failed; SQS takes the others for done."""

    batchItemFailures: list[ItemFailure]


def _failed(records: Iterable[Record]) -> BatchAnswer:
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in records]}


class Consumer:
    """Hands each message of a batch to the handler of its event type.

    At least once and in any order; a message whose handler raises is reported alone and delivered
    again. On its last try its cause is kept, then it is a dead letter.
    """

    def __init__(self, handlers: Mapping[type[Any], Handler], failures: Failures, clock: Clock, max_receives: int):
        self._handlers = {kind.TYPE: handler for kind, handler in handlers.items()}
        self._failures = failures
        self._clock = clock
        self._max_receives = max_receives

    def __call__(
        self, event: dict[str, Any], context: LambdaContext, afterwards: Callable[[], None] | None = None
    ) -> BatchAnswer:
        """``afterwards`` runs once for the whole batch; where it raises, every message of it failed."""
        records: list[Record] = event["Records"]
        with until_the_end_of(context):
            failed = [record for record in records if not self._handle(record)]
            if afterwards and not self._finish(records, afterwards):
                return _failed(records)
        return _failed(failed)

    def _finish(self, records: list[Record], afterwards: Callable[[], None]) -> bool:
        """Whether that went well."""
        try:
            _run(afterwards)
        except Exception as error:
            logger.exception("batch_failed", extra={"messages": len(records)})
            for record in records:
                count("Failed")
                self._keep_on_last_try(record, error)
            return False
        return True

    def _handle(self, record: Record) -> bool:
        """Whether the message is done with."""
        logger.set_correlation_id(None)
        try:
            envelope = decode(record["body"])
            handler = self._handlers.get(envelope.event.TYPE)
            if handler is None:
                raise UnreadableEvent(f"{envelope.event.TYPE} does not belong on this queue")
            logger.set_correlation_id(envelope.trace.correlation_id)
            with tracing(envelope.trace):
                _run(lambda: handler(envelope.event))
        except Exception as error:
            count("Failed")
            if is_passing_fault(error):
                count("Postponed")
            logger.exception("message_failed", extra={"message_id": record["messageId"]})
            self._keep_on_last_try(record, error)
            return False
        logger.info("handled", extra={"event_type": envelope.event.TYPE, "event_id": envelope.id})
        count("Succeeded")
        return True

    def _keep_on_last_try(self, record: Record, error: Exception) -> None:
        if int(record["attributes"]["ApproximateReceiveCount"]) < self._max_receives:
            return
        queue = record["eventSourceARN"].rpartition(":")[2]
        cause = f"{type(error).__name__}: {error}"
        self._failures.keep(queue, record["messageId"], record["body"], cause, self._clock.now())


def _run(work: Callable[[], None]) -> None:
    for _ in range(RUNS - 1):
        try:
            return work()
        except ConcurrentChange:
            continue
    return work()
