"""Every flow runs on the whole system as template.yaml wires it, with a clock that only tests move."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.local.clock import LocalClock
from infra.local.gateway import Response
from infra.local.system import LocalSystem
from tests.conftest import Tried
from tests.flow.journey import START, Begin, World
from tests.flow.story import Outcome, outcome_of, play

# What waits is looked at again at once: the clock stands still.
NO_PAUSE = {"ImportDelay": "0", "JobPause": "0"}


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the issuer's key and the functions' log are kept."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def begin(state: Path) -> Begin:
    @contextmanager
    def world() -> Iterator[World]:
        clock = LocalClock(START, ticking=False)
        with LocalSystem(clock=clock, state=state, log=state / "functions.log", parameters=NO_PAUSE) as system:
            yield World(system)

    return world


@pytest.fixture
def world(begin: Begin, tried: Tried) -> Iterator[World]:
    """A world of the test's own. A file whose tests don't get in each other's way shares one instead."""
    with begin() as world:
        yield world
        delivery = world.system.delivery
        if delivery.times > 1:
            tried("messages delivered again", world.delivered_again())
        if delivery.seed is not None:
            tried("orders of delivery", 1)


@pytest.fixture
def statuses(world: World, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How each request of the test was answered."""
    request, statuses = world.system.request, []

    def noted(*arguments: Any, **options: Any) -> Response:
        response = request(*arguments, **options)
        statuses.append(response.status)
        return response

    monkeypatch.setattr(world.system, "request", noted)
    return statuses


@pytest.fixture(scope="session")
def undisturbed(begin: Begin) -> Outcome:
    """The story as it comes out when every message is delivered once and in order."""
    with begin() as world:
        return outcome_of(play(world))
