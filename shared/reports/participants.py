"""The participants of an edition as CSV: who, how far, with which points, credit and certificate."""

import csv
import io
from collections.abc import Sequence

from shared.domain.reporting import Change, Findings, Record
from shared.reports.file_format import FileFormat
from shared.reports.participation import Participation, with_consent

COLUMNS = (
    "action", "learner", "name", "profession", "licence_state", "licence", "npi", "module", "edition", "title", "state",
    "enrolled_on", "completed_on", "points", "max_points", "credit", "certificate",
)  # fmt: skip
# What a spreadsheet takes for a formula.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
KEY = "participant"


def participants(participation: Participation) -> Findings:
    """One record for each enrolment, of the day of completion, else of enrolment."""
    enrolment, profile, content = participation.enrolment, participation.profile, participation.edition.content
    enrolled_on = participation.day(enrolment.requested_at)
    completed_on = participation.day(enrolment.passed_at) if enrolment.passed_at else None
    scores = [attempt.score for attempt in participation.attempts if attempt.score]
    best = max(scores, key=lambda score: score.points / (score.max_points or 1), default=None)
    facts = {
        "learner": enrolment.learner_id,
        "name": profile.name or "",
        "profession": profile.profession or "",
        "licence_state": profile.licence_state or "",
        "licence": profile.licence or "",
        "npi": profile.npi or "",
        "module": enrolment.module_id,
        "edition": str(enrolment.edition),
        "title": content.title,
        "state": str(enrolment.state),
        "enrolled_on": enrolled_on.isoformat(),
        "completed_on": completed_on.isoformat() if completed_on else "",
        "points": f"{float(best.points):g}" if best else "",
        "max_points": f"{float(best.max_points):g}" if best else "",
        "credit": "; ".join(f"{credit.amount} {credit.scheme}" for credit in participation.credits),
        "certificate": enrolment.certificate or "",
    }
    record = Record(key=KEY, on=completed_on or enrolled_on, facts=facts)
    return with_consent(participation, [record], withdrawable=True)


def _row(cells: Sequence[str]) -> str:
    """A line of RFC 4180 in which no cell is a formula."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(
        f"'{cell}" if cell.startswith(FORMULAS) else cell for cell in cells
    )
    return line.getvalue()


def _line(change: Change) -> str:
    return _row([change.action, *(str(change.facts[column]) for column in COLUMNS[1:])])


# The byte order mark tells spreadsheets that this is UTF-8.
CSV = FileFormat(line=_line, head="\ufeff" + _row(COLUMNS))
