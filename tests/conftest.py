"""How all tests run: unit and contract tests talk to nobody, and properties try the same cases each time."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from pytest_socket import disable_socket, enable_socket

CLOSED = {"unit", "contract"}
RELIABILITY = Path(__file__).parents[1] / "build" / "reliability.json"

settings.register_profile("same_each_time", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("same_each_time")


# What this run has tried and found to hold, by name; of the tests that passed.
_held: Counter[str] = Counter()

Tried = Callable[[str, int], None]


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Tried:
    """Says what a test has tried and how often; what held is written to build/reliability.json."""

    def say(what: str, times: int) -> None:
        request.node.user_properties.append(("tried", (what, times)))

    return say


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        for name, value in report.user_properties:
            if name == "tried":
                what, times = value
                _held[what] += times


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Once for all workers."""
    if _held and not hasattr(session.config, "workerinput"):
        RELIABILITY.parent.mkdir(exist_ok=True)
        RELIABILITY.write_text(json.dumps(dict(sorted(_held.items())), indent=2) + "\n")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="explore at length: see `make soak`")


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
