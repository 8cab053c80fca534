"""Events of the operations room."""

from dataclasses import dataclass
from typing import ClassVar

from shared.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent(Event):
    """The page numbered ``page`` (from 0) of a job is to be done next."""

    job: str
    page: int

    @property
    def aggregate(self) -> str:
        return f"job/{self.job}"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAdvancedV1(JobEvent):
    TYPE: ClassVar = "cme.job.advanced.v1"
    FACT: ClassVar = "advanced"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRestedV1(JobEvent):
    """The page is to be done after a pause: what the job waits for needs time."""

    TYPE: ClassVar = "cme.job.rested.v1"
    FACT: ClassVar = "rested"


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalAdvancedV1(JobEvent):
    """The page is one of a dry run, which needs the answer key."""

    TYPE: ClassVar = "cme.rehearsal.advanced.v1"
    FACT: ClassVar = "rehearsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminActedV1(Event):
    """An author or admin changed something.

    ``action`` is the operation's id, ``subject`` the keys of the item changed, the ordinal its new version.
    ``before`` and ``after`` are SHA-256 of the item's facts as stored. The reason is there as a code where the
    operation has codes, and as SHA-256 of its text, which may hold personal values. What there is not is empty.
    """

    TYPE: ClassVar = "cme.admin.acted.v1"
    FACT: ClassVar = "acted"

    actor: str
    action: str
    subject: str
    before: str
    after: str
    reason_code: str
    reason_digest: str

    @property
    def aggregate(self) -> str:
        return self.subject
