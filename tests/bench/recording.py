"""Every call that the functions make to AWS, by the step that makes it, with what DynamoDB would charge for it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3

from infra.local.clock import LocalClock
from infra.local.lambdas import Invocation
from infra.local.system import LocalSystem
from shared.bootstrap import deps
from shared.domain.status_list import StatusPlace, status_place
from tests.bench.capacity import Attributes, Index, read_units, write_units
from tests.flow.journey import START, TABLES, World

Key = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One call to AWS, and what it consumes of DynamoDB's capacity."""

    service: str
    operation: str
    about: str = ""
    """The kinds of the items, with their table."""
    read_units: float = 0
    write_units: int = 0
    step: str = ""
    """Which function made it; of one with routes, which route was asked for."""

    def __str__(self) -> str:
        return f"{self.operation} {self.about}".rstrip()


@dataclass(frozen=True)
class Write:
    """An item before and after a call."""

    table: str
    before: Attributes | None
    after: Attributes | None


class OneList:
    """See ``ports.StatusPlaces``: a process has soon put out the few lists of a year; here there is one."""

    def __init__(self) -> None:
        self._drawn = 0

    def draw(self, issued_at: datetime) -> StatusPlace:
        self._drawn += 1
        return status_place(issued_at.year, self._drawn)


class Recording:
    """The calls of the functions' own clients, which come from the default session; the system's don't."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.cold = False
        """Whether each call of a function is the first of its process."""
        self._under_way: list[Call] = []
        self._places = OneList()

    def watch(self, events: Any) -> None:
        events.register("provide-client-params", self.ask)
        events.register("after-call", self.answer)

    def attach(self, system: LocalSystem) -> None:
        self._engine = system.aws("dynamodb")
        self._tables = {system.reference(table): table for table in TABLES}
        self._indexes = {name: list(self._indexes_of(name)) for name in self._tables}
        system.observers.append(self._over)
        deps().status_places = self._places

    @property
    def last(self) -> Call:
        """The call that was made last, by a function that is still running."""
        return self._under_way[-1]

    def take(self) -> list[Call]:
        """The calls since the last time."""
        taken, self.calls = self.calls, []
        return taken

    def ask(self, params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        """Look up, before a call, what it is about to write over."""
        context["asked"] = params
        if model.service_model.service_name == "dynamodb":
            context["writes"] = list(self._writes(model.name, params))

    def answer(self, parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_: Any) -> None:
        asked, service = context["asked"], model.service_model.service_name
        call = Call(service, model.name, _about(asked))
        if service == "dynamodb":
            done = "Error" not in parsed
            call = replace(
                call,
                about=self._items(model.name, asked),
                read_units=self._read(model.name, asked, parsed) if done else 1,
                write_units=self._written(model.name, context["writes"]),
            )
        self._under_way.append(call)

    def _over(self, invocation: Invocation) -> None:
        step = invocation.event["routeKey"] if invocation.trigger == "http" else invocation.function
        self.calls += [replace(call, step=step) for call in self._under_way]
        self._under_way = []
        if self.cold:
            deps.cache_clear()
            deps().status_places = self._places

    def _indexes_of(self, table: str) -> Iterator[Index]:
        described = self._engine.describe_table(TableName=table)["Table"]
        for index in described.get("GlobalSecondaryIndexes", []):
            keys = tuple(key["AttributeName"] for key in index["KeySchema"])
            yield Index(index["IndexName"], keys, index["Projection"]["ProjectionType"] == "ALL")

    def _stored(self, table: str, key: Key) -> Attributes | None:
        wanted = {name: key[name] for name in ("pk", "sk")}
        found: Attributes | None = self._engine.get_item(TableName=table, Key=wanted, ConsistentRead=True).get("Item")
        return found

    def _writes(self, operation: str, params: Mapping[str, Any]) -> Iterator[Write]:
        match operation:
            case "PutItem":
                yield Write(params["TableName"], self._stored(params["TableName"], params["Item"]), params["Item"])
            case "DeleteItem":
                yield Write(params["TableName"], self._stored(params["TableName"], params["Key"]), None)
            case "TransactWriteItems":
                for entry in params["TransactItems"]:
                    [(kind, one)] = entry.items()
                    key = one["Item"] if kind == "Put" else one["Key"]
                    stored = self._stored(one["TableName"], key)
                    yield Write(one["TableName"], stored, {"Put": one.get("Item"), "ConditionCheck": stored}[kind])
            case "BatchWriteItem":
                for table, requests in params["RequestItems"].items():
                    for request in requests:
                        item = request["PutRequest"]["Item"]
                        yield Write(table, self._stored(table, item), item)

    def _written(self, operation: str, writes: list[Write]) -> int:
        in_transaction = operation == "TransactWriteItems"
        return sum(
            write_units(write.before, write.after, self._indexes[write.table], in_transaction=in_transaction)
            for write in writes
        )

    def _read(self, operation: str, params: Mapping[str, Any], parsed: Mapping[str, Any]) -> float:
        match operation:
            case "GetItem":
                found = [parsed["Item"]] if "Item" in parsed else []
                return read_units(found, is_consistent=params.get("ConsistentRead", False))
            case "Query":
                counted = params.get("Select") == "COUNT"
                asked = {name: value for name, value in params.items() if name != "Select"}
                items = self._engine.query(**asked)["Items"] if counted else parsed["Items"]
                return read_units(items, is_consistent=params.get("ConsistentRead", False))
            case "BatchGetItem":
                return sum(
                    self._read_one_by_one(parsed["Responses"].get(table, []), request)
                    for table, request in params["RequestItems"].items()
                )
            case _:
                return 0

    def _read_one_by_one(self, found: list[Attributes], request: Mapping[str, Any]) -> float:
        missing = len(request["Keys"]) - len(found)
        is_consistent = request.get("ConsistentRead", False)
        return sum(
            read_units(items, is_consistent=is_consistent) for items in [*([item] for item in found), *[[]] * missing]
        )

    def _items(self, operation: str, params: Mapping[str, Any]) -> str:
        """The kinds of the items that a call names, by table."""
        match operation:
            case "BatchGetItem":
                keys = [(table, key) for table, request in params["RequestItems"].items() for key in request["Keys"]]
            case "TransactWriteItems":
                entries = [one for entry in params["TransactItems"] for one in entry.values()]
                keys = [(one["TableName"], one.get("Item") or one["Key"]) for one in entries]
            case "BatchWriteItem":
                keys = [
                    (table, one["PutRequest"]["Item"]) for table, all_ in params["RequestItems"].items() for one in all_
                ]
            case "Query":
                return f"{self._tables[params['TableName']]} {_range(params)}"
            case _:
                keys = [(params["TableName"], params.get("Item") or params["Key"])]
        return ", ".join(
            f"{self._tables[table]} {'+'.join(_kind(key) for of, key in keys if of == table)}"
            for table in dict.fromkeys(table for table, _ in keys)
        )


def _kind(key: Key) -> str:
    return str(key["sk"]["S"]).partition("#")[0]


def _range(params: Mapping[str, Any]) -> str:
    """What a query asks for: an index, or the kind that the range of its keys begins with."""
    if "IndexName" in params:
        return str(params["IndexName"])
    values = [value["S"] for value in params["ExpressionAttributeValues"].values()]
    return str(values[-1]).partition("#")[0]


def _about(params: Mapping[str, Any]) -> str:
    """Of a call to S3: the end of the object's key; to SQS: the queue."""
    if "QueueUrl" in params:
        return str(params["QueueUrl"]).rpartition("/")[2]
    return str(params["Key"]).rpartition(".")[2] if "Key" in params else ""


@contextmanager
def default_session(attach: Callable[[Any], None]) -> Iterator[None]:
    """A session of its own for the clients of functions, whose events are watched."""
    before = boto3.DEFAULT_SESSION
    boto3.setup_default_session()
    assert boto3.DEFAULT_SESSION
    attach(boto3.DEFAULT_SESSION.events)
    try:
        yield
    finally:
        boto3.DEFAULT_SESSION = before


@contextmanager
def recorded_world(state: Path, *, engine: str = "moto") -> Iterator[tuple[World, Recording]]:
    """A world whose functions' calls are recorded, with a clock that stands still."""
    recording = Recording()
    clock = LocalClock(START, ticking=False)
    with (
        default_session(recording.watch),
        LocalSystem(clock=clock, state=state, log=state / "functions.log", engine=engine) as system,
    ):
        recording.attach(system)
        yield World(system), recording
