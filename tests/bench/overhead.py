"""Warm overhead: the CPU of a step with AWS's answers canned, beside the same calls made with botocore alone."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from statistics import median
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from infra.local.lambdas import Invocation, LambdaContext
from infra.local.system import LocalSystem
from shared.bootstrap import deps
from tests.bench.calls import MAIL, play
from tests.bench.figures import Bench, Figure
from tests.bench.recording import OneList, Recording, default_session
from tests.flow.journey import World

GOAL = 1.3
FUNCTION_SECONDS = 20
TWICE_WARM = 2
CONSUMERS = ("Relay", "Confirm", "Grade", "Settle", "Certify")
JOURNEY = ("/me", "/enrolment", "/acknowledgement", "/attempts", "/answers", "/submission")


@dataclass(frozen=True)
class Canned:
    """One call to AWS, and its answer."""

    service: str
    operation: str
    params: Mapping[str, Any]
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Raw(BytesIO):
    def stream(self, **_: Any) -> Any:
        yield self.read()


class Tape:
    """Records each function's calls with their answers; afterwards gives those answers, in order, to whoever asks."""

    def __init__(self) -> None:
        self.steps: dict[str, tuple[Invocation, list[Canned]]] = {}
        self._calls: list[Canned] = []
        self._answers: list[Canned] | None = None

    def attach(self, events: Any) -> None:
        events.register("before-send", self._send)
        events.register("provide-client-params", self._ask)
        events.register("after-call", self._answer)

    def over(self, invocation: Invocation) -> None:
        name = invocation.event["routeKey"] if invocation.trigger == "http" else invocation.function
        self.steps[name] = invocation, self._calls
        self._calls = []

    def play(self, answers: Sequence[Canned]) -> None:
        self._answers = list(answers)

    def _ask(self, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked_with"] = params

    def _answer(self, http_response: Any, model: Any, context: Mapping[str, Any], **_: Any) -> None:
        if self._answers is None:
            service = model.service_model.service_name
            answer = http_response.status_code, dict(http_response.headers), http_response.content
            self._calls.append(Canned(service, model.name, context["asked_with"], *answer))

    def _send(self, request: Any, **_: Any) -> AWSResponse | None:
        if self._answers is None:
            return None
        canned = self._answers.pop(0)
        return AWSResponse(request.url, canned.status, dict(canned.headers), _Raw(canned.body))


def measure(bench: Bench) -> list[Figure]:
    """Per step the CPU of ours, and its ratio to the floor's. Certify renders and signs between its calls."""
    tape, times = Tape(), 10 if bench.fast else 100
    with default_session(tape.attach), LocalSystem(state=bench.state, log=bench.state / "functions.log") as system:
        deps().status_places = OneList()
        world, silent = World(system), Recording()
        world.system.observers.append(tape.over)
        module = world.published()
        for _ in range(1 + TWICE_WARM):
            play(world, silent, world.learner(), module)
        steps = {name: step for name, step in tape.steps.items() if step[1] and name != MAIL}
        wanted = {name: steps[name] for name in steps if name.endswith(JOURNEY) or name in CONSUMERS}
        return [figure for name in wanted for figure in _ratio(name, *wanted[name], world.system, tape, times)]


def _ratio(
    name: str, invocation: Invocation, calls: Sequence[Canned], system: Any, tape: Tape, times: int
) -> list[Figure]:
    handler = system._lambdas._handler(invocation.function)

    def ours() -> None:
        handler(invocation.event, LambdaContext(invocation.function, "1", time.monotonic() + FUNCTION_SECONDS))

    clients = {call.service: boto3.client(call.service) for call in calls}
    asks = [(getattr(clients[call.service], _method(clients[call.service], call.operation)), call) for call in calls]

    def floor() -> None:
        for ask, call in asks:
            ask(**call.params)

    mine, least = [], []
    for _ in range(times):  # by turns, so that a busy moment is both's
        mine.append(_cpu(ours, calls, tape))
        least.append(_cpu(floor, calls, tape))
    ratio = median(mine) / median(least)
    return [
        Figure(name, ratio, "x floor", goal=GOAL),
        Figure(f"{name}, CPU of {len(calls)} calls", 1000 * median(mine), "ms"),
    ]


def _method(of: Any, operation: str) -> str:
    return next(method for method, known in of.meta.method_to_api_mapping.items() if known == operation)


def _cpu(work: Callable[[], None], calls: Sequence[Canned], tape: Tape) -> float:
    tape.play(calls)
    began = time.process_time()
    work()
    return time.process_time() - began
