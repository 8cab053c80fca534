"""How all tests run: unit and contract tests talk to nobody, and properties try the same cases each time."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from pytest_socket import disable_socket, enable_socket

CLOSED = {"unit", "contract"}

settings.register_profile("same_each_time", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("same_each_time")


@pytest.fixture(autouse=True)
def _sockets_closed(request: pytest.FixtureRequest) -> Iterator[None]:
    """A unit or contract test that opens a socket fails."""
    if CLOSED.isdisjoint(request.path.parts):
        yield
        return
    disable_socket()
    yield
    enable_socket()
