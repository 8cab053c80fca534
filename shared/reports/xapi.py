"""xAPI 1.0.3 statements: what a learner did in a module, under a pseudonym.

A statement's id is made of the fact that it states, so that a repeat is the same statement.
Source: Experience API 1.0.3, part two; verbs of ADL's vocabulary and of the registry at id.tincanapi.com.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.domain.attempt import Attempt
from shared.domain.reporting import Change, Findings, Record
from shared.facts import instant
from shared.reports.file_format import FileFormat
from shared.reports.participation import EarnedCredit, Participation, with_consent

VERBS = {
    "enrolled": "http://adlnet.gov/expapi/verbs/registered",
    "viewed": "http://id.tincanapi.com/verb/viewed",
    "attempted": "http://adlnet.gov/expapi/verbs/attempted",
    "passed": "http://adlnet.gov/expapi/verbs/passed",
    "failed": "http://adlnet.gov/expapi/verbs/failed",
    "earned": "http://id.tincanapi.com/verb/earned",
    "voided": "http://adlnet.gov/expapi/verbs/voided",
}
COURSE = "http://adlnet.gov/expapi/activities/course"
MEDIA = "http://adlnet.gov/expapi/activities/media"
ASSESSMENT = "http://adlnet.gov/expapi/activities/assessment"
BADGE = "http://activitystrea.ms/schema/1.0/badge"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements of one participation; ``public_url`` is the address that accounts and activities belong to."""

    participation: Participation
    public_url: str

    def findings(self) -> Findings:
        """A statement that was sent stays sent when the learner takes the permission back: nothing more is."""
        return with_consent(self.participation, list(self._records()), withdrawable=False)

    def _records(self) -> Iterator[Record]:
        enrolment, minutes = self.participation.enrolment, self.participation.edition.content.minutes
        if enrolment.confirmed_at:
            fact = f"{self._enrolment}/confirmed/{instant(enrolment.confirmed_at)}"
            yield self._stated(fact, "enrolled", self._module, enrolment.confirmed_at)
        viewing = enrolment.viewing
        if viewing.seconds and viewing.counted_at:
            result = {"completion": viewing.seconds >= minutes * 60, "duration": f"PT{viewing.seconds}S"}
            fact = f"{self._enrolment}/viewed/{viewing.seconds}"
            yield self._stated(fact, "viewed", self._part("presentation", MEDIA), viewing.counted_at, result)
        for attempt in self.participation.attempts:
            yield from self._sat(attempt)
        for credit in self.participation.credits:
            yield self._earned(credit)

    def _sat(self, attempt: Attempt) -> Iterator[Record]:
        fact, test = f"attempt/{attempt.id}", self._part("test", ASSESSMENT)
        yield self._stated(f"{fact}/started", "attempted", test, attempt.started_at)
        grade = attempt.grade
        if grade and attempt.submitted_at:
            result: Json = {
                "success": grade.passed,
                "completion": True,
                "duration": _duration(attempt.submitted_at - attempt.started_at),
            }
            if grade.max_points > 0:
                result["score"] = {
                    "scaled": float(grade.points / grade.max_points),
                    "raw": float(grade.points),
                    "min": 0,
                    "max": float(grade.max_points),
                }
            verb = "passed" if grade.passed else "failed"
            yield self._stated(f"{fact}/graded/{grade.key_revision}", verb, test, attempt.submitted_at, result)

    def _earned(self, credit: EarnedCredit) -> Record:
        """Under another id each time the ledger changes: a statement that was voided can't be made again."""
        badge = {
            "objectType": "Activity",
            "id": f"{self.public_url}/verify/{credit.certificate}",
            "definition": {"type": BADGE, "name": {"en": f"Certificate {credit.certificate}"}},
        }
        told = {"scheme": credit.scheme, "category": credit.category, "amount": str(credit.amount)}
        result = {"extensions": {f"{self.public_url}/xapi/credit": told}}
        fact = f"certificate/{credit.certificate}/{credit.scheme}/{credit.entries}"
        passed_at = self.participation.enrolment.passed_at or self.participation.enrolment.requested_at
        return self._stated(fact, "earned", badge, passed_at, result)

    def _stated(self, fact: str, verb: str, activity: Json, at: datetime, result: Json | None = None) -> Record:
        context: Json = {
            "registration": str(_uuid(self.public_url, self._enrolment)),
            "revision": str(self.participation.enrolment.edition),
        }
        if activity["id"] != self._module["id"]:
            context["contextActivities"] = {"parent": [self._module]}
        statement: Json = {
            "id": str(_uuid(self.public_url, fact)),
            "actor": account(self.public_url, self.participation.enrolment.learner_id),
            "verb": _verb(verb),
            "object": activity,
            **({"result": result} if result else {}),
            "context": context,
            "timestamp": instant(at),
        }
        return Record(key=statement["id"], on=self.participation.day(at), facts=statement, constant=True)

    @property
    def _enrolment(self) -> str:
        return f"enrolment/{self.participation.enrolment.id}"

    @property
    def _module(self) -> Json:
        return self._activity("", COURSE, self.participation.edition.content.title)

    def _part(self, part: str, kind: str) -> Json:
        return self._activity(f"#{part}", kind, f"{self.participation.edition.content.title}: {part}")

    def _activity(self, fragment: str, kind: str, name: str) -> Json:
        return {
            "objectType": "Activity",
            "id": f"{self.public_url}/modules/{self.participation.enrolment.module_id}{fragment}",
            "definition": {"type": kind, "name": {"en": name}},
        }


def account(public_url: str, name: str) -> Json:
    """Who, under an opaque name: never an e-mail address."""
    return {"objectType": "Agent", "account": {"homePage": public_url, "name": name}}


def statement_file(public_url: str) -> FileFormat:
    """A JSON array of statements; a deletion voids the statement that was reported."""

    def line(change: Change) -> str:
        return json.dumps(_voiding(public_url, change.key) if change.action == "delete" else change.facts)

    return FileFormat(line=line, head="[\n", between=",\n", foot="\n]\n")


def _voiding(public_url: str, statement_id: str) -> Json:
    """Without a timestamp, so that it is the same whichever run sends it."""
    return {
        "id": str(_uuid(public_url, f"voided/{statement_id}")),
        "actor": account(f"{public_url}/admin", "office"),
        "verb": _verb("voided"),
        "object": {"objectType": "StatementRef", "id": statement_id},
    }


def _verb(name: str) -> Json:
    return {"id": VERBS[name], "display": {"en": name}}


def _uuid(public_url: str, fact: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"{public_url}/{fact}")


def _duration(time: timedelta) -> str:
    """ISO 8601, to the hundredth of a second at most."""
    return f"PT{time.total_seconds():.2f}".rstrip("0").rstrip(".") + "S"
