"""Events of the modules room."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shared.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleRetiredV1(Event):
    """An edition is retired, as of ``retired_at``."""

    TYPE: ClassVar = "cme.module.retired.v1"
    FACT: ClassVar = "retired"

    module_id: str
    edition: int
    retired_at: datetime

    @property
    def aggregate(self) -> str:
        return f"module/{self.module_id}/{self.edition}"
