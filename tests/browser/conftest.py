"""A real browser visits the system as it is served on this machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.local.clock import LocalClock
from infra.local.system import LocalSystem
from tests.browser.webdriver import Driver
from tests.flow.journey import START, World, answered


@dataclass(frozen=True)
class Held:
    """A certificate with two versions: its page, and its PDFs as files."""

    page: str
    first: Path
    second: Path
    altered: Path


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    driver = Driver.found()
    yield driver
    driver.close()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    state = tmp_path_factory.mktemp("state")
    clock = LocalClock(START, ticking=False)
    with LocalSystem(port=0, clock=clock, state=state, log=state / "functions.log") as system:
        yield World(system)


@pytest.fixture(scope="session")
def held(world: World, tmp_path_factory: pytest.TempPathFactory) -> Held:
    """Ada's certificate, reissued once; from here on the system serves HTTP."""
    ada = world.learner(name="Ada Lovlace")
    number = ada.earns(world.published())
    world.wait(days=1)
    answered(world.admin.reissues(number, attested_name="Ada Lovelace"), 202)
    world.deliver()
    folder = tmp_path_factory.mktemp("pdf")
    held = Held(f"{world.system.address}/verify/{number}", *(folder / name for name in ("v1.pdf", "v2.pdf", "x.pdf")))
    held.first.write_bytes(ada.pdf(number, version=1))
    held.second.write_bytes(ada.pdf(number))
    held.altered.write_bytes(held.second.read_bytes().replace(b"/Producer", b"/producer", 1) + b"\n")
    world.system.go_live()
    return held
