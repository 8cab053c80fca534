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
