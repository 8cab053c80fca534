"""A circuit breaker: who gives no answer is left in peace for a while."""

import time
from collections.abc import Callable


class Breaker:
    """Opens after so many failures in a row; after `rest` seconds one call is let through to try.

    It belongs to one process, as a Lambda is one: several of them find out each by itself.
    """

    def __init__(self, failures: int, rest: float, now: Callable[[], float] = time.monotonic) -> None:
        self._allowed = failures
        self._rest = rest
        self._now = now
        self._failures = 0
        self._closed_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether not to call now."""
        return self._failures >= self._allowed and self._now() < self._closed_at

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        self._closed_at = self._now() + self._rest
