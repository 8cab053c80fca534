"""Cold start: the import and the first call of each function, in a fresh interpreter, beside the floor's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from functions.assessment.regrade import use_case as regrading
from infra.local.lambdas import Lambdas
from infra.local.system import LocalSystem
from tests.bench.figures import Bench, Figure
from tests.bench.runtime import ColdCall, call_cold
from tests.flow.journey import World, answered

FLOOR = "floor"
# Times the floor's CPU: what is wished for.
GOALS = {"http": 1.6, "other": 1.3}
# One of each sort, for a quick look.
SOME = {"Grade", "Attempt", "Verify"}


@dataclass
class ColdLambdas:
    """Runs the first call of each function in a process of its own, the others as ever."""

    wanted: set[str] | None
    calls: dict[str, ColdCall]

    def handler(self, lambdas: Any, function: str, warm: Callable[[Any, str], Any]) -> Any:
        if function in self.calls or (self.wanted is not None and function not in self.wanted):
            return warm(lambdas, function)

        def run(event: Any, context: Any) -> Any:
            call = call_cold(lambdas._functions[function]["Handler"], event, function)
            if call.failed:
                raise RuntimeError(f"{function}: {call.answer}")
            self.calls[function] = call
            return call.answer

        return run


@contextmanager
def _cold(wanted: set[str] | None) -> Iterator[dict[str, ColdCall]]:
    warm, cold = Lambdas._handler, ColdLambdas(wanted, {})
    with patch.object(Lambdas, "_handler", lambda lambdas, function: cold.handler(lambdas, function, warm)):
        yield cold.calls


def measure(bench: Bench) -> list[Figure]:
    """The quickest of the first calls of each function, in its CPU time, as a ratio of the floor's."""
    calls = _quickest(bench.state, rounds=2 if bench.fast else 3, wanted=SOME if bench.fast else None)
    floor = calls.pop(FLOOR)
    figures = [Figure("floor: botocore and one put", floor.cpu * 1000, "ms CPU"), *_memory(FLOOR, floor)]
    for function, call in sorted(calls.items()):
        is_http = function != "Verify" and isinstance(call.answer, dict) and "statusCode" in call.answer
        goal = GOALS["http" if is_http else "other"]
        figures.append(Figure(function, call.cpu / floor.cpu, "x floor", goal=goal))
        figures += [Figure(f"{function}, CPU", call.cpu * 1000, "ms CPU"), *_memory(function, call)]
    return figures


def _memory(function: str, call: ColdCall) -> list[Figure]:
    return [Figure(f"{function}, memory", call.bytes / 1e6, "MB")]


def _quickest(state: Path, *, rounds: int, wanted: set[str] | None) -> dict[str, ColdCall]:
    best: dict[str, ColdCall] = {}
    for _ in range(rounds):
        with LocalSystem(state=state, log=state / "functions.log") as system:
            with _cold(wanted) as calls:
                _tour(World(system))
            table = {"table": system.reference("OperationsTable")}
            calls[FLOOR] = min(
                (call_cold("tests.bench.floors.put_an_item", table, FLOOR) for _ in range(3)), key=lambda call: call.cpu
            )
        for function, call in calls.items():
            if function not in best or call.cpu < best[function].cpu:
                best[function] = call
    return best


def _tour(world: World) -> None:
    """Something for every function to do, but ImportBank, which waits for a file."""
    module = world.published(claim="automatic")
    ada, ben, eve = (world.learner() for _ in range(3))
    number = ada.earns(module)
    ben.is_ready_for(module)
    form = ben.begins()
    answered(ben.save(module.right(form)))
    world.public(f"/verify/{number}")
    answered(world.admin.reissues(number, attested_name="Dr. Else"), 202)
    world.deliver()
    for path in ("/admin/queues", "/admin/learners"):
        answered(world.admin.ask("GET", path))
    claimed = world.published(claim="claimed", expires_on=(world.today + timedelta(days=2)).isoformat())
    eve.is_ready_for(claimed).passes()
    answered(eve.claim(("ESMO-MORA", "1.00")))
    eve.review()
    world.learner().is_ready_for(claimed)
    question = claimed.bank["questions"][0]["question_id"]
    answered(world.author.voids(claimed, question, dry_run=True))
    with patch.object(regrading, "AT_ONCE", 0):  # this time here, and by a job
        answered(world.author.voids(claimed, question, dry_run=True), 202)
    world.deliver()
    answered(world.author.retires(claimed))
    world.deliver()
    for schedule in world.system.schedules:
        world.system.fire(schedule)
