"""A schedule costs what is due, not what is stored: the same calls and reads among ten thousand as among a hundred."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import pytest

from infra.local.clock import LocalClock
from infra.local.system import LocalSystem
from shared.adapters.dynamo.catalogue import DynamoCatalogue
from shared.adapters.dynamo.tables import CatalogueItem
from shared.bootstrap import Deps, deps
from shared.domain.availability import EditionStatus
from shared.domain.ids import ModuleId
from tests.support.builders import NOW, a_status

DUE = 10
FEW, MANY = 100, 10_000


@dataclass
class Traffic:
    """What the functions ask of DynamoDB: how often, and how many items that reads."""

    calls: Counter[str] = field(default_factory=Counter)
    items: int = 0

    def before(self, model: Any, **_: Any) -> None:
        self.calls[model.name] += 1

    def after(self, parsed: Any, **_: Any) -> None:
        self.items += parsed.get("ScannedCount", len(parsed.get("Items", []))) + ("Item" in parsed)


@pytest.fixture
def traffic() -> Iterator[Traffic]:
    """The functions' clients come from the default session, so what it watches is theirs."""
    before = boto3.DEFAULT_SESSION
    boto3.setup_default_session()
    traffic = Traffic()
    assert boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION.events.register("before-call.dynamodb", traffic.before)
    boto3.DEFAULT_SESSION.events.register("after-call.dynamodb", traffic.after)
    yield traffic
    boto3.DEFAULT_SESSION = before


@pytest.fixture
def system(traffic: Traffic, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    clock = LocalClock(NOW, ticking=False)
    with LocalSystem(state=tmp_path_factory.mktemp("state"), clock=clock) as system:
        yield system


def editions(count: int, prefix: str, **changes: Any) -> list[EditionStatus]:
    return [replace(a_status(), module_id=ModuleId(f"{prefix}-{number}"), **changes) for number in range(count)]


def store(world: Deps, statuses: list[EditionStatus]) -> None:
    """As published, in batches: one by one would take minutes."""
    catalogue = world.catalogue
    assert isinstance(catalogue, DynamoCatalogue)
    with CatalogueItem.batch_write() as batch:
        for status in statuses:
            item = catalogue.status_store.written(status, ())
            item.version = 1
            batch.save(item)


def retire(system: LocalSystem, traffic: Traffic, stored: int) -> tuple[Counter[str], int, dict[str, int]]:
    """A run with ten editions due among so many: its calls, the items it read, and what it says."""
    store(deps(), editions(DUE, f"due-among-{stored}", expires_at=NOW))
    store(deps(), editions(stored - DUE, f"open-among-{stored}"))
    traffic.calls.clear()
    traffic.items = 0
    figures = system.fire("Retire")
    return Counter(traffic.calls), traffic.items, figures


def test_ten_editions_retire_among_ten_thousand_as_among_a_hundred(system: LocalSystem, traffic: Traffic) -> None:
    few = retire(system, traffic, FEW)
    many = retire(system, traffic, MANY)
    assert few == many
    calls, items, figures = many
    assert figures == {"retired": DUE}
    # Of each shard of the index one page; of each edition due one read and one write.
    assert calls == {"Query": 4, "GetItem": DUE, "PutItem": DUE}
    # Its key on the index, then itself.
    assert items == 2 * DUE
