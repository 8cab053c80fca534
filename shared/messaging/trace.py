"""Which journey a piece of work belongs to: one correlation id from the request to the certificate."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trace:
    """``correlation_id`` names the journey, ``causation_id`` the request or event that led here."""

    correlation_id: str
    causation_id: str


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current_trace() -> Trace | None:
    return _current.get()


@contextmanager
def tracing(trace: Trace) -> Iterator[None]:
    """What is announced inside belongs to ``trace``."""
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)
