"""Adapters are tested against the engine, with the tables, queues and bucket that template.yaml describes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.local.clock import LocalClock
from infra.local.system import LocalSystem
from shared import bootstrap
from shared.bootstrap import Deps
from tests.support.builders import NOW

Stored = Callable[[str, str, str], dict[str, Any] | None]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    with LocalSystem(state=tmp_path_factory.mktemp("state"), clock=LocalClock(NOW, ticking=False)) as engine:
        yield engine


@pytest.fixture(scope="module")
def deps(engine: LocalSystem) -> Deps:
    return bootstrap.deps()


@pytest.fixture(scope="module")
def stored(engine: LocalSystem) -> Stored:
    """What a table (by its logical id) holds under a key, attribute by attribute."""

    def item(table: str, pk: str, sk: str) -> dict[str, Any] | None:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        found = engine.aws("dynamodb").get_item(TableName=engine.reference(table), Key=key, ConsistentRead=True)
        return {name: next(iter(value.values())) for name, value in found["Item"].items()} if "Item" in found else None

    return item
