"""What every event is: facts (its ``data``), and an id that names the fact it announces."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A domain event. ``at`` is the instant of the fact; ``ordinal`` tells repeats of one fact apart.

    ``at`` and ``ordinal`` travel in the envelope (``time``, ``id``), all other fields in ``data``.
    The same fact announced again carries the same id.
    """

    TYPE: ClassVar[str]
    FACT: ClassVar[str]

    at: datetime
    ordinal: int = 1

    @property
    def aggregate(self) -> str:
        """What the fact is about, as ``kind/key``."""
        raise AssertionError(f"{type(self).__name__} does not say what it is about")

    @property
    def id(self) -> str:
        return f"{self.aggregate}/{self.FACT}/{self.ordinal}"


def ordinal_in(event_id: str) -> int:
    """The ordinal at the end of an event id; 1 where the id has none."""
    found = re.search(r"/(\d+)$", event_id)
    return int(found.group(1)) if found else 1
