"""The tables' streams and their event source mappings: changes reach functions in order, at least once."""

import base64
import json
from typing import TYPE_CHECKING, Any

from moto.events.models import EventPattern

from infra.local.failures import reported_failures
from infra.local.lambdas import Lambdas
from infra.local.resources import REGION

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

_RECORDS_AT_ONCE = 100


class StreamMapping:
    """Brings one table's changes to one function, in order: a failed record holds up all that follow.

    The checkpoint is kept in memory, as the engine's state is; a fresh one starts at the oldest record.
    """

    def __init__(
        self, streams: "DynamoDBStreamsClient", function: str, properties: dict[str, Any], lambdas: Lambdas
    ) -> None:
        self._streams = streams
        self._function = function
        self._arn = str(properties["Stream"])
        self.source = self._arn.split("/")[1]
        self._batch_size = int(properties.get("BatchSize", 100))
        self._properties = properties
        self._patterns = [
            EventPattern(None, json.loads(each["Pattern"]))
            for each in properties.get("FilterCriteria", {}).get("Filters", [])
        ]
        self._lambdas = lambdas
        self._shard: str | None = None
        self._read: str | None = None  # sequence number of the last record read
        self._pending: list[dict[str, Any]] = []  # read and wanted, not done with
        self.failures: list[Exception] = []
        """How the oldest pending record failed so far, one each time; empty when the last call went well."""

    @property
    def is_pending(self) -> bool:
        """Whether there are records that were read and are not done with."""
        return bool(self._pending)

    def once(self, times: int = 1) -> int:
        """Deliver one batch `times` times, the last answer counts; the number of records done with."""
        if not self._pending:
            self._fetch()
        batch = self._pending[: self._batch_size]
        if not batch:
            return 0
        done, failure = 0, None
        for _ in range(times):
            done, failure = self._delivered(batch)
        del self._pending[:done]
        if done or failure is None:
            self.failures.clear()
        if failure is not None:
            self.failures.append(failure)
        return done

    def _delivered(self, batch: list[dict[str, Any]]) -> tuple[int, Exception | None]:
        """How many of the batch, from its start, the function has done, and why not all."""
        try:
            result = self._lambdas.invoke(self._function, "stream", {"Records": batch})
        except Exception as error:  # logged by Lambdas; the whole batch comes again
            return 0, error
        failed = reported_failures(self._properties, result)
        if not failed:
            return len(batch), None
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        done = min((numbers.index(number) for number in failed if number in numbers), default=0)
        return done, RuntimeError(f"{self._function} reported {sorted(failed)}")

    def _fetch(self) -> None:
        """Read on until there are wanted records and the last answer was not full, or no more.

        Each time by a new iterator: when a transaction is cancelled, moto puts a copy of its tables in place, and
        an iterator from before never sees what comes to them.
        """
        iterator = self._open()
        while True:
            answer = self._streams.get_records(ShardIterator=iterator, Limit=_RECORDS_AT_ONCE)
            if not answer["Records"]:
                return
            iterator = answer["NextShardIterator"]
            self._read = answer["Records"][-1]["dynamodb"]["SequenceNumber"]
            records = [_stream_record(dict(record), self._arn) for record in answer["Records"]]
            self._pending += [record for record in records if self._wants(record)]
            if self._pending and len(records) < _RECORDS_AT_ONCE:
                return

    def _open(self) -> str:
        """Where to read on. Both engines keep a table's changes in one shard."""
        if self._shard is None:
            [shard, *_] = self._streams.describe_stream(StreamArn=self._arn)["StreamDescription"]["Shards"]
            self._shard = shard["ShardId"]
        if self._read is None:
            return self._streams.get_shard_iterator(
                StreamArn=self._arn, ShardId=self._shard, ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
        return self._streams.get_shard_iterator(
            StreamArn=self._arn,
            ShardId=self._shard,
            ShardIteratorType="AFTER_SEQUENCE_NUMBER",
            SequenceNumber=self._read,
        )["ShardIterator"]

    def _wants(self, record: Any) -> bool:
        return not self._patterns or any(pattern.matches_event(record) for pattern in self._patterns)


def _stream_record(record: dict[str, Any], arn: str) -> dict[str, Any]:
    change = dict(record["dynamodb"])
    if "ApproximateCreationDateTime" in change:
        change["ApproximateCreationDateTime"] = change["ApproximateCreationDateTime"].timestamp()
    return {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": record["eventVersion"],
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": _as_json(change),
        "eventSourceARN": arn,
    }


def _as_json(value: Any) -> Any:
    """Binary attributes as base64, as Lambda is given them."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {name: _as_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    return value
