"""The time by which the local system decides."""

from datetime import UTC, datetime, timedelta


class LocalClock:
    """Starts at `start` (default: the machine's own now) and moves by `advance`; `ticking`, it moves by itself too.

    `bounded`, it never passes the machine's own now: what is signed or dated by it lies in the past.
    """

    def __init__(self, start: datetime | None = None, *, ticking: bool = True, bounded: bool = False) -> None:
        self._born = datetime.now(UTC)
        self._start = self._born if start is None else start.astimezone(UTC)
        self._ticking = ticking
        self._bounded = bounded

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        machine = datetime.now(UTC)
        instant = self._start + (machine - self._born) if self._ticking else self._start
        return min(instant, machine) if self._bounded else instant

    def advance(self, by: timedelta) -> datetime:
        """Move forward and answer the new instant; ValueError for a step backward.

        A bounded clock stops at the machine's own now, and goes on from there.
        """
        if by < timedelta(0):
            raise ValueError(f"a clock does not go back: {by}")
        self._start += by
        if self._bounded:
            overshoot = self._start + ((datetime.now(UTC) - self._born) if self._ticking else timedelta(0))
            self._start -= max(timedelta(0), overshoot - datetime.now(UTC))
        return self.now()
