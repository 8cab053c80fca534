"""Events of the modules room."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shared.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadAwaitedV1(Event):
    """An uploaded question bank is to be imported, once it has come; ``page`` counts the looks, from 0."""

    TYPE: ClassVar = "cme.bank.upload_awaited.v1"
    FACT: ClassVar = "upload_awaited"

    job: str
    page: int

    @property
    def aggregate(self) -> str:
        return f"job/{self.job}"


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
