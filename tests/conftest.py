"""How all tests run: unit and contract tests talk to nobody, and properties try the same cases each time."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings
from pytest_socket import disable_socket, enable_socket

from tests.support.reliability import Figures

CLOSED = {"unit", "contract"}

settings.register_profile("same_each_time", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("same_each_time")

Tried = Callable[[str, int], None]
"""Says what a test tries, and how often."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="explore at length: see `make soak`")
    parser.addoption(
        "--figures-of", metavar="COMMAND", help="keep what was tried in build/reliability.json, under COMMAND"
    )


def pytest_configure(config: pytest.Config) -> None:
    command = config.getoption("--figures-of")
    if command and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Figures(command))


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Tried:
    """For the figures of reliability: see ``Figures``."""

    def say(what: str, times: int) -> None:
        request.node.user_properties.append(("tried", (what, times)))

    return say


@pytest.fixture(scope="session")
def soaking(request: pytest.FixtureRequest) -> bool:
    """Whether there is time to try everything."""
    return bool(request.config.getoption("--soak"))


@pytest.fixture(autouse=True)
def _sockets_closed(request: pytest.FixtureRequest) -> Iterator[None]:
    """A unit or contract test that opens a socket fails."""
    if CLOSED.isdisjoint(request.path.parts):
        yield
        return
    disable_socket()
    yield
    enable_socket()
