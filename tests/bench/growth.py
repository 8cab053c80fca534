"""Growth: the same journey and the same schedules among more and more that is stored; what is asked must not grow."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from shared.domain.certificate_number import certificate_number
from tests.bench.calls import play, warmed
from tests.bench.charts import svg
from tests.bench.figures import Bench, Figure
from tests.bench.recording import Call, Recording
from tests.flow.journey import Learner, Module, World

SIZES, FAST_SIZES = (100, 1_000, 10_000), (100, 500)
SCHEDULES = ("Retire", "Remind", "CloseAttempts", "Recover")
OF_ONE_LEARNER = 500
# Kinds that are stored again and again, under other names, by the table that holds them.
COPIED = {
    "LearningTable": ("PROFILE", "ENROLMENT", "ATTEMPT", "CLAIM"),
    "CertificateTable": ("HEAD", "VERSION"),
    "CatalogueTable": ("STATUS",),
}
AT_ONCE = 25
LINES = ("#3b6ea8", "#d08a2e", "#5a9a52", "#a3475a", "#6b5b95", "#4b8b8b")


def measure(bench: Bench) -> list[Figure]:
    """Calls and units of a warm journey and of each schedule, with so many learners, certificates and modules."""
    figures, found = [], {}
    with warmed(bench.state) as (world, recording, module):
        first = next(iter(world.facts_of(Learner(world, "learner-1"), "CLAIM")))["certificate"]
        scene = list(_scene(world))
        stored = 0
        for size in FAST_SIZES if bench.fast else SIZES:
            _store(world, (_copy(table, item, first, n) for n in range(stored, size) for table, item in scene))
            stored = size
            world.deliver()
            found[size] = _asked(world, recording, module, first)
        busy = world.learner()
        _store(world, _enrolments(scene, busy))
        world.deliver()
        of_busy = play(world, recording, busy, module).without_mail().calls
    for what in next(iter(found.values())):
        asked = [found[size][what] for size in found]
        figures += [Figure(f"{what}, of {size:,}", len(found[size][what]), "calls") for size in found]
        figures.append(Figure(f"{what}, most to least calls", _spread([len(calls) for calls in asked]), "x", goal=1))
        figures.append(Figure(f"{what}, most to least units", _spread([_units(calls) for calls in asked]), "x", goal=1))
    normal = next(iter(found.values()))["journey"]
    of_busy_units, normal_units = _units(of_busy), _units(normal)
    figures.append(
        Figure(
            f"journey of one with {OF_ONE_LEARNER} enrolments, to others", len(of_busy) / len(normal), "x calls", goal=1
        )
    )
    figures.append(Figure("the same", of_busy_units / normal_units, "x units", goal=1.05))
    (bench.out / "growth.svg").write_text(_chart(found))
    return figures


def _asked(world: World, recording: Recording, module: Module, certificate: str) -> dict[str, list[Call]]:
    asked = {"journey": [*play(world, recording, world.learner(), module).without_mail().calls]}
    world.deliver()
    recording.take()
    for schedule in SCHEDULES:
        world.system.fire(schedule)
        asked[schedule] = recording.take()
    world.public(f"/verify/{certificate}", accept="application/json")
    asked["Verify"] = recording.take()
    return asked


def _units(calls: Iterable[Call]) -> float:
    return sum(call.read_units + call.write_units for call in calls)


def _spread(values: list[float]) -> float:
    return max(values) / min(values) if min(values) else 1.0


def _scene(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the first learner left, and the module's status: without what was announced, which is over."""
    for table, kinds in COPIED.items():
        pages = world.system.aws("dynamodb").get_paginator("scan").paginate(TableName=world.system.reference(table))
        for item in (item for page in pages for item in page["Items"]):
            of_others = item["pk"]["S"].startswith("LEARNER#") and item["pk"]["S"] != "LEARNER#learner-1"
            if item["sk"]["S"].partition("#")[0] in kinds and not of_others:
                yield table, {name: value for name, value in item.items() if name != "outbox"}


def _copy(table: str, item: dict[str, Any], certificate: str, number: int) -> tuple[str, dict[str, Any]]:
    text = (
        json.dumps(item).replace("learner-1", f"stored-{number:06d}").replace(certificate, certificate_number(number))
    )
    if table == "CatalogueTable":
        text = text.replace("module-1", f"stored-{number:06d}")
    return table, json.loads(text)


def _enrolments(scene: list[tuple[str, dict[str, Any]]], learner: Learner) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those of one learner in as many modules."""
    [enrolment] = [item for _, item in scene if item["sk"]["S"].startswith("ENROLMENT#")]
    for number in range(OF_ONE_LEARNER):
        text = json.dumps(enrolment).replace("learner-1", learner.sub).replace("module-1", f"other-{number:06d}")
        yield "LearningTable", json.loads(text)


def _store(world: World, items: Iterable[tuple[str, dict[str, Any]]]) -> None:
    client, pending = world.system.aws("dynamodb"), list(items)
    for start in range(0, len(pending), AT_ONCE):
        requests: dict[str, list[Any]] = {}
        for table, item in pending[start : start + AT_ONCE]:
            requests.setdefault(world.system.reference(table), []).append({"PutRequest": {"Item": item}})
        client.batch_write_item(RequestItems=requests)


def _chart(found: dict[int, dict[str, list[Call]]]) -> str:
    """Calls by what is stored: one line for all that make as many."""
    sizes, rows = list(found), []
    alike: dict[tuple[int, ...], list[str]] = {}
    for what in next(iter(found.values())):
        alike.setdefault(tuple(len(found[size][what]) for size in sizes), []).append(what)
    highest = max(max(counts) for counts in alike)
    for colour, (counts, names) in zip(LINES, alike.items(), strict=False):
        points = [(120 + 200 * n, 220 - 180 * count / highest) for n, count in enumerate(counts)]
        drawn = " ".join(f"{x},{y:.0f}" for x, y in points)
        rows.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x, y = points[-1]
        rows.append(f'<text x="{x + 8}" y="{y + 4:.0f}" fill="{colour}">{", ".join(names)}: {counts[-1]}</text>')
    rows += [f'<text x="{108 + 200 * n}" y="250">{size:,}</text>' for n, size in enumerate(sizes)]
    rows += ['<text x="8" y="250">stored</text>', '<text x="8" y="20">calls to AWS</text>']
    return svg(120 + 200 * len(sizes), 260, rows)
