"""The whole system on this machine, wired as template.yaml says."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from datetime import datetime, timedelta
from functools import cache
from logging import StreamHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3

from infra.local.clock import LocalClock
from infra.local.clock_control import Announced, ClockControl
from infra.local.engine import ENGINES, Engine, Ministack, Moto
from infra.local.errors import LocalError
from infra.local.gateway import Gateway, Request, Response, serve
from infra.local.http_server import HttpServer
from infra.local.issuer import AUDIENCE, ISSUER, STATE, Issuer
from infra.local.lambdas import Lambdas, Observer, StepName
from infra.local.outbox import Outbox, SentMail
from infra.local.output import Terminal
from infra.local.pollers import Delivery, Drain, Watch
from infra.local.queues import Queue, QueueMapping
from infra.local.resources import REGION, Resources
from infra.local.schedules import Schedules
from infra.local.streams import StreamMapping
from infra.local.template import Template
from shared import bootstrap, observability
from shared.adapters.clock import SystemClock

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"

_STEP = timedelta(hours=1)
"""The least by which time passes at once: what is due within it may be late, which changes nothing."""
_SETTLING_SECONDS = 0.01
_KEY = "test"  # the access key and its secret; the engines take any
_SENDER = "cme@society.example"
# What the template is to be told here, where it asks for it. No engine minds how fast mail comes.
_ASSUMED = {
    "JwtIssuer": ISSUER,
    "JwtAudience": AUDIENCE,
    "MailFrom": _SENDER,
    "MailIdentity": _SENDER,
    "MailRate": "1000",
}


class LocalSystem:
    """Starts empty and is ready when made; a context manager, or `close` it. One at a time in a process.

    It works in one of two ways:

    - as made, nothing moves by itself: `request` answers in this thread, `drain` delivers what that set going,
      `fire` runs a schedule;
    - after `go_live` (with a `port`), HTTP is served there, and messages, stream records and schedules are
      delivered by threads. The handlers' output goes to `log`.

    The process's environment is the functions' until it is closed; none of the user's AWS settings is left in it.
    """

    def __init__(
        self,
        *,
        template: Path = TEMPLATE,
        engine: str = "moto",
        clock: LocalClock | None = None,
        token_clock: LocalClock | None = None,
        port: int | None = None,
        parameters: Mapping[str, str] | None = None,
        state: Path = STATE,
        log: Path | None = None,
        progress: Callable[[str], None] = lambda _done: None,
    ) -> None:
        """`clock` is the system's time, `token_clock` the one by which tokens are good, the same unless it is given.

        `port` 0 is any free one, None serves no HTTP; `parameters` are the template's, beside what it is told here.

        Raise LocalError, with one line that says what to do, for what the user can mend.
        """
        self.clock = clock or LocalClock()
        self._token_clock = token_clock or self.clock
        self.delivery = Delivery()
        self._watches: list[Watch] = []
        self._drain = Drain([], [])
        self._live = False
        self._kept: dict[str, list[dict[str, Any]]] = {}
        self._clients: dict[str, Any] = {}
        self._template = Template(template, parameters or {}, _ASSUMED)
        progress(f"read {template.name}: {len(self._template.functions())} functions")
        with ExitStack() as stack:
            self._server = None if port is None else self._bound(port, stack)
            self._engine = self._started(engine, state, stack)
            progress(f"started the engine {engine} at {self._engine.address}")
            stack.callback(_restore_environment, dict(os.environ))
            _set_environment(self._engine.address)
            self._resources = Resources(self._template, self.aws, self.address)
            progress(f"made {self._resources.make_all()} tables, queues, buckets and keys")
            step_name = StepName()
            observability.logger.registered_handler.addFilter(step_name)
            stack.callback(observability.logger.registered_handler.removeFilter, step_name)
            aside = nullcontext if log is None else self._terminal(log, stack).set_aside
            self._lambdas = Lambdas(self._template, self._resources, aside)
            os.environ.update(self._lambdas.environment())
            stack.callback(bootstrap.set_clock, SystemClock())
            bootstrap.set_clock(self.clock)
            self.issuer = Issuer(state)
            self._gateway = Gateway(
                self._template,
                self._resources,
                self._lambdas,
                self.issuer,
                self.clock,
                token_clock=self._token_clock,
            )
            self._clock_control = ClockControl(self.clock.now, self._next_due, self.pass_time)
            self._outbox = Outbox(self.mails)
            self._schedules = Schedules(self._template, self._resources, self._lambdas, self.clock)
            self._queues, self._streams = self._mappings()
            self._drain = Drain(self._streams, self._queues)
            self._stack = stack.pop_all()

    @property
    def address(self) -> str:
        """Of the HTTP API, without a trailing slash."""
        return "http://127.0.0.1:8000" if self._server is None else self._server.address

    @property
    def observers(self) -> list[Observer]:
        """Called with every invocation that is over, in the thread that made it, in order."""
        return self._lambdas.observers

    @property
    def schedules(self) -> list[str]:
        """The functions that have one."""
        return self._schedules.functions

    def token(self, sub: str, *, name: str | None = None, groups: list[str] | None = None) -> str:
        """An id token that is good from the clock's now for a day."""
        return self.issuer.token(sub, at=self._token_clock.now(), name=name, groups=groups)

    def request(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """What the HTTP API answers; `path` may have a query.

        A body that is neither bytes nor str is sent as JSON; without a content type, all three go as JSON.
        """
        sent = {"host": self.address.removeprefix("http://")}
        if body is not None:
            sent["content-type"] = "application/json"
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        if body is not None and not isinstance(body, bytes | str):
            body = json.dumps(body)
        return self._handle(Request(method, path, sent, body.encode() if isinstance(body, str) else body or b""))

    def drain(self) -> None:
        """Deliver, as `delivery` says, what is in the streams and queues and what that sets going, until idle.

        A failed message is tried again at once until it is a dead letter. Raise `pollers.Stuck` when a stream's
        function keeps failing. Only before `go_live`.
        """
        if self._live:
            raise RuntimeError("a live system delivers by itself")
        self._drain(self.delivery)

    def fire(self, function: str) -> Any:
        """Run the schedule of a function (by its logical id); what it raises is raised. KeyError without one."""
        return self._schedules.fire(function)

    def advance(self, by: timedelta) -> None:
        """Move the clock; a live system fires the schedules that this makes due."""
        self.clock.advance(by)
        self._schedules.wake()

    def pass_time(self, until: datetime) -> Mapping[str, int]:
        """Of a live system: move the clock to what is due next, at most to `until`, and let it happen.

        Every schedule fires once, and what that sets going is waited for. The facts that were announced meanwhile,
        by event type.
        """
        announced = Announced()
        self.observers.append(announced)
        try:
            now = self.clock.now()
            at = min(until, max(self._next_due(now) or until, now + _STEP))
            self.clock.advance(max(timedelta(0), at - now))
            self._schedules.fire_all()
            self._settle()
        finally:
            self.observers.remove(announced)
        return announced.counts()

    def _next_due(self, now: datetime) -> datetime | None:
        """The first instant after `now` on the tables' indexes of what is due."""
        found = []
        for name, table in self._template.of_type("AWS::DynamoDB::Table").items():
            if any(index["IndexName"] == "due" for index in table.get("GlobalSecondaryIndexes", [])):
                pages = (
                    self.aws("dynamodb").get_paginator("scan").paginate(TableName=self.reference(name), IndexName="due")
                )
                found += [datetime.fromisoformat(item["due_at"]["S"]) for page in pages for item in page["Items"]]
        return min((at for at in found if at > now), default=None)

    def _settle(self) -> None:
        """Wait until nothing is under way: until all have looked once more, and nobody found anything to do."""
        while True:
            before = self._lambdas.invocations
            for watch in self._watches:
                watch.wake()
            while not all(watch.is_idle for watch in self._watches):
                time.sleep(_SETTLING_SECONDS)
            if self._lambdas.invocations == before:
                return

    def messages(self, queue: str) -> list[Any]:
        """The bodies of all messages that have come to a queue (by its logical id), oldest first.

        Only for queues that no function reads (dead letters too); they are taken off it. Else ValueError.
        """
        url = self._resources.lookup(queue, None)
        if any(mapping.queue.url == url for mapping in self._queues):
            raise ValueError(f"{queue} is read by a function: see the observers' invocations")
        reader = Queue(self.aws("sqs"), url)
        kept = self._kept.setdefault(queue, [])
        for message in reader.receive_all():
            kept.append(json.loads(message["Body"]))
            reader.delete(message)
        return list(kept)

    def mails(self) -> Sequence[SentMail]:
        """All mail that was sent, oldest first."""
        return self._engine.mails()

    def reference(self, name: str, attribute: str | None = None) -> str:
        """What the template's Ref or GetAtt of a resource is here: a table's name, a queue's URL."""
        return self._resources.lookup(name, attribute)

    def aws(self, service: str) -> Any:
        """A client of the engine, kept."""
        if service not in self._clients:
            self._clients[service] = _session().client(service, endpoint_url=self._engine.address)
        return self._clients[service]

    def go_live(self) -> None:
        """From here on threads serve HTTP and deliver; schedules fire now and then at their rates."""
        if self._server is None:
            raise ValueError("a live system needs a port")
        self._live = True
        self._watches += [Watch(each.source, each.once, self._engine.stream_seconds) for each in self._streams]
        self._watches += [Watch(each.source, each.once, self._engine.queue_seconds) for each in self._queues]
        for watch in self._watches:
            self._stack.callback(watch.stop)
            watch.start()
        self._stack.callback(self._schedules.stop)
        self._schedules.start()
        self._server.start()

    def is_alive(self) -> bool:
        """False when the engine has ended by itself."""
        return self._engine.is_alive()

    def close(self) -> None:
        """End all threads and the engine, and give the environment back."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _bound(self, port: int, stack: ExitStack) -> HttpServer:
        server = HttpServer(self._serve, port)
        stack.callback(server.close)
        return server

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The server is bound, for its address, before there is a gateway."""
        return serve(self._handle, environ, start_response)

    def _handle(self, request: Request) -> Response:
        for local in (self._outbox, self._clock_control):
            if local.is_asked(request):
                return local.handle(request)
        return self._gateway.handle(request)

    def _started(self, name: str, state: Path, stack: ExitStack) -> Engine:
        engine: Engine
        match name:
            case "moto":
                engine = Moto(self._wake)
            case "ministack":
                engine = Ministack(state / "ministack", ROOT / ".venv-ministack" / "bin" / "ministack")
            case _:
                raise LocalError(f"there is no engine '{name}'; take {' or '.join(ENGINES)}")
        stack.callback(engine.close)
        engine.start()
        return engine

    def _terminal(self, log: Path, stack: ExitStack) -> Terminal:
        log.parent.mkdir(parents=True, exist_ok=True)
        file = stack.enter_context(log.open("a", encoding="utf-8", buffering=1))
        terminal = Terminal(file)
        stack.callback(setattr, sys, "stdout", sys.stdout)
        sys.stdout = terminal
        # The functions' logger took the stream that it found when it was imported.
        powertools = observability.logger.registered_handler
        if isinstance(powertools, StreamHandler):
            stack.callback(powertools.setStream, powertools.stream)
            powertools.setStream(terminal)
        return terminal

    def _mappings(self) -> tuple[list[QueueMapping], list[StreamMapping]]:
        queues: list[QueueMapping] = []
        streams: list[StreamMapping] = []
        for function, declared in self._template.functions().items():
            for event in declared.get("Events", {}).values():
                properties = self._resources.resolve(event["Properties"])
                match event["Type"]:
                    case "SQS":
                        queue = self._queue_of(properties["Queue"])
                        queues.append(QueueMapping(queue, function, properties, self._lambdas))
                    case "DynamoDB":
                        client = self.aws("dynamodbstreams")
                        streams.append(StreamMapping(client, function, properties, self._lambdas))
                    case "Schedule" | "ScheduleV2":
                        pass
                    case other:
                        raise self._template.error(f"{function} has an event of type {other}; none runs locally")
        return queues, streams

    def _queue_of(self, arn: str) -> Queue:
        sqs = self.aws("sqs")
        return Queue(sqs, sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"])

    def _wake(self, body: bytes) -> None:
        self._drain.wake_named(body)
        for watch in self._watches:
            watch.wake_if_named(body)


@cache
def _session() -> boto3.session.Session:
    """One for all systems of a process: it keeps what it read about the services."""
    return boto3.session.Session(aws_access_key_id=_KEY, aws_secret_access_key=_KEY, region_name=REGION)


def _set_environment(engine: str) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": _KEY,
        "AWS_SECRET_ACCESS_KEY": _KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": engine,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def _restore_environment(before: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(before)
