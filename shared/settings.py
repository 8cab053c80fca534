"""What the functions are told by their environment, read once; never at import."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self, cast


class SettingsMissing(Exception):
    """Names every environment variable that is missing or malformed, at once."""


class _FromEnvironment:
    """Settings of which each stands in the variable of its name, in capitals."""

    __slots__ = ()

    @classmethod
    def from_env(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Raise SettingsMissing, naming all that is missing or malformed; empty is missing.

        A setting of ``str | None`` may be missing.
        """
        values: dict[str, Any] = {}
        missing, malformed = [], []
        for field in fields(cast(Any, cls)):
            variable = field.name.upper()
            text = environment.get(variable) or None
            if field.type is int and text:
                if text.isdecimal():
                    values[field.name] = int(text)
                else:
                    malformed.append(f"{variable} is {text!r}")
            elif text or field.type == str | None:
                values[field.name] = text
            else:
                missing.append(variable)
        complaints = [f"Missing in the environment: {', '.join(missing)}"] * bool(missing)
        complaints += [f"Not a number in the environment: {', '.join(malformed)}"] * bool(malformed)
        if complaints:
            raise SettingsMissing(". ".join(complaints))
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(_FromEnvironment):
    """Where every function finds its tables and documents.

    ``public_url`` is the address printed on certificates, without a slash at its end;
    ``max_receives`` how often a queue delivers a message before it is a dead letter.
    """

    catalogue_table: str
    question_table: str
    answer_key_table: str
    learning_table: str
    certificate_table: str
    operations_table: str
    audit_table: str
    document_bucket: str
    public_url: str
    max_receives: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningSettings(_FromEnvironment):
    """Which key signs; only those know it who sign, and who shows its public half."""

    signing_key_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings(_FromEnvironment):
    """The queues' addresses: relay sends there what was announced, oversee what failed and is to be tried again."""

    enrolments_queue_url: str
    submissions_queue_url: str
    grades_queue_url: str
    certificates_queue_url: str
    statuses_queue_url: str
    notifications_queue_url: str
    jobs_queue_url: str
    retirements_queue_url: str
    imports_queue_url: str
    audit_queue_url: str
    rests_queue_url: str
    rehearsals_queue_url: str

    @property
    def queues(self) -> list[str]:
        """The names of all queues."""
        return [field.name.removesuffix("_queue_url") for field in fields(self)]

    def url(self, queue: str) -> str:
        """The address of the queue named ``queue``, as in ``messaging.routing``."""
        return str(getattr(self, f"{queue}_queue_url"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings(_FromEnvironment):
    """What reports must name: the provider's number at ACCME; None where it has none."""

    pars_provider_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSettings(_FromEnvironment):
    """Where the evidence about those who are erased is kept."""

    evidence_bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings(_FromEnvironment):
    """The Cognito user pool of the learners' accounts; None where they are kept elsewhere."""

    user_pool_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorySettings(_FromEnvironment):
    """Where the society's own directory of members is, without a slash at its end, and what opens it; None: nowhere."""

    membership_directory_url: str | None
    membership_directory_token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings(_FromEnvironment):
    """How mail is sent; only notify knows, for only notify sends any.

    ``mail_from`` is the sender's address. ``mail_rate`` is how many mails a second SES takes from us, shared by
    ``mail_consumers`` that send at once. In ``module_url``, where learners open a module, ``{module_id}`` and
    ``{edition}`` stand for those of the module meant.
    """

    mail_from: str
    mail_configuration: str
    mail_rate: int
    mail_consumers: int
    module_url: str

    @property
    def seconds_apart(self) -> float:
        """The least time between two mails of one consumer."""
        return self.mail_consumers / self.mail_rate
