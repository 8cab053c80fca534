"""The natural keys: what names a thing decides that there is only one of it."""

from dataclasses import dataclass
from typing import NewType

LearnerId = NewType("LearnerId", str)
ModuleId = NewType("ModuleId", str)
QuestionId = NewType("QuestionId", str)
OptionId = NewType("OptionId", str)
CertificateNumber = NewType("CertificateNumber", str)


@dataclass(frozen=True, slots=True, order=True)
class EditionId:
    """One edition of a module."""

    module_id: ModuleId
    edition: int

    def __str__(self) -> str:
        return f"{self.module_id}/{self.edition}"


@dataclass(frozen=True, slots=True, order=True)
class EnrolmentId:
    """One learner in one edition: a learner enrols once, however often they ask."""

    learner_id: LearnerId
    module_id: ModuleId
    edition: int

    @property
    def of_edition(self) -> EditionId:
        return EditionId(self.module_id, self.edition)

    @property
    def reference(self) -> "EnrolmentReference":
        """What means just this one."""
        return EnrolmentReference(self.learner_id, self.module_id, self.edition)

    def __str__(self) -> str:
        return f"{self.learner_id}/{self.module_id}/{self.edition}"


@dataclass(frozen=True, slots=True)
class EnrolmentReference:
    """Which of a learner's enrolments a request means: that in ``edition``, else in their newest edition."""

    learner_id: LearnerId
    module_id: ModuleId
    edition: int | None


@dataclass(frozen=True, slots=True, order=True)
class AttemptId:
    """The n-th attempt of one enrolment, counted from 1."""

    enrolment: EnrolmentId
    number: int

    def __str__(self) -> str:
        return f"{self.enrolment}/{self.number}"
