"""The calls of one journey, from the profile to the certificate, step by step, and the least that would do."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path

from tests.bench.charts import COLOURS, svg
from tests.bench.figures import Bench, Figure
from tests.bench.recording import Call, Recording, recorded_world
from tests.flow.journey import Learner, Module, World, answered

# One read for all that a step asks, one write for all that it changes; documents, signatures and sends one by one.
LEAST: Mapping[str, Mapping[str, int]] = {
    "PUT /me": {"dynamodb": 2},
    "PUT /modules/{module_id}/enrolment": {"dynamodb": 2},
    "Confirm": {"dynamodb": 2},
    "PUT /modules/{module_id}/enrolment/acknowledgement": {"dynamodb": 2},
    "POST /modules/{module_id}/enrolment/attempts": {"dynamodb": 2},
    "PATCH /modules/{module_id}/enrolment/attempts/{attempt}/answers": {"dynamodb": 2},
    "POST /modules/{module_id}/enrolment/attempts/{attempt}/submission": {"dynamodb": 2},
    "Grade": {"dynamodb": 2},
    "Settle": {"dynamodb": 2},
    "Certify": {"dynamodb": 2, "s3": 3, "kms": 2},
    # enrolment requested, confirmed; attempt submitted, passed; enrolment passed, credit claimed; certificate issued
    "Relay": {"sqs": 7},
}
MAIL = "Notify"
# Of the drawing, in pixels.
ROW, LEFT = 20, 440


@dataclass(frozen=True)
class Journey:
    """What one journey asked of AWS, in order."""

    calls: Sequence[Call]

    def by_step(self) -> dict[str, list[Call]]:
        steps: dict[str, list[Call]] = {}
        for call in self.calls:
            steps.setdefault(call.step, []).append(call)
        return steps

    def without_mail(self) -> "Journey":
        return Journey([call for call in self.calls if call.step != MAIL])

    def count(self) -> Counter[str]:
        return Counter(call.service for call in self.calls)


def play(world: World, recording: Recording, learner: Learner, module: Module) -> Journey:
    """The journey of a learner who is new. What the client only looks at is left out."""
    world.deliver()
    card = answered(learner.ask("GET", f"{module.path}?edition={module.edition}"))
    recording.take()
    answered(learner.introduce())
    answered(learner.enrol(module))
    world.deliver()
    answered(learner.acknowledge(card["information_hash"]))
    form = answered(learner.start())
    answered(learner.save(module.right(form)))
    answered(learner.submit())
    world.deliver()
    calls = recording.take()
    assert learner.enrolment()["state"] == "certified"
    recording.take()
    return Journey(calls)


GOALS = {"dynamodb": 20, "sqs": 8, "s3": 3, "kms": 2}
NAMES = {"dynamodb": "DynamoDB calls", "sqs": "SQS sends", "s3": "S3 calls", "kms": "KMS calls"}


@contextmanager
def warmed(state: Path, *, engine: str = "moto") -> Iterator[tuple[World, Recording, Module]]:
    """A module that one learner has been through, so that its status list is out and all functions are warm."""
    with recorded_world(state, engine=engine) as (world, recording):
        module = world.published()
        play(world, recording, world.learner(), module)
        yield world, recording, module


def measure(bench: Bench) -> list[Figure]:
    """Of a warm journey each call, with what it consumes; of a cold one the sums."""
    with warmed(bench.state) as (world, recording, module):
        whole = play(world, recording, world.learner(), module)
        recording.cold = True
        cold = play(world, recording, world.learner(), module).without_mail()
    warm = whole.without_mail()
    (bench.out / "journey.svg").write_text(waterfall(warm))
    figures = [Figure(f"warm journey, {NAMES[name]}", warm.count()[name], "calls", goal=GOALS[name]) for name in GOALS]
    figures += [Figure(f"cold journey, {NAMES[name]}", cold.count()[name], "calls") for name in GOALS]
    figures += [
        Figure("warm journey, units read", sum(call.read_units for call in warm.calls), "units"),
        Figure("warm journey, units written", sum(call.write_units for call in warm.calls), "units"),
        Figure("its three mails, DynamoDB calls", whole.count()["dynamodb"] - warm.count()["dynamodb"], "calls"),
        Figure("scans", sum(call.operation == "Scan" for call in [*whole.calls, *cold.calls]), "calls", goal=0),
    ]
    for step, calls in warm.by_step().items():
        for call in calls:
            figures.append(Figure(f"{step}: {call}", call.read_units + call.write_units, "units"))
    return figures


def waterfall(journey: Journey) -> str:
    """Step below step, each with its calls in order: a drawing in SVG."""
    rows, x, y = [], 0, 0
    for step, calls in journey.by_step().items():
        y += ROW
        rows.append(f'<text x="8" y="{y + 11}">{escape(step)}</text>')
        for call in calls:
            title = f"<title>{escape(str(call))}</title>"
            rows.append(
                f'<rect x="{LEFT + x}" y="{y}" width="14" height="14" fill="{COLOURS[call.service]}">{title}</rect>'
            )
            x += 16
    y += 2 * ROW
    for place, (service, colour) in enumerate(COLOURS.items()):
        rows.append(f'<rect x="{8 + 150 * place}" y="{y}" width="14" height="14" fill="{colour}"/>')
        rows.append(f'<text x="{28 + 150 * place}" y="{y + 11}">{NAMES[service]}</text>')
    return svg(LEFT + x + 16, y + ROW, rows)
