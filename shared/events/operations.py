"""Events of the operations room."""

from dataclasses import dataclass
from typing import ClassVar

from shared.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAdvancedV1(Event):
    """The page numbered ``page`` (from 0) of a job is to be done next."""

    TYPE: ClassVar = "cme.job.advanced.v1"
    FACT: ClassVar = "advanced"

    job: str
    page: int

    @property
    def aggregate(self) -> str:
        return f"job/{self.job}"
