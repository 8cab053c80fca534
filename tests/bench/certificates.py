"""Certificates: what one takes to render, to sign and to store, and that many in a row need no more memory."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from infra.local.system import ROOT, LocalSystem
from shared.bootstrap import deps
from shared.domain.ids import EnrolmentId, LearnerId, ModuleId
from shared.ports import DocumentKind
from tests.bench.figures import Bench, Figure
from tests.flow.journey import World, answered

MEMORY_GOAL = 1.15
WARM = 20  # certificates, until the process has what it keeps


def measure(bench: Bench) -> list[Figure]:
    """Of one certificate, its parts; of an edition, issued and reissued at once, the time and the memory of it all."""
    engine = "ministack" if (ROOT / ".venv-ministack" / "bin" / "ministack").exists() else "moto"
    holders, times = (25, 10) if bench.fast else (1_000, 50)
    with LocalSystem(state=bench.state, log=bench.state / "functions.log", engine=engine) as system:
        world = World(system)
        module = world.published()
        learner = world.learner()
        learner.earns(module)
        enrolment = EnrolmentId(LearnerId(learner.sub), ModuleId(module.module_id), module.edition)
        figures = _parts(enrolment, times)
        for each in world.ready(module, holders - 1):
            form = each.begins()
            answered(each.submit(module.right(form)), 202)
            world.invocations.clear()
        figures += _many(world, f"{holders:,} issued at once, from grade to mail", holders)
        answered(world.admin.reissues_all(module, "bench"), 202)
        return figures + _many(world, f"{holders:,} reissued at once", holders)


def _parts(enrolment: EnrolmentId, times: int) -> list[Figure]:
    world = deps()
    claim = world.claims.find(enrolment)
    assert claim
    order = claim.order
    pdf = world.render(order.content)
    numbers = iter(range(2, 10_000))
    return [
        Figure("rendering", _cpu(lambda: world.render(order.content), times), "ms CPU"),
        Figure(
            "signing, KMS apart on the engine", _cpu(lambda: world.issuer.credential(order, "0" * 64), times), "ms CPU"
        ),
        Figure(
            "storing one document",
            _cpu(lambda: world.documents.store_once(claim.certificate, next(numbers), DocumentKind.PDF, pdf), times),
            "ms CPU",
        ),
        Figure("size of the PDF", len(pdf) / 1000, "kB"),
    ]


def _cpu(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return 1000 * median(taken)


def _many(world: World, what: str, holders: int) -> list[Figure]:
    """Everybody's certificate at once, as the queues bring them."""
    memory: list[int] = []

    def note(invocation: object) -> None:
        world.invocations.clear()
        if getattr(invocation, "function", "") == "Certify":
            memory.append(_resident())

    world.system.observers.append(note)
    began, cpu = time.perf_counter(), time.process_time()
    world.deliver()
    wall, used = time.perf_counter() - began, time.process_time() - cpu
    world.system.observers.remove(note)
    settled = memory[min(WARM, len(memory) - 1) :]
    return [
        Figure(what, 1000 * wall / holders, "ms each"),
        Figure(f"{what}, CPU", 1000 * used / holders, "ms each"),
        Figure(f"{what}, memory at the end", memory[-1] / 1e6, "MB"),
        Figure(f"{what}, most to first memory", max(settled) / settled[0], "x", goal=MEMORY_GOAL),
    ]


def _resident() -> int:
    """Bytes."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) * 1024
