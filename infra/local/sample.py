"""Publishes the sample modules through the API, as an author would."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.errors import LocalError
from infra.local.gateway import Response
from infra.local.system import ROOT, LocalSystem

SAMPLES = ROOT / "infra" / "samples"
MEMBERS = ("dr-a", "dr-b")


@dataclass(frozen=True, slots=True)
class SampleEdition:
    """What an author sends for one edition, as contract.md words it."""

    module_id: str
    edition: int
    card: dict[str, Any]
    bank: dict[str, Any]


def editions(folder: Path = SAMPLES) -> Iterator[SampleEdition]:
    """`<module_id>/edition-<n>.json`, in order, each with the module's `questions.json`."""
    for path in sorted(folder.glob("*/edition-*.json")):
        yield SampleEdition(
            module_id=path.parent.name,
            edition=int(path.stem.removeprefix("edition-")),
            card=json.loads(path.read_text(encoding="utf-8")),
            bank=json.loads((path.parent / "questions.json").read_text(encoding="utf-8")),
        )


def publish(system: LocalSystem, sample: SampleEdition) -> None:
    """Send edition and bank and publish them; LocalError with the API's answer when it refuses."""
    token = system.token("sample-author", name="Sample Author", groups=["admin", "author"])
    path = f"/admin/modules/{sample.module_id}/editions/{sample.edition}"
    _accepted(system.request("PUT", path, token, sample.card), path)
    _accepted(system.request("PUT", f"{path}/questions", token, sample.bank), f"{path}/questions")
    _accepted(system.request("POST", f"{path}/publication", token, {}), f"{path}/publication")


def admit(system: LocalSystem, learner: str) -> None:
    """Make the learner a member; LocalError with the API's answer when it refuses."""
    token = system.token("sample-admin", name="Sample Admin", groups=["admin"])
    path = f"/admin/learners/{learner}/membership"
    _accepted(system.request("PUT", path, token, {"member": True}), path)


def load(system: LocalSystem) -> str:
    """All sample editions, and the members of the society; what was loaded, in words."""
    published = 0
    for sample in editions():
        publish(system, sample)
        published += 1
    for learner in MEMBERS:
        admit(system, learner)
    return f"{published} editions, members {', '.join(MEMBERS)}"


def _accepted(response: Response, path: str) -> None:
    if not 200 <= response.status < 300:
        raise LocalError(f"the sample was refused: {path}: {response.status} {response.body.decode()}")
