"""Concurrency is asserted on an engine whose conditional writes are atomic: moto's are not."""

from collections.abc import Iterator

import pytest

from infra.local.clock import LocalClock
from infra.local.system import LocalSystem
from tests.conftest import Tried
from tests.engine import racing
from tests.flow.conftest import NO_PAUSE
from tests.flow.journey import START, World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The whole system on ministack, with a clock that stands still."""
    state = tmp_path_factory.mktemp("state")
    clock = LocalClock(START, ticking=False)
    log = state / "functions.log"
    with LocalSystem(engine="ministack", clock=clock, state=state, log=log, parameters=NO_PAUSE) as system:
        yield World(system)


@pytest.fixture(autouse=True)
def _figures(tried: Tried) -> Iterator[None]:
    before = len(racing.races)
    yield
    tried("parallel calls", sum(racing.races[before:]))
