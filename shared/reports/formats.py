"""Which records a report has, and which file they make."""

from collections.abc import Mapping

from shared.domain.reporting import ExportKind, Findings, Report
from shared.domain.schemes import Scheme
from shared.reports import pars
from shared.reports.file_format import FileFormat
from shared.reports.participants import CSV, participants
from shared.reports.participation import Participation
from shared.reports.xapi import Statements, statement_file


def findings(
    report: Report,
    participation: Participation,
    *,
    public_url: str,
    schemes: Mapping[str, Scheme],
    pars_provider: str | None,
) -> Findings:
    """All that a report has to say of one participation, and what it can't say."""
    match report:
        case Report.PARTICIPANTS:
            return participants(participation)
        case Report.PARS:
            return pars.learner_records(participation, schemes, pars_provider)
        case Report.XAPI:
            return Statements(participation, public_url).findings()


def file_format(kind: ExportKind, public_url: str) -> FileFormat:
    match kind:
        case ExportKind.PARTICIPANTS_CSV:
            return CSV
        case ExportKind.PARS_JSON:
            return pars.JSON
        case ExportKind.PARS_TSV:
            return pars.column_map().format
        case ExportKind.XAPI_JSON:
            return statement_file(public_url)
