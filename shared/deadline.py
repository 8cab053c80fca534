"""How much time is left: a call of AWS begins only when it can end before the function is ended."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class OutOfTime(Exception):
    """There is no time for another call: the request, or the message, comes again."""


class TellsTime(Protocol):
    """What Lambda hands to a function."""

    def get_remaining_time_in_millis(self) -> int: ...


_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def until_the_end_of(invocation: TellsTime) -> Iterator[None]:
    """What is begun inside ends with ``invocation``."""
    token = _deadline.set(time.monotonic() + invocation.get_remaining_time_in_millis() / 1000)
    try:
        yield
    finally:
        _deadline.reset(token)


def require_time(seconds: float) -> None:
    """Raise OutOfTime unless there are ``seconds`` left; outside of an invocation there always are."""
    deadline = _deadline.get()
    if deadline is not None and deadline - time.monotonic() < seconds:
        raise OutOfTime(f"less than {seconds:g} s are left")
