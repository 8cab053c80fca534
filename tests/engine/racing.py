"""Many at once: threads that start together, requests as the edge runs them, messages as a queue delivers them.

HTTP handlers take turns in the local process, so requests enter below the resolver: at the operations' functions,
with the edge's own rule for lost races.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any, Generic, TypeVar
from uuid import uuid4

from shared.api.caller import Caller
from shared.api.contract.modules import EditionQuery
from shared.api.resolver import Answer, Call, run_until_won
from shared.bootstrap import deps
from shared.domain.ids import LearnerId
from shared.messaging.trace import Trace, tracing
from shared.ports import ConcurrentChange
from tests.flow.journey import Client, Module, World

T = TypeVar("T")

# How often a queue delivers before the dead letters, as template.yaml has it.
RECEIVES = 5

races: list[int] = []
"""How many ran at once, each time."""


def at_once(count: int, do: Callable[[int], T]) -> list[T]:
    """What ``do`` gives for 0, 1, ... in as many threads, which all start at the same moment."""
    races.append(count)
    barrier = Barrier(count)

    def run(number: int) -> T:
        barrier.wait()
        return do(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@dataclass(frozen=True)
class Request(Generic[T]):
    """A request of ``client`` to an operation's function; ``send`` may be called by many threads."""

    function: Callable[[Call[Any, Any]], Answer]
    client: Client
    path: Mapping[str, str]
    query: EditionQuery | None = None

    def send(self, body: T | None = None, **headers: str) -> Answer:
        """As the edge answers it in the end: a client that is told 503 throttled asks again. A refusal is raised."""
        world = self.client.world
        call = Call(
            at=world.now,
            body=body,
            query=self.query,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            path=self.path,
            identity=Caller(LearnerId(self.client.sub), frozenset(self.client.groups)),
        )
        while True:
            request_id = str(uuid4())
            with tracing(Trace(correlation_id=request_id, causation_id=request_id)):
                try:
                    return run_until_won(self.function, call)
                except ConcurrentChange:
                    continue


def of_learner(function: Any, client: Client, module: Module, **path: str) -> Request[Any]:
    """A request about the client's enrolment in ``module``."""
    query = EditionQuery(edition=module.edition)
    return Request(function, client, {"module_id": module.module_id, **path}, query)


def of_author(function: Any, client: Client, module: Module) -> Request[Any]:
    """A request about an edition."""
    return Request(function, client, {"module_id": module.module_id, "edition": str(module.edition)})


def delivered(step: Callable[[Any, Any], None], event: Any) -> None:
    """Deliver a message to a step as a queue does: again when it failed, so often and no more."""
    with tracing(Trace(correlation_id=event.id, causation_id=event.id)):
        for _ in range(RECEIVES - 1):
            try:
                return step(event, deps())
            except ConcurrentChange:
                continue
        return step(event, deps())


def ids_of(world: World, kind: str, about: Any = None) -> set[str]:
    """The ids of all events of a kind that came to a queue."""
    return {event["id"] for event in world.events(kind, about=about)}
