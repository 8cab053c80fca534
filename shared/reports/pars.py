"""Learner records for ACCME's PARS, as JSON and as tab-delimited text whose columns are data."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from shared.domain.reporting import Change, Findings, Gap, Record
from shared.domain.schemes import Scheme
from shared.facts import load
from shared.reports.file_format import FileFormat
from shared.reports.participation import NO_CONSENT, EarnedCredit, Participation

# Source: ACCME PARS, learner reporting: ids of 9 digits, credit in quarters, credit ids of at most 300 characters.
ACTIVITY_ID = re.compile(r"[0-9]{9}")
QUARTER = Decimal("0.25")
LONGEST_CREDIT_ID = 300
# What would begin another cell or another line.
BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def learner_records(participation: Participation, schemes: Mapping[str, Scheme], provider_id: str | None) -> Findings:
    """A record for each activity that the learner has credit of; every reason why there is none.

    ``provider_id`` is the provider's number at ACCME, 7 digits.
    """
    records: list[Record] = []
    gaps: list[Gap] = []
    for credit in _reportable(participation, schemes):
        key = f"{credit.certificate}-{credit.activity_id}"
        if not participation.profile.reporting_consent:
            gaps.append(Gap(key=key, on=credit.earned_on, reason=NO_CONSENT, withdrawn=True))
            continue
        facts = _facts(participation, credit, f"ccid:{provider_id}:{key}", provider_id)
        reasons = _reasons(facts)
        gaps += [Gap(key=key, on=credit.earned_on, reason=reason) for reason in reasons]
        if not reasons:
            records.append(Record(key=key, on=credit.earned_on, facts=facts))
    return Findings(records=records, gaps=gaps)


def _reportable(participation: Participation, schemes: Mapping[str, Scheme]) -> list[EarnedCredit]:
    """The credit of schemes that PARS is for, once per activity: two schemes of one activity are one completion."""
    by_activity: dict[str, EarnedCredit] = {}
    for credit in participation.credits:
        scheme = schemes.get(credit.scheme)
        if scheme is None or not scheme.reported_to_pars:
            continue
        known = by_activity.setdefault(credit.activity_id, credit)
        by_activity[credit.activity_id] = max(known, credit, key=lambda each: each.amount)
    return list(by_activity.values())


def _facts(
    participation: Participation, credit: EarnedCredit, credit_id: str, provider_id: str | None
) -> dict[str, Any]:
    profile = participation.profile
    month, _, day = (profile.birth_month_day or "").partition("-")
    return {
        "credit_id": credit_id,
        "provider_id": provider_id,
        "activity_id": credit.activity_id,
        "given_name": profile.given_name,
        "family_name": profile.family_name,
        "licence_state": profile.licence_state,
        "licence_number": profile.licence,
        "npi": profile.npi,
        "birth_month": month,
        "birth_day": day,
        "permission": True,
        "completed_on": credit.earned_on.isoformat(),
        "credit": str(credit.amount),
    }


def _reasons(facts: Mapping[str, Any]) -> list[str]:
    """Everything that PARS would refuse the record for."""
    holds = {
        # No rule tells given and family name of every name apart, so both are the learner's to say.
        "name-not-split": facts["given_name"] and facts["family_name"],
        "licence-or-npi-missing": facts["npi"] or (facts["licence_state"] and facts["licence_number"]),
        "birthday-missing": facts["birth_month"] and facts["birth_day"],
        "provider-id-missing": facts["provider_id"],
        "activity-id-not-of-accme": ACTIVITY_ID.fullmatch(facts["activity_id"]),
        "credit-not-in-quarters": not Decimal(facts["credit"]) % QUARTER,
        "credit-id-too-long": len(facts["credit_id"]) <= LONGEST_CREDIT_ID,
    }
    return [reason for reason, held in holds.items() if not held]


def _json_line(change: Change) -> str:
    return json.dumps({"action": change.action, **change.facts}, ensure_ascii=False)


JSON = FileFormat(line=_json_line, head="[\n", between=",\n", foot="\n]\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    title: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """How a template wants its columns: their order and titles, whether there is a header, and the words for values.

    ``dates`` is a format of ``strftime``.
    """

    header: bool
    actions: Mapping[str, str]
    permission: Mapping[str, str]
    dates: str
    columns: Sequence[Column]

    def line(self, change: Change) -> str:
        facts = {
            **change.facts,
            "action": self.actions[change.action],
            "permission": self.permission["given"],
            "completed_on": date.fromisoformat(change.facts["completed_on"]).strftime(self.dates),
        }
        return _tabbed([facts[column.field] or "" for column in self.columns])

    @property
    def format(self) -> FileFormat:
        head = _tabbed([column.title for column in self.columns]) if self.header else ""
        return FileFormat(line=self.line, head=head)


def _tabbed(cells: Sequence[str]) -> str:
    return "\t".join(BREAKS.sub(" ", cell) for cell in cells) + "\r\n"


@cache
def column_map() -> ColumnMap:
    """The packaged map, ``shared/reports/pars.json``."""
    return load((files("shared") / "reports" / "pars.json").read_text("utf-8"), ColumnMap)
