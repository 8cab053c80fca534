"""What a measurement brings: figures with their goals."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One figure; ``goal`` is the most that it may be, or the least of what is ``wanted_high``."""

    what: str
    value: float
    unit: str
    goal: float | None = None
    wanted_high: bool = False

    @property
    def is_met(self) -> bool | None:
        """None without a goal."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.wanted_high else self.value <= self.goal


@dataclass(frozen=True)
class Bench:
    """How a run measures: ``state`` is a folder of its own, ``out`` keeps charts, ``fast`` is a quick look."""

    state: Path
    out: Path
    fast: bool
