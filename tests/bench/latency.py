"""Time to result: from a submission to its grade, and to the certificate, in a live system on this machine."""

import time
from collections.abc import Callable
from statistics import median

from infra.local.system import LocalSystem
from tests.bench.figures import Bench, Figure
from tests.flow.journey import Learner, World, answered

PATIENCE = 30.0
PAUSE = 0.005


def measure(bench: Bench) -> list[Figure]:
    """Medians. On AWS, the waits in between are others: see docs/performance.md."""
    times = 2 if bench.fast else 10
    graded, certified = [], []
    with LocalSystem(state=bench.state, log=bench.state / "functions.log", port=0) as system:
        world = World(system)
        module = world.published()
        learners = world.ready(module, times + 1)
        world.deliver()
        system.go_live()
        for learner in learners:
            form = answered(learner.start(), 201)
            answered(learner.submit(module.right(form)), 202)
            began = time.perf_counter()
            graded.append(_until(lambda who=learner: _state(who) == "graded", began))
            certified.append(_until(lambda who=learner: who.enrolment()["state"] == "certified", began))
    # The first is the functions' first call, too.
    return [
        Figure("from submission to grade", 1000 * median(graded[1:]), "ms"),
        Figure("from submission to certificate", 1000 * median(certified[1:]), "ms"),
    ]


def _state(learner: Learner) -> str:
    return str(answered(learner.attempt(), 200)["state"])


def _until(is_so: Callable[[], bool], began: float) -> float:
    while not is_so():
        if time.perf_counter() - began > PATIENCE:
            raise TimeoutError("no result in time")
        time.sleep(PAUSE)
    return time.perf_counter() - began
